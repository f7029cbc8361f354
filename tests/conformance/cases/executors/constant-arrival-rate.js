//! rule: engine 2.4 constant-arrival-rate: start n is due at n * timeUnit / rate, the first at 0, and none at or after the end
//! case: ten a second
//! with: {executor: 'constant-arrival-rate', rate: 10, duration: '2s', preAllocatedVUs: 5}
//! metric: iterations 20
//! checks: 20
//! case: time unit
//! with: {executor: 'constant-arrival-rate', rate: 20, timeUnit: '2s', duration: '2s', preAllocatedVUs: 5}
//! metric: iterations 20
//! checks: 20
//! case: queue
//! with: {executor: 'constant-arrival-rate', rate: 10, duration: '2s', preAllocatedVUs: 5, maxVUs: 9}
//! metric: iterations 20
//! checks: 20
//! metric: vus_max.max 5
import { check } from 'k6';
import { Trend } from 'k6/metrics';
import exec from 'k6/execution';
// A machine that stands still for a moment makes some starts late, but never most, and none early.
const late = new Trend('late');
export const options = { scenarios: { c: __WITH__ }, thresholds: { late: ['med<90'] } };
export default function () {
  const due = exec.scenario.iterationInTest * 100;
  const at = Date.now() - exec.scenario.startTime;
  late.add(at - due);
  if (!check(at, { 'not early': (at) => at >= due - 2 })) console.log(`at ${at} instead of ${due}`);
}
