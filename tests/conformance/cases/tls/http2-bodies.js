//! rule: api 6 bodies, headers, redirects and cookies over HTTP/2 are what they are over HTTP/1.1
//! checks: 9
//! run: --insecure-skip-tls-verify
//! wire: x1 POST https://127.0.0.1:
//! wire: user-agent: loadd/
//! no wire: connection: keep-alive
//! no wire: host:
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const url = __ENV.TLS;
  const sent = 'y'.repeat(1000000);
  const post = http.post(`${url}/echo?a=b`, sent, { headers: { 'X-Own': 'one', 'Content-Type': 'text/plain' } });
  const told = post.json();
  const big = http.get(`${url}/big?3000000`);
  const moved = http.get(`${url}/redirect?${encodeURIComponent(url + '/text?there')}`);
  const none = http.get(`${url}/big?1000`, { responseType: 'none' });
  const binary = http.get(`${url}/text?abc`, { responseType: 'binary' });
  http.get(`${url}/cookie`);
  const cookie = http.get(`${url}/echo`).json('headers.cookie');
  check(null, {
    'a megabyte up': () => told.bytes === 1000000,
    'headers in lower case': () => told.headers['x-own'] === 'one' && told.headers['content-type'] === 'text/plain',
    'path and query': () => told.uri.endsWith('/echo?a=b'),
    'three megabytes down': () => big.body.length === 3000000,
    'names of headers as Go has them': () => big.headers['Content-Type'] === 'text/plain',
    'a redirect': () => moved.body === 'there' && moved.url.endsWith('/text?there') && moved.proto === 'HTTP/2.0',
    'none': () => none.body === null && none.status === 200,
    'binary': () => new Uint8Array(binary.body).join() === '97,98,99',
    'a secure cookie': () => cookie === 'kept=here',
  });
}
