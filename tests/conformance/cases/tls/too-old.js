//! rule: engine 1.4 tlsVersion: a server that speaks no version of the range fails the request
//! log: status 0
//! point: http_reqs{status=0,!tls_version} 1
//! metric: http_req_failed.rate 1
import http from 'k6/http';
export const options = { insecureSkipTLSVerify: true, tlsVersion: 'tls1.3' };
export default function () {
  const r = http.get(__ENV.TLS_OLD);
  console.log('status', r.status, r.error_code > 0, r.error.length > 0);
}
