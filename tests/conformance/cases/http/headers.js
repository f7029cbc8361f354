//! rule: api 6.3 headers: canonical names, one value per name, Host, Content-Length, values stringified
//! checks: 5
//! wire: X-Lower: v
//! wire: X-List: a,b
//! wire: X-Number: 5
//! wire: X-Undefined: undefined
//! wire: x1 Host: other.test
//! wire: x1 Host: third.test
//! no wire: Content-Length: 99
//! no wire: /bad
//! log: x1 Content-Length
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const base = __ENV.WIRE;
  const r = http.get(`${base}/a`, { headers: { 'x-lower': 'v', 'X-LIST': ['a', 'b'], 'X-Number': 5, 'X-Undefined': undefined, 'X-Null': null } });
  check(r.request.headers, { canonical: (h) => h['X-Lower'][0] === 'v' && h['X-List'][0] === 'a,b' && h['X-Number'][0] === '5' });
  check(http.get(`${base}/b`, { headers: { host: 'other.test' } }), { host: (r) => r.status === 200 });
  check(http.get(`${base}/b`, { headers: { Host: 'third.test' } }), { Host: (r) => r.status === 200 });
  http.post(`${base}/c`, 'abc', { headers: { 'Content-Length': '99' } });
  http.post(`${base}/c`, 'abc', { headers: { 'Content-Length': '3' } });
  check(http.get(`${base}/bad`, { headers: { 'A B': 'x' } }), { name: (r) => r.error_code === 1000 && r.status === 0 && r.error.includes('invalid header field name "A B"') });
  check(http.get(`${base}/bad`, { headers: { A: 'x\ny' } }), { value: (r) => r.error_code === 1000 && r.status === 0 });
}
