//! rule: api 6.6 digest: two requests, the first 401 is expected, both emit metrics without credentials in their tags
//! checks: 2
//! wire: x2 GET /keep
//! no wire: Basic
//! wire: Authorization: Digest username="me", realm="r", nonce="n"
//! point: http_reqs{status=401} 2
//! point: http_req_failed{status=401,expected_response=true} 1 sum=0
//! point: http_req_failed{status=401,expected_response=false} 1 sum=1
import http from 'k6/http';
import { check } from 'k6';

const challenge = encodeURIComponent(
  'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\nContent-Length: 0\r\n\r\n'
);
export default function () {
  const url = `${__ENV.WIRE.replace('://', '://me:secret@')}/keep?${challenge}`;
  const r = http.get(url, { auth: 'digest' });
  check(r, { refused: (r) => r.status === 401, 'no credentials': (r) => !r.url.includes('secret') });
}
