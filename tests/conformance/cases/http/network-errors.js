//! rule: api 6.2, 6.11 network errors: code, text, tags; with throw an exception; metrics in both cases
//! case: plain
//! checks: 10
//! log: Request Failed
//! point: http_reqs{status=0,error_code=1212,error=dial: connection refused,!proto,expected_response=false} 1
//! point: http_reqs{status=0,error_code=1101,error=lookup: no such host} 1
//! point: http_reqs{status=0,error_code=1050,error=request timeout} 1
//! point: http_reqs{status=0,error_code=1000,error=EOF} 1
//! point: http_reqs{status=0,error_code=1220,error=read: connection reset by peer} 1
//! point: http_reqs{status=0,error_code=1000,error=unexpected EOF} 1
//! point: http_reqs{status=0,error_code=1210} 1
//! point: http_reqs{status=0,error_code=1701} 1
//! point: http_reqs{status=0,error_code=1301} 1
//! point: http_req_failed{error_code=1500} 1 sum=1
//! point: http_req_duration{error_code=1212} 1
//! case: throws
//! run: --throw
//! no log: Request Failed
//! point: http_reqs{status=0} 9
//! checks: 10
//! case: throws-by-param
//! env: PARAM=yes
//! no log: Request Failed
//! point: http_reqs{status=0} 9
//! checks: 10
import http from 'k6/http';
import exec from 'k6/execution';
import { check } from 'k6';
const chunk = encodeURIComponent('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
const gzip = encodeURIComponent('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc');
const cases = {
  refused: ['http://127.0.0.1:1/', 1212, 'dial: connection refused'],
  host: ['http://does-not-exist.invalid/', 1101, 'lookup: no such host'],
  timeout: [`${__ENV.WIRE}/hang`, 1050, 'request timeout', { timeout: '300ms' }],
  EOF: [`${__ENV.WIRE}/reply`, 1000, 'EOF'],
  reset: [`${__ENV.WIRE}/reset`, 1220, 'read: connection reset by peer'],
  'broken off': [`${__ENV.WIRE}/reply?${chunk}`, 1000, 'unexpected EOF'],
  port: ['http://127.0.0.1:99999/', 1210, 'dial tcp: address 99999: invalid port'],
  gzip: [`${__ENV.WIRE}/reply?${gzip}`, 1701, 'error decompressing response body'],
  tls: [`${__ENV.TARGET.replace('http:', 'https:')}/get`, 1301, 'tls: first record does not look like a TLS handshake'],
};
export default function () {
  for (const [name, [url, code, text, params]] of Object.entries(cases)) {
    let r, error;
    try { r = http.get(url, __ENV.PARAM ? { ...params, throw: true } : params); } catch (e) { error = e; }
    const throws = exec.test.options.throw || __ENV.PARAM;
    const ok = throws ? error instanceof Error && error.message.includes(text) : r !== undefined && r.status === 0 && r.error_code === code && r.error.includes(text) && JSON.stringify(r.headers) === '{}' && (name === 'broken off' ? r.body === 'abc' : r.body === null);
    if (!ok) console.log(name, error, JSON.stringify(r));
    check(null, { [name]: ok });
  }
  check(null, { 'a status is no error': http.get(`${__ENV.TARGET}/status/500`).status === 500 });
}
