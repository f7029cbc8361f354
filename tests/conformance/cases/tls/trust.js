//! rule: api 6.11 codes 1301, 1310, 1311; an authority from SSL_CERT_FILE is trusted; insecureSkipTLSVerify trusts all
//! case: unknown-authority
//! with: TLS
//! log: Request Failed" error="x509: unknown authority"
//! log: 1310 [x509: unknown authority] 0
//! point: http_reqs{error_code=1310,error=x509: unknown authority,status=0,!tls_version,!proto} 1
//! case: trusted
//! with: TLS
//! env: SSL_CERT_FILE=ca.pem
//! log: 0 [] 200
//! case: expired
//! with: TLS_EXPIRED
//! env: SSL_CERT_FILE=ca.pem
//! log: 1000 [
//! log: expired
//! point: http_reqs{error_code=1000,status=0} 1
//! case: expired-and-unknown
//! with: TLS_EXPIRED
//! log: status 0
//! case: skipped
//! with: TLS_EXPIRED
//! run: --insecure-skip-tls-verify
//! log: 0 [] 200
//! case: skipped-by-option
//! with: TLS
//! env: K6_INSECURE_SKIP_TLS_VERIFY=true
//! log: 0 [] 200
import http from 'k6/http';
export default function () {
  const r = http.get(__ENV.TLS && __ENV['__WITH__']);
  console.log(`${r.error_code} [${r.error}] ${r.status}`, `status ${r.status}`);
}
