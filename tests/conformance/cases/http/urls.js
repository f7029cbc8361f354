//! rule: api 6.1 URLs: path encoded as needed, query as given, fragment not sent but kept, wrong ones 1020 or 1000
//! checks: 11
//! wire: GET /a%20b?q=x y&z=%41 HTTP/1.1
//! wire: GET /a%2Fb HTTP/1.1
//! wire: GET /x/y%20z HTTP/1.1
//! wire: GET /%C3%A4 HTTP/1.1
//! wire: GET /frag HTTP/1.1
//! wire: GET / HTTP/1.1
//! wire: GET /?only HTTP/1.1
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const base = __ENV.WIRE;
  const refused = (url) => http.get(url);
  check(null, {
    encoded: http.get(`${base}/a b?q=x y&z=%41`).status === 200,
    'slash stays': http.get(`${base}/a%2Fb`).status === 200,
    'as a whole': http.get(`${base}/x%2Fy z`).status === 200,
    'not ASCII': http.get(`${base}/ä`).status === 200,
    fragment: http.get(`${base}/frag#part`).url === `${base}/frag#part`,
    'no path': http.get(base).status === 200 && http.get(`${base}?only`).status === 200,
    'bad URL': (() => { const r = refused('http://[::1'); return r.error_code === 1020 && r.status === 0 && r.error.startsWith('invalid URL') || console.log(JSON.stringify(r)); })(),
    'no text': [5, null, undefined, {}, []].every((u) => refused(u).error_code === 1020),
    relative: (() => { const r = refused('/just/path'); return r.error_code === 1000 && r.error.includes('unsupported protocol scheme ""') || console.log(r.error_code, r.error); })(),
    scheme: (() => { const r = refused('ftp://127.0.0.1/x'); return r.error_code === 1000 && r.error.includes('unsupported protocol scheme "ftp"') || console.log(r.error_code, r.error); })(),
    'empty': refused('').error_code !== 0,
  });
}
