//! rule: engine 2.3, api 3.4 an interruption passes by catch and finally
//! no log: finally ran
//! no log: caught
//! metric: iterations absent
//! case: in sleep
//! with: sleep(5)
//! case: in a loop
//! with: for (;;) {}
//! case: in a promise
//! with: await new Promise((r) => setTimeout(r, 5000))
//! case: in a request
//! with: http.get(`${__ENV.TARGET}/plain?ms=5000`)
//! no log: Request Failed
//! metric: http_reqs absent
import { sleep } from 'k6';
import http from 'k6/http';
export const options = { scenarios: { c: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
export default async function () {
  try { __WITH__; } catch (e) { console.log('caught'); } finally { console.log('finally ran'); }
  console.log(__ENV.TARGET);
}
