//! rule: engine 1.4 rps: one token per call for all VUs, burst 1, no part of any time
//! checks: 12
//! wire: x12 GET /
//! took: 1.05..9
//! metric: http_req_blocked.max <80
//! case: by the script
//! with: 10
//! case: by a flag
//! run: --rps 10
//! with: 0
import http from 'k6/http';
import { check } from 'k6';

export const options = { rps: __WITH__, vus: 3, iterations: 12 };
export default function () {
  check(http.get(__ENV.WIRE), { answered: (r) => r.status === 200 });
}
