//! rule: engine 2.7 scenarios that do not overlap share VUs
//! metric: vus_max.max 12
//! limit: 20
import { sleep } from 'k6';
export const options = { scenarios: {
  a: { executor: 'constant-vus', vus: 10, duration: '1s', gracefulStop: '0s' },
  b: { executor: 'constant-vus', vus: 5, duration: '1s', startTime: '1s', gracefulStop: '1s' },
  c: { executor: 'constant-vus', vus: 7, duration: '1s', startTime: '1.9s', gracefulStop: '1s' },
  d: { executor: 'constant-arrival-rate', rate: 1, duration: '1s', startTime: '5s', preAllocatedVUs: 2, maxVUs: 9 } } };
export default function () { sleep(0.1); }
