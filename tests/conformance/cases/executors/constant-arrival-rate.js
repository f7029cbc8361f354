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
import exec from 'k6/execution';
export const options = { scenarios: { c: __WITH__ } };
export default function () {
  const at = Date.now() - exec.scenario.startTime;
  const n = exec.scenario.iterationInTest;
  check(null, { 'on time': () => at >= n * 100 - 2 && at < n * 100 + 90 });
  if (!(at >= n * 100 - 2 && at < n * 100 + 90)) console.log(`${n} at ${at}`);
}
