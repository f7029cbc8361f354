//! rule: engine 1.4 tlsVersion as one or as a range; tlsCipherSuites choose up to TLS 1.2
//! case: one
//! with: { tlsVersion: 'tls1.2' }
//! log: tls1.2
//! wire: [connection 1, h2, tls1.2,
//! case: range
//! with: { tlsVersion: { min: 'tls1.2', max: 'tls1.3' } }
//! log: tls1.3
//! case: constants
//! with: { tlsVersion: { min: http.TLS_1_2, max: http.TLS_1_2 } }
//! log: tls1.2
//! case: suites
//! with: { tlsVersion: 'tls1.2', tlsCipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] }
//! log: tls1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 0
//! case: another-suite
//! with: { tlsVersion: 'tls1.2', tlsCipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] }
//! log: tls1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 0
//! case: unknown-suite
//! with: { tlsCipherSuites: ['TLS_NO_SUCH_THING'] }
//! exit: 104
//! log: TLS_NO_SUCH_THING
//! case: unknown-version
//! with: { tlsVersion: 'tls1.9' }
//! exit: 104
//! log: tls1.9
//! case: ssl3
//! with: { tlsVersion: 'ssl3.0' }
//! exit: 104
//! log: ssl3.0
import http from 'k6/http';
export const options = Object.assign({ insecureSkipTLSVerify: true }, __WITH__);
export default function () {
  const r = http.get(__ENV.TLS);
  console.log(r.tls_version, r.tls_cipher_suite, r.error_code);
}
