//! rule: api 6.4 bodies: text, bytes, forms; what is none of them is an argument error
//! checks: 16
//! wire: POST /string
//! wire: \n\nhé
//! wire: POST /form HTTP/1.1
//! wire: \n\na=1+2&b=true&c=x&c=y&d=&e=&f=1.2345675e%2B06&g=%26
//! wire: Content-Type: application/x-www-form-urlencoded
//! wire: Content-Type: own/type
//! wire: \n\nAB
//! wire: POST /nested HTTP/1.1
//! no wire: /refused
//! log: level=warning
//! point: http_reqs 7
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const base = __ENV.WIRE;
  const form = http.post(`${base}/form`, { g: '&', b: true, a: '1 2', c: ['x', 'y'], d: null, e: undefined, f: 1234567.5 });
  check(null, {
    string: http.post(`${base}/string`, 'hé').status === 200,
    form: form.request.body === 'a=1+2&b=true&c=x&c=y&d=&e=&f=1.2345675e%2B06&g=%26' && form.request.headers['Content-Type'][0] === 'application/x-www-form-urlencoded',
    'own type': http.post(`${base}/own`, { a: 1 }, { headers: { 'content-type': 'own/type' } }).request.headers['Content-Type'][0] === 'own/type',
    buffer: http.post(`${base}/buffer`, new Uint8Array([65, 66]).buffer).request.body === 'AB',
    bytes: http.post(`${base}/bytes`, new Uint8Array([65, 66])).request.body === 'AB',
    nested: http.post(`${base}/nested`, { a: { b: 1 }, c: 1 }).request.body === 'a=&c=1',
    empty: http.post(`${base}/empty`, {}).request.body === '',
  });
  for (const [name, body] of Object.entries({ number: 5, bool: true, array: [1], date: new Date(0), floats: new Float64Array(1), words: new Uint16Array(1) })) {
    const r = http.post(`${base}/refused`, body);
    check(r, { [name]: (r) => r.status === 0 && r.error_code === 0 && /unknown request body type/.test(r.error) && r.url === '' && r.request === null && r.body.byteLength === 0 || console.log(name, JSON.stringify(r)) });
  }
  const r = http.post(`${base}/refused`, 5);
  check(r, {
    'blank response': (r) => r.status_text === '' && r.proto === '' && JSON.stringify(r.headers) === '{}' && JSON.stringify(r.cookies) === '{}',
    'body is empty bytes': (r) => r.body.byteLength === 0,
    'json throws': (r) => { try { r.json(); } catch (e) { return e instanceof Error; } return false; },
  });
}
