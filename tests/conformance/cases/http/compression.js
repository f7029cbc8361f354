//! rule: api 6.3, 6.6 compression of bodies and decoding of answers
//! checks: 9
//! wire: Content-Encoding: gzip
//! wire: Content-Encoding: deflate, gzip
//! wire: Content-Encoding: br
//! wire: Content-Encoding: zstd
//! log: level=warning
import http from 'k6/http';
import { check } from 'k6';
import encoding from 'k6/encoding';
const bytes = (coding, b64) => { const raw = new Uint8Array(encoding.b64decode(b64)); let text = ''; for (const b of raw) text += '%' + b.toString(16).padStart(2, '0'); return `${__ENV.WIRE}/keep?${encodeURIComponent(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${raw.length}\r\n\r\n`)}${text}`; };
export default function () {
  const base = __ENV.WIRE;
  const text = 'x'.repeat(2000);
  const one = http.post(`${base}/gzip`, text, { compression: 'gzip' });
  const two = http.post(`${base}/two`, text, { compression: 'deflate, gzip' });
  http.post(`${base}/br`, text, { compression: 'br' });
  http.post(`${base}/zstd`, text, { compression: 'zstd' });
  const own = http.post(`${base}/own`, text, { compression: 'gzip', headers: { 'Content-Encoding': 'own' } });
  const gzip = http.get(bytes('gzip', 'H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA=='));
  const none = http.get(bytes('gzip', 'H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA=='), { responseType: 'none' });
  check(null, {
    'request.body is not compressed': one.request.body === text && one.request.headers['Content-Encoding'][0] === 'gzip',
    'in order': two.request.headers['Content-Encoding'][0] === 'deflate, gzip',
    'own header stays': own.request.headers['Content-Encoding'][0] === 'own',
    deflate: http.get(`${__ENV.TARGET}/deflate`).json() !== undefined,
    gzip: http.get(`${__ENV.TARGET}/gzip`).json() !== undefined,
    'header is kept': http.get(`${__ENV.TARGET}/gzip`).headers['Content-Encoding'] === 'gzip',
    'unknown is left alone': http.get(`${base}/keep?${encodeURIComponent('HTTP/1.1 200 OK\r\nContent-Encoding: own\r\nContent-Length: 2\r\n\r\nhi')}`).body === 'hi',
    'bad is 1701': http.get(bytes('gzip', 'aGVsbG8=')).error_code === 1701 && http.get(bytes('br', 'aGVsbG8gaGVsbG8=')).status === 0,
    'none is not decoded': none.status === 200 && none.body === null,
  });
}
