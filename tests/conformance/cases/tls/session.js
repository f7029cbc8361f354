//! rule: api 6.9 proto, tls_version, tls_cipher_suite, ocsp of a response; timings of a handshake, once; tags proto and tls_version
//! case: http2
//! run: --insecure-skip-tls-verify
//! with: TLS
//! checks: 8
//! wire: x2 [connection 1, h2, tls1.3, no name, nobody]
//! point: http_reqs{proto=HTTP/2.0,tls_version=tls1.3,status=200,!ocsp_status} 2
//! point: http_req_tls_handshaking{tls_version=tls1.3} 2 sum=>0
//! metric: data_received.count >1000
//! case: http1
//! run: --insecure-skip-tls-verify
//! with: TLS_HTTP1
//! checks: 8
//! wire: x2 [connection 1, http/1.1, tls1.3, no name, nobody]
//! point: http_reqs{proto=HTTP/1.1,tls_version=tls1.3,status=200,!ocsp_status} 2
//! case: tls1.2
//! run: --insecure-skip-tls-verify
//! with: TLS_OLD
//! checks: 8
//! wire: x2 [connection 1, h2, tls1.2, no name, nobody]
//! point: http_reqs{proto=HTTP/2.0,tls_version=tls1.2} 2
//! case: http2-switched-off
//! run: --insecure-skip-tls-verify
//! env: GODEBUG=http2client=0
//! with: TLS
//! checks: 8
//! wire: x2 [connection 1, http/1.1, tls1.3, no name, nobody]
//! point: http_reqs{proto=HTTP/1.1} 2
//! case: ocsp-tag
//! run: --insecure-skip-tls-verify --system-tags ocsp_status,status,check
//! with: TLS
//! checks: 8
//! point: http_reqs{ocsp_status=unknown,status=200,!proto,!tls_version} 2
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const url = __ENV.TLS && __ENV['__WITH__'];
  const first = http.get(`${url}/a`);
  const second = http.get(`${url}/b`);
  check(first, {
    'proto': (r) => ['HTTP/2.0', 'HTTP/1.1'].includes(r.proto),
    'tls_version': (r) => r.tls_version === ('__WITH__' === 'TLS_OLD' ? http.TLS_1_2 : http.TLS_1_3),
    'tls_cipher_suite': (r) => /^TLS_[A-Z0-9_]+$/.test(r.tls_cipher_suite),
    'ocsp': (r) => r.ocsp.status === http.OCSP_STATUS_UNKNOWN && r.ocsp.status === 'unknown',
    'handshake is timed': (r) => r.timings.tls_handshaking > 0 && r.timings.blocked >= r.timings.tls_handshaking,
    'status_text': (r) => r.status_text === '200 OK' && r.body === 'ok',
  });
  check(second, {
    'once': (r) => r.timings.tls_handshaking === 0 && r.timings.connecting === 0,
    'the same session': (r) => r.tls_version === first.tls_version && r.tls_cipher_suite === first.tls_cipher_suite,
  });
}
