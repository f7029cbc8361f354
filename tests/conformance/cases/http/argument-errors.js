//! rule: api 6.2, 20.7 wrong arguments: a warning, a Response with status 0, no metrics; with throw an exception
//! no wire: /x
//! point: http_reqs 0
//! case: warns
//! checks: 11
//! log: Request Failed
//! case: throws
//! run: --throw
//! checks: 11
//! no log: Request Failed
import http from 'k6/http';
import exec from 'k6/execution';
import { check } from 'k6';
const wrong = {
  URL: () => http.get('http://[::1'),
  body: () => http.post(`${__ENV.WIRE}/x`, 5),
  responseType: () => http.get(`${__ENV.WIRE}/x`, { responseType: 'json' }),
  'responseType null': () => http.get(`${__ENV.WIRE}/x`, { responseType: null }),
  responseCallback: () => http.get(`${__ENV.WIRE}/x`, { responseCallback: 5 }),
  compression: () => http.post(`${__ENV.WIRE}/x`, 'a', { compression: 'rar' }),
  timeout: () => http.get(`${__ENV.WIRE}/x`, { timeout: 'soon' }),
  'timeout null': () => http.get(`${__ENV.WIRE}/x`, { timeout: null }),
  tags: () => http.get(`${__ENV.WIRE}/x`, { tags: { a: null } }),
  'tags object': () => http.get(`${__ENV.WIRE}/x`, { tags: { a: {} } }),
  'throw of the call is not looked at': () => exec.test.options.throw ? http.get('http://[::1') : http.get('http://[::1', { throw: true }),
};
export default function () {
  for (const [name, run] of Object.entries(wrong)) {
    let result, error;
    try { result = run(); } catch (e) { error = e; }
    check(null, { [name]: exec.test.options.throw ? error instanceof Error : result !== undefined && result.status === 0 && result.error.length > 0 && result.request === null && result.url === '' && result.body.byteLength === 0 });
  }
}
