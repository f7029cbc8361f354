//! rule: api 3.3 init, then setup, then iterations, then teardown, then the summary; groups ::setup and ::teardown
//! order: in setup | iteration 0 {"n":1} | in teardown {"n":1} | in summary {"n":1}
//! point: http_reqs{group=::setup,!scenario} 1
//! point: http_reqs{group=::teardown,!scenario} 1
//! point: http_reqs{group=,scenario=default} 1
//! point: data_sent{group=::setup} 1
//! point: data_received{group=::teardown} 1
//! point: data_sent{group=,scenario=default} 1
//! point: iterations 1
//! point: iteration_duration 1
import http from 'k6/http';
export async function setup() {
  await new Promise((done) => setTimeout(done, 5));
  http.get(`${__ENV.TARGET}/`);
  console.log('in setup');
  return { n: 1 };
}
export default function (data) { http.get(`${__ENV.TARGET}/`); console.log(`iteration ${__ITER} ${JSON.stringify(data)}`); }
export function teardown(data) { http.get(`${__ENV.TARGET}/`); console.log(`in teardown ${JSON.stringify(data)}`); }
export function handleSummary(data) { console.log(`in summary ${JSON.stringify(data.setup_data)}`); }
