//! rule: engine 1.4 tlsAuth: the certificate that the server asks for; by domain, deprecated; a bad one is 104
//! case: known
//! with: [{ cert: open('client.pem'), key: open('client.key') }]
//! log: 200 0
//! wire: x1 , client]
//! case: nobody
//! with: []
//! log: 0 1
//! case: stranger
//! with: [{ cert: open('stranger.pem'), key: open('stranger.key') }]
//! log: 0 1
//! case: by-domain
//! with: [{ cert: open('stranger.pem'), key: open('stranger.key'), domains: ['other.test'] }, { cert: open('client.pem'), key: open('client.key'), domains: ['127.0.0.1'] }]
//! log: 200 0
//! log: deprecated
//! case: wrong-key
//! with: [{ cert: open('client.pem'), key: open('stranger.key') }]
//! exit: 104
//! log: tlsAuth
//! case: no-pem
//! with: [{ cert: 'not a certificate', key: open('client.key') }]
//! exit: 104
//! log: tlsAuth
import http from 'k6/http';
export const options = { insecureSkipTLSVerify: true, tlsAuth: __WITH__ };
export default function () {
  const r = http.get(`${__ENV.TLS && __ENV.TLS_MUTUAL}/`);
  console.log(r.status, r.error_code > 0 ? 1 : 0);
}
