//! rule: api 18 discardResponseBodies, maxRedirects, userAgent as options
//! checks: 5
//! wire: x2 User-Agent: by options
//! log: maximum number of redirects
import http from 'k6/http';
import { check } from 'k6';
export const options = { discardResponseBodies: true, maxRedirects: 1, userAgent: 'by options' };
export default function () {
  const plain = http.get(`${__ENV.WIRE}/a`), text = http.get(`${__ENV.WIRE}/b`, { responseType: 'text' });
  const moved = http.get(`${__ENV.TARGET}/redirect/3`);
  check(null, {
    discarded: plain.body === null && plain.status === 200,
    'asked for': text.body === 'ok',
    binary: http.get(`${__ENV.TARGET}/get`, { responseType: 'binary' }).body instanceof ArrayBuffer,
    'one hop': moved.status === 302 && moved.url.endsWith('/redirect/2'),
    'more by params': http.get(`${__ENV.TARGET}/redirect/3`, { redirects: 5 }).status === 200,
  });
}
