//! rule: api 6.11 1311 before the chain; api 18 hosts leave Host header and TLS name as they are; wildcards of certificates
//! case: good
//! env: SSL_CERT_FILE=ca.pem
//! with: app.test
//! log: 0 [] 200
//! wire: x1 [connection 1, h2, tls1.3, app.test, nobody]
//! wire: x1 GET https://app.test/
//! case: wildcard
//! env: SSL_CERT_FILE=ca.pem
//! with: one.wild.test
//! log: 0 [] 200
//! wire: x1 [connection 1, h2, tls1.3, one.wild.test, nobody]
//! case: wrong
//! env: SSL_CERT_FILE=ca.pem
//! with: wrong.test
//! log: 1311 [x509: certificate doesn't match hostname] 0
//! point: http_reqs{error_code=1311} 1
//! case: wrong-and-unknown
//! with: wrong.test
//! log: 1311 [x509: certificate doesn't match hostname] 0
//! case: wrong-and-skipped
//! with: wrong.test
//! run: --insecure-skip-tls-verify
//! log: 0 [] 200
//! wire: x1 [connection 1, h2, tls1.3, wrong.test, nobody]
import http from 'k6/http';
export const options = { hosts: { '__WITH__': __ENV.TLS.replace('https://', '') } };
export default function () {
  const r = http.get('https://__WITH__/');
  console.log(`${r.error_code} [${r.error}] ${r.status}`);
}
