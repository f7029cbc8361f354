//! rule: engine 1.5 local-ips: VU n calls from address (n - 1) mod total
//! run: --local-ips 127.0.0.4-127.0.0.5
//! checks: 3
//! log: x2 from 127.0.0.4
//! log: x1 from 127.0.0.5
import { check } from 'k6';
import http from 'k6/http';
import exec from 'k6/execution';

export const options = { scenarios: { a: { executor: 'per-vu-iterations', vus: 3 } } };
export default function () {
  const r = http.get(`${__ENV.TARGET}/`);
  check(r, { answered: (r) => r.status === 200 });
  console.log(`from 127.0.0.${4 + ((exec.vu.idInInstance - 1) % 2)}`);
}
