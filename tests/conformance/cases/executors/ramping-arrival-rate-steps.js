//! rule: engine 2.6 fractions carry over into the next stage; a stage of no length only changes the rate
//! case: jump
//! env: DUE=500,1000,1100,1200,1300,1400,1500,1600,1700,1800,1900,2000
//! with: {executor: 'ramping-arrival-rate', startRate: 2, preAllocatedVUs: 5, stages: [{duration: '1s', target: 2}, {duration: 0, target: 10}, {duration: '1s', target: 10}]}
//! metric: iterations 12
//! checks: 12
//! case: constant from the first whole one
//! env: DUE=250,500,750,1000
//! with: {executor: 'ramping-arrival-rate', startRate: 4, preAllocatedVUs: 5, stages: [{duration: '1s', target: 4}]}
//! metric: iterations 4
//! checks: 4
//! case: fractions
//! env: DUE=400,800,1200
//! with: {executor: 'ramping-arrival-rate', startRate: 10, timeUnit: '4s', preAllocatedVUs: 5, stages: [{duration: '600ms', target: 10}, {duration: '600ms', target: 10}]}
//! metric: iterations 3
//! checks: 3
import { check } from 'k6';
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';
// A machine that stands still for a moment makes some starts late, but never most, and none early.
const late = new Trend('late');
export const options = { scenarios: { r: __WITH__ }, thresholds: { late: ['med<90'] } };
const dues = __ENV.DUE.split(',').map(Number);
export default function () {
  const due = dues[exec.scenario.iterationInTest];
  const at = Date.now() - exec.scenario.startTime;
  late.add(at - due);
  if (!check(at, { 'not early': (at) => at >= due - 2 })) console.log(`at ${at} instead of ${due}`);
}
