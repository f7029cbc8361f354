//! rule: engine 2.6 the example: thirty starts at their times
//! metric: iterations 30
//! checks: 30
//! metric: dropped_iterations absent
import { check } from 'k6';
import exec from 'k6/execution';
export const options = { scenarios: { r: { executor: 'ramping-arrival-rate', preAllocatedVUs: 5, stages: [
  { duration: '2s', target: 10 }, { duration: '1s', target: 10 }, { duration: '2s', target: 0 }] } } };
const due = [632, 894, 1095, 1265, 1414, 1549, 1673, 1789, 1897, 2000, 2100, 2200, 2300, 2400, 2500, 2600, 2700, 2800, 2900,
  3000, 3103, 3211, 3324, 3451, 3586, 3735, 3905, 4106, 4368, 5000];
export default function () {
  const at = Date.now() - exec.scenario.startTime;
  const n = exec.scenario.iterationInTest;
  const right = at >= due[n] - 3 && at < due[n] + 90;
  check(null, { 'on time': () => right });
  if (!right) console.log(`${n} at ${at}, not ${due[n]}`);
}
