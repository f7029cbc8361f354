//! rule: api 6.7 a Secure cookie goes over TLS only, or without it to the loopback by its own name
//! checks: 3
//! run: --insecure-skip-tls-verify
import http from 'k6/http';
import { check } from 'k6';
export const options = { hosts: { 'app.test': '127.0.0.1' } };
const named = (url) => url.replace('127.0.0.1', 'app.test');
export default function () {
  http.get(`${__ENV.TLS}/cookie`);
  http.get(`${named(__ENV.TLS)}/cookie`);
  const told = (url) => http.get(`${url}/echo`).body.includes('kept=here');
  check(null, {
    'over TLS': () => told(named(__ENV.TLS)),
    'not without': () => !told(named(__ENV.TARGET)),
    'to the loopback': () => told(__ENV.TARGET),
  });
}
