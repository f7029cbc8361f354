//! rule: engine 2.6 the example: thirty starts at their times
//! metric: iterations 30
//! checks: 30
//! metric: dropped_iterations absent
import { check } from 'k6';
import { Trend } from 'k6/metrics';
import exec from 'k6/execution';
// A machine that stands still for a moment makes some starts late, but never most, and none early.
const late = new Trend('late');
export const options = { thresholds: { late: ['med<90'] }, scenarios: { r: { executor: 'ramping-arrival-rate', preAllocatedVUs: 5, stages: [
  { duration: '2s', target: 10 }, { duration: '1s', target: 10 }, { duration: '2s', target: 0 }] } } };
const due = [632, 894, 1095, 1265, 1414, 1549, 1673, 1789, 1897, 2000, 2100, 2200, 2300, 2400, 2500, 2600, 2700, 2800, 2900,
  3000, 3103, 3211, 3324, 3451, 3586, 3735, 3905, 4106, 4368, 5000];
export default function () {
  const at = Date.now() - exec.scenario.startTime;
  const n = exec.scenario.iterationInTest;
  late.add(at - due[n]);
  if (!check(at, { 'not early': (at) => at >= due[n] - 3 })) console.log(`${n} at ${at}, not ${due[n]}`);
}
