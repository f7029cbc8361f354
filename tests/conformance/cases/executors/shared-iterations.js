//! rule: engine 2.4 shared-iterations: VUs draw from one counter
//! metric: iterations 10
//! checks: 2
//! log: x1 number 0.
//! log: x1 number 9.
//! no log: number 10.
//! metric: dropped_iterations absent
import { check, sleep } from 'k6';
import exec from 'k6/execution';
export const options = { scenarios: { s: { executor: 'shared-iterations', vus: 2, iterations: 10 } } };
export default function () {
  if (__ITER === 0) check(null, { 'starts at 0': () => Date.now() - exec.scenario.startTime < 300 });
  console.log(`number ${exec.scenario.iterationInTest}.`);
  sleep(__VU === 1 ? 0.01 : 0.1);
}
