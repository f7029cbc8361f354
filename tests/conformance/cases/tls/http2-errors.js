//! rule: api 6.11 1611 + code of a GOAWAY, 1631 + code of a stream reset; timeouts of a stream leave the connection
//! checks: 6
//! run: --insecure-skip-tls-verify
//! point: http_reqs{error_code=1633,error=http2: stream error with http2 ErrCode INTERNAL_ERROR,status=0} 1
//! point: http_reqs{error_code=1050} 1
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const url = __ENV.TLS;
  const reset = http.get(`${url}/reset?2`);
  const calm = http.get(`${url}/reset?11`);
  const away = http.get(`${url}/goaway?1`);
  const slow = http.get(`${url}/hang`, { timeout: '300ms' });
  const after = http.get(`${url}/`);
  check(null, {
    'reset': () => reset.error_code === 1633 && reset.error === 'http2: stream error with http2 ErrCode INTERNAL_ERROR',
    'another': () => calm.error_code === 1642 && calm.error.endsWith('ENHANCE_YOUR_CALM'),
    'goaway': () => away.error_code === 1612 && away.error === 'http2: received GoAway with http2 ErrCode PROTOCOL_ERROR',
    'timeout': () => slow.error_code === 1050 && slow.error === 'request timeout',
    'nothing of a response': () => reset.body === null && reset.proto === '' && reset.status === 0,
    'goes on': () => after.status === 200,
  });
}
