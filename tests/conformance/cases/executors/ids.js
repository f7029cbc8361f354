//! rule: engine 2.7 a VU keeps its ids in every scenario; __ITER counts all of its iterations, iterationInScenario those in the scenario
//! metric: iterations 8
//! checks: 24
//! log: x2 second: vu
import { check } from 'k6';
import exec from 'k6/execution';
export const options = { scenarios: {
  first: { executor: 'per-vu-iterations', vus: 2, iterations: 3, maxDuration: '1s', gracefulStop: '0s' },
  second: { executor: 'per-vu-iterations', vus: 2, iterations: 1, startTime: '1s' } } };
export default function () {
  const second = exec.scenario.name === 'second';
  check(null, {
    'ids': () => exec.vu.idInInstance === __VU && exec.vu.idInTest === __VU && (__VU === 1 || __VU === 2),
    'all iterations': () => exec.vu.iterationInInstance === __ITER && (!second || __ITER === 3),
    'of the scenario': () => exec.vu.iterationInScenario === (second ? 0 : __ITER),
  });
  if (second) console.log(`second: vu ${__VU} iter ${__ITER}`);
}
