//! rule: guide: a POST with constant headers and discardResponseBodies
//! run: --vus 5 --iterations 50
//! served: /post 50
//! metric: http_reqs 50
//! metric: http_req_failed.passes 0
//! metric: checks.passes 50
import http from 'k6/http';
import { check } from 'k6';

const BASE_URL = __ENV.TARGET;
const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
const body = JSON.stringify({ name: 'load', value: 42 });

export const options = {
  discardResponseBodies: true,
};

export default function () {
  const res = http.post(`${BASE_URL}/post`, body, { headers });
  check(res, { 'status is 200': (r) => r.status === 200 });
}
