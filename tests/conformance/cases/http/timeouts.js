//! rule: api 6.3 timeout: number of milliseconds or a duration, of the whole call; 0 is at once
//! checks: 4
//! took: <20
//! point: http_reqs{error_code=1050} 4
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const hang = `${__ENV.WIRE}/hang`;
  const took = (timeout) => { const start = Date.now(); const r = http.get(hang, { timeout }); return [Date.now() - start, r]; };
  for (const [timeout, least] of [[200, 190], ['200ms', 190], ['0.2s', 190], [0, 0]]) {
    const [time, r] = took(timeout);
    check(r, { [`timeout ${timeout}`]: (r) => r.status === 0 && r.error_code === 1050 && r.error === 'request timeout' && time >= least && time < 5000 });
  }
}
