//! rule: engine 2.7 vus and vus_max are sampled every second: a shorter test has none
//! case: short
//! with: {executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '0s'}
//! metric: vus_max.value 2
//! case: shorter
//! with: {executor: 'per-vu-iterations', vus: 2, iterations: 1}
//! metric: vus absent
//! metric: vus_max absent
//! case: arrival rates count busy VUs
//! with: {executor: 'constant-arrival-rate', rate: 1, duration: '2s', preAllocatedVUs: 7}
//! metric: vus.max 0..1
//! metric: vus_max.value 7
//! case: ramping
//! with: {executor: 'ramping-vus', startVUs: 3, stages: [{duration: '2.3s', target: 3}]}
//! metric: vus.max 3
//! metric: vus_max.value 3
//! point: vus{} >=2
//! point: vus_max{} >=2
import { sleep } from 'k6';
export const options = { scenarios: { c: __WITH__ } };
export default function () { sleep(0.2); }
