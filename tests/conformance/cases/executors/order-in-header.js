//! rule: engine 2.1 order everywhere is by startTime, then by name
//! out: scenarios: (100.00%) 3 scenarios, 3 max VUs, 31.5s max duration (incl. graceful stop):
//! out: * b: 1 looping VUs
//! limit: 20
import { sleep } from 'k6';
export const options = { scenarios: {
  z: { executor: 'constant-vus', duration: '1s' }, b: { executor: 'constant-vus', duration: '1s', startTime: '500ms' },
  a: { executor: 'constant-vus', duration: '1s', startTime: '500ms' } } };
export default function () { sleep(0.5); }
