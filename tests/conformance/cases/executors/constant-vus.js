//! rule: engine 2.4 constant-vus: all VUs start at 0 and loop until the clock says stop
//! metric: iterations 12..16
//! metric: vus.max 4
//! log: x4 first of VU
//! took: 1.0..4
//! metric: dropped_iterations absent
//! checks: 4
import { check, sleep } from 'k6';
import exec from 'k6/execution';
export const options = { scenarios: { c: { executor: 'constant-vus', vus: 4, duration: '1s' } } };
export default function () {
  if (exec.vu.iterationInScenario === 0) {
    console.log(`first of VU ${exec.vu.idInTest}`);
    check(null, { 'starts at 0': () => Date.now() - exec.scenario.startTime < 200 });
  }
  sleep(0.29);
}
