//! rule: engine 2.1, 2.2 defaults of the fields
//! case: per-vu-iterations
//! with: {executor: 'per-vu-iterations'}
//! metric: iterations 1
//! out: 1 iterations for each of 1 VUs (maxDuration: 10m0s, gracefulStop: 30s)
//! out: 10m30s max duration
//! case: shared-iterations
//! with: {executor: 'shared-iterations'}
//! metric: iterations 1
//! out: 1 iterations shared among 1 VUs (maxDuration: 10m0s, gracefulStop: 30s)
//! case: constant-vus
//! with: {executor: 'constant-vus', duration: '1s'}
//! metric: iterations >=2
//! out: 1 looping VUs for 1s (gracefulStop: 30s)
//! case: ramping-vus starts with one
//! with: {executor: 'ramping-vus', stages: [{duration: '500ms', target: 1}]}
//! metric: iterations >=2
//! out: Up to 1 looping VUs for 500ms over 1 stages (gracefulRampDown: 30s, gracefulStop: 30s)
//! case: constant-arrival-rate counts per second
//! with: {executor: 'constant-arrival-rate', rate: 5, duration: '1s', preAllocatedVUs: 3}
//! metric: iterations 5..6
//! out: 5.00 iterations/s for 1s (maxVUs: 3, gracefulStop: 30s)
//! case: ramping-arrival-rate starts at nothing
//! with: {executor: 'ramping-arrival-rate', preAllocatedVUs: 3, stages: [{duration: '1s', target: 10}]}
//! metric: iterations 5
//! out: Up to 10.00 iterations/s for 1s over 1 stages (maxVUs: 3, gracefulStop: 30s)
//! case: both VU numbers 0 is a scenario without work
//! with: {executor: 'constant-arrival-rate', rate: 5, duration: '1s', preAllocatedVUs: 0, maxVUs: 0}
//! metric: iterations absent
//! case: own facts in the brackets
//! with: {executor: 'constant-arrival-rate', rate: 60, timeUnit: '1m', duration: '1s', preAllocatedVUs: 1, maxVUs: 4, exec: 'other', startTime: '100ms', gracefulStop: '2s'}
//! metric: iterations 1..2
//! out: 1.00 iterations/s for 1s (maxVUs: 1-4, exec: other, startTime: 100ms, gracefulStop: 2s)
//! case: without gracefulStop
//! with: {executor: 'constant-vus', duration: '1s', gracefulStop: '0s'}
//! out: 1 looping VUs for 1s
//! no out: gracefulStop
import { sleep } from 'k6';
export const options = { scenarios: { one: __WITH__ } };
export default function () { sleep(0.1); }
export function other() { sleep(0.1); }
