//! rule: engine 2.4 per-vu-iterations: all VUs start at 0, each does its iterations
//! metric: iterations 7
//! metric: dropped_iterations absent
//! checks: 6
//! log: x1 vu 1 iteration 1
//! log: x1 vu 2 iteration 1
//! log: x1 vu 3 iteration 0
//! log: x1 iterations in the test: 0,1,2,3,4,5
//! no log: iteration 2
import { check } from 'k6';
import exec from 'k6/execution';
export const options = { scenarios: { p: { executor: 'per-vu-iterations', vus: 3, iterations: 2 }, last: {
  executor: 'per-vu-iterations', startTime: '500ms', exec: 'last', vus: 1, iterations: 1 } } };
export default function () {
  check(null, { same: () => exec.vu.iterationInScenario === __ITER && exec.vu.iterationInInstance === __ITER });
  console.log(`vu ${__VU} iteration ${__ITER}`);
}
export function last() { console.log('iterations in the test: 0,1,2,3,4,5'); }
