//! rule: api 6.6, 6.9 compressed, chunked, slow, binary and strange answers of a foreign server
//! checks: 15
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const url = __ENV.HTTPBIN;
  const get = (path, params) => http.get(`${url}${path}`, params);
  const png = get('/image/png', { responseType: 'binary' });
  const drip = get('/drip?numbytes=5&duration=0.5&delay=0');
  check(null, {
    'gzip': () => get('/gzip', { headers: { 'Accept-Encoding': 'gzip' } }).json('gzipped') === true,
    'deflate': () => get('/deflate', { headers: { 'Accept-Encoding': 'deflate' } }).json('deflated') === true,
    'brotli': () => get('/brotli', { headers: { 'Accept-Encoding': 'br' } }).json('brotli') === true,
    'utf-8': () => get('/encoding/utf8').body.includes('∮ E⋅da = Q'),
    'stream of lines': () => get('/stream/5').body.trim().split('\n').length === 5,
    'bytes': () => get('/bytes/1000?seed=3', { responseType: 'binary' }).body.byteLength === 1000,
    'png': () => new Uint8Array(png.body)[1] === 0x50 && png.headers['Content-Type'] === 'image/png',
    'drip': () => drip.body === '*****' && drip.timings.receiving > 200,
    'delay': () => get('/delay/1', { timeout: '300ms' }).error_code === 1050,
    'teapot': () => get('/status/418').error_code === 1418,
    'server error': () => get('/status/503').error_code === 1503,
    'no content': () => get('/status/204').status === 204 && get('/status/204').body === null,
    'etag': () => get('/etag/abc', { headers: { 'If-None-Match': 'abc' } }).status === 304,
    'head': () => http.head(`${url}/get`).body === null || http.head(`${url}/get`).body === '',
    'selector': () => get('/json').json('slideshow.slides.#(type=="all").title') === 'Wake up to WonderWidgets!',
  });
}
