//! rule: engine 2.4 a dropped iteration has the tag scenario alone
//! case: per-vu-iterations
//! with: {executor: 'per-vu-iterations', vus: 2, iterations: 4, maxDuration: '1s', gracefulStop: '0s'}
//! point: dropped_iterations{scenario=s,!group,!vu} 2 sum=6
//! metric: dropped_iterations 6
//! case: shared-iterations
//! with: {executor: 'shared-iterations', vus: 2, iterations: 4, maxDuration: '1s', gracefulStop: '0s'}
//! point: dropped_iterations{scenario=s,!group} 1 sum=2
//! metric: dropped_iterations 2
//! case: constant-arrival-rate
//! with: {executor: 'constant-arrival-rate', rate: 4, duration: '1s', preAllocatedVUs: 1, gracefulStop: '0s'}
//! point: dropped_iterations{scenario=s,!group} 3 sum=3
//! metric: dropped_iterations 3
import { sleep } from 'k6';
export const options = { scenarios: { s: __WITH__ } };
export default function () { sleep(5); }
