//! rule: engine 2.5 a VU that is ramped down finishes within gracefulRampDown, which gracefulStop caps
//! case: none interrupts at each step
//! with: {executor: 'ramping-vus', startVUs: 2, gracefulRampDown: '0s', stages: [{duration: '1s', target: 0}]}
//! metric: iterations absent
//! took: 1..2
//! out: 0 complete and 2 interrupted
//! case: enough for all
//! with: {executor: 'ramping-vus', startVUs: 2, gracefulRampDown: '5s', stages: [{duration: '1s', target: 0}]}
//! metric: iterations 2
//! took: 1.9..3.2
//! case: not enough
//! with: {executor: 'ramping-vus', startVUs: 2, gracefulRampDown: '200ms', stages: [{duration: '1s', target: 0}]}
//! metric: iterations absent
//! took: 1.1..2
//! case: capped by gracefulStop
//! with: {executor: 'ramping-vus', startVUs: 2, gracefulRampDown: '9s', gracefulStop: '0s', stages: [{duration: '1s', target: 0}]}
//! metric: iterations absent
//! took: 0.9..2
//! case: goes on when started again
//! with: {executor: 'ramping-vus', startVUs: 1, gracefulRampDown: '9s', stages: [{duration: '0s', target: 0}, {duration: '500ms', target: 0}, {duration: '0s', target: 1}, {duration: '1s', target: 1}]}
//! metric: iterations 1
//! log: x1 begins in VU 1
import { sleep } from 'k6';
export const options = { scenarios: { r: __WITH__ } };
export default function () { console.log(`begins in VU ${__VU}`); sleep(1.9); }
