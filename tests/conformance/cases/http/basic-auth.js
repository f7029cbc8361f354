//! rule: api 6.3, 6.6 basic auth comes from the URL alone; auth: 'basic' changes nothing
//! checks: 2
//! wire: x1 Authorization: Basic bWU6c2VjcmV0
//! wire: x1 Authorization: own
//! no wire: Authorization: Basic Og==
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const url = __ENV.WIRE;
  check(http.get(`${url.replace('://', '://me:secret@')}/a`, { auth: 'basic' }), { a: (r) => r.status === 200 });
  http.get(`${url}/b`, { auth: 'basic' });
  check(http.get(`${url.replace('://', '://me:secret@')}/c`, { headers: { Authorization: 'own' } }), { c: (r) => r.status === 200 });
}
