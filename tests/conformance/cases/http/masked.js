//! rule: api 6.6, 17 basic auth from the URL: header sent, credentials masked in the tags, not in res.url
//! wire: Authorization: Basic bWU6c2VjcmV0
//! run: --out json=own.json
//! file: own.json ****:****@
//! checks: 2
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const r = http.get(`${__ENV.WIRE.replace('://', '://me:secret@')}/x`);
  check(r, { url: (r) => r.url.includes('me:secret@'), status: (r) => r.status === 200 });
}
