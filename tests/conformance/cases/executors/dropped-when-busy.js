//! rule: engine 2.4 a start without an idle VU is lost, one more VU is made if there may be more, and at maxVUs there is one warning
//! case: at the limit
//! with: {executor: 'constant-arrival-rate', rate: 10, duration: '1s', preAllocatedVUs: 1}
//! metric: iterations 1
//! metric: dropped_iterations 9
//! log: x1 level=warning
//! log: Insufficient VUs
//! metric: vus_max.max 1
//! case: growing
//! with: {executor: 'constant-arrival-rate', rate: 10, duration: '1s', preAllocatedVUs: 1, maxVUs: 20}
//! metric: dropped_iterations 1..9
//! metric: iterations 1..9
//! metric: vus_max.max 2..10
//! no log: Insufficient VUs
import { sleep } from 'k6';
export const options = { scenarios: { c: __WITH__ } };
export default function () { sleep(1.3); }
