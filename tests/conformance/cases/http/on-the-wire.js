//! rule: api 6.5, 20.4 what goes over the wire by default: User-Agent and Host; no Accept, no Accept-Encoding, no Content-Type
//! case: default
//! wire: GET /plain?a=b HTTP/1.1\nHost: 127.0.0.1
//! no wire: Accept
//! no wire: Content-Type
//! wire: x5 User-Agent: 
//! wire: POST /text HTTP/1.1
//! wire: Content-Length: 7\n
//! wire: POST /empty HTTP/1.1
//! wire: Content-Length: 0
//! wire: x7 [connection 1]
//! wire: User-Agent: own
//! case: user-agent-option
//! run: --user-agent theirs
//! wire: User-Agent: theirs
import http from 'k6/http';
export default function () {
  const base = __ENV.WIRE;
  http.get(`${base}/plain?a=b`);
  http.post(`${base}/text`, '{"a":1}');
  http.post(`${base}/empty`);
  http.put(`${base}/null`, null);
  http.get(`${base}/own`, { headers: { 'User-Agent': 'own' } });
  http.get(`${base}/none`, { headers: { 'User-Agent': '' } });
  http.get(`${base}/none`, { headers: { 'user-agent': '' } });
}
