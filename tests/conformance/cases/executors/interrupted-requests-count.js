//! rule: engine 2.3.4 the finished requests and the bytes of an interrupted iteration are counted
//! metric: iterations absent
//! metric: http_reqs 2
//! metric: data_sent.count >=100
//! metric: data_received.count >=100
//! served: /plain 2
import { sleep } from 'k6';
import http from 'k6/http';
export const options = { scenarios: { c: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
export default function () {
  http.get(`${__ENV.TARGET}/plain`);
  http.get(`${__ENV.TARGET}/plain`);
  sleep(10);
}
