//! rule: api 6.5 a redirect from http to https is a request of its own, with tags of its own
//! run: --insecure-skip-tls-verify
//! checks: 1
//! point: http_reqs{status=302,proto=HTTP/1.1,!tls_version} 1
//! point: http_reqs{status=200,proto=HTTP/2.0,tls_version=tls1.3} 1
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const to = encodeURIComponent(`${__ENV.TLS}/text?arrived`);
  const from = `${__ENV.WIRE}/reply?${encodeURIComponent(`HTTP/1.1 302 Found\r\nLocation: ${__ENV.TLS}/text?arrived\r\nContent-Length: 0\r\n\r\n`)}`;
  const r = http.get(from);
  check(r, { 'arrived': () => r.body === 'arrived' && r.url === `${__ENV.TLS}/text?arrived` && to.length > 0 });
}
