//! rule: api 6.1, 6.10, 20.6 expectedStatuses and setResponseCallback; null leaves out http_req_failed and the tag
//! checks: 4
//! point: http_reqs{name=default404,expected_response=false,error_code=1404} 1
//! point: http_reqs{name=set404,expected_response=true,error_code=1404} 1
//! point: http_req_failed{name=set404} 1 sum=0
//! point: http_reqs{name=set200,expected_response=false} 1
//! point: http_req_failed{name=set200} 1 sum=1
//! point: http_reqs{name=param,expected_response=true} 1
//! point: http_reqs{name=null,!expected_response} 1
//! point: http_req_failed{name=null} 0
//! point: http_req_failed{name=param null} 0
//! point: http_reqs{name=param null,!expected_response} 1
//! point: http_reqs{name=second,!expected_response} 1
import http from 'k6/http';
import { check } from 'k6';
export const options = { iterations: 2 };
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  const get = (status, name, params = {}) => http.get(`${__ENV.TARGET}/status/${status}`, { tags: { name }, ...params });
  if (__ITER === 1) { get(404, 'second'); return; }
  get(404, 'default404');
  http.setResponseCallback(http.expectedStatuses(404, { min: 500, max: 505 }));
  get(404, 'set404');
  get(200, 'set200');
  get(200, 'param', { responseCallback: http.expectedStatuses({ min: 200, max: 200 }) });
  get(500, 'param null', { responseCallback: null });
  http.setResponseCallback(null);
  get(404, 'null');
  check(null, {
    none: thrown(() => http.expectedStatuses()) instanceof Error,
    wrong: ['200', 200.5, {}, { min: 1 }, null, { min: '1', max: 2 }].every((v) => thrown(() => http.expectedStatuses(v)) instanceof Error),
    set: [undefined, 5, {}, () => true, 'x'].every((v) => thrown(() => http.setResponseCallback(v)) instanceof Error),
    fine: http.expectedStatuses(200, 201) !== undefined,
  });
}
