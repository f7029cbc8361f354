//! rule: api 6.11 1301: the first record is not TLS
//! checks: 1
//! point: http_reqs{error_code=1301,error=tls: first record does not look like a TLS handshake} 1
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const r = http.get(__ENV.TARGET.replace('http:', 'https:'));
  check(r, { 'code and text': () => r.error_code === 1301 && r.error === 'tls: first record does not look like a TLS handshake' });
}
