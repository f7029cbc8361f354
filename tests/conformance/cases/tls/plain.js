//! rule: api 6.9 without TLS tls_version and ocsp.status are empty, and there is no tag tls_version
//! checks: 1
//! point: http_reqs{!tls_version,proto=HTTP/1.1} 1
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const r = http.get(`${__ENV.TARGET}/plain`);
  check(r, { 'nothing of TLS': () => r.tls_version === '' && r.tls_cipher_suite === '' && r.ocsp.status === '' && r.timings.tls_handshaking === 0 });
}
