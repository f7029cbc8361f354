//! rule: engine 7: /v1/status tells where the run is, and a PATCH steers it
//! case: a paused run is resumed, twice if need be
//! run: --address $API --paused
//! until: GET /v1/status => 200 {"data":{"type":"status","id":"default","attributes":{"status":4,"paused":true,"vus":0,"vus-max":2,"stopped":false,"running":false,"tainted":false}}}
//! ask: GET /v1/status => 200 type=application/json;charset=utf-8 {"data":{"attributes":{"status":4}}}
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false,"stopped":false},"id":"default","type":"status"}} => 200 {"data":{"type":"status","id":"default"}}
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false}}} => 200
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":7,"paused":false,"vus":2,"vus-max":2,"running":true,"stopped":false}}}
//! metric: iterations 4
//! case: a stop ends it at once with 103
//! run: --address $API --paused
//! exit: 103
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":4}}}
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false}}} => 200
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":7,"vus":2}}}
//! ask: PATCH /v1/status {"data":{"attributes":{"stopped":true,"vus":7}}} => 200 {"data":{"attributes":{"running":true,"stopped":true}}}
//! metric: iterations absent
//! took: <10
//! case: only a stop is taken of what says stop
//! run: --address $API --paused
//! exit: 103
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":4}}}
//! ask: PATCH /v1/status {"data":{"attributes":{"stopped":true,"paused":true,"vus-max":3}}} => 200 {"data":{"attributes":{"stopped":true}}}
//! case: numbers of VUs cannot be set without an executor for it
//! run: --address $API
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":7}}}
//! ask: PATCH /v1/status {"data":{"attributes":{"vus":5}}} => 500 {"errors":[{"status":"500","title":"Execution config error","detail":"*"}]}
//! ask: PATCH /v1/status {"data":{"attributes":{"vus-max":5}}} => 500 {"errors":[{"title":"Execution config error"}]}
//! metric: iterations 4
//! case: what is no JSON or no method of it
//! run: --address $API
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":7}}}
//! ask: PATCH /v1/status {"data": => 400 {"errors":[{"status":"400","title":"*","detail":"*"}]}
//! ask: PATCH /v1/status => 400 {"errors":[{"status":"400"}]}
//! ask: POST /v1/status {} => 405
//! ask: DELETE /v1/metrics => 405
//! ask: GET /v1/nothing => 404 404 page not found
//! ask: GET /ping => 200 type=text/plain;charset=utf-8 ok
//! ask: GET /anything/else => 200 ok
//! metric: iterations 4
//! case: without an address nobody listens
//! run: --quiet
//! no log: admin_listening
//! metric: iterations 4
import { sleep } from 'k6';
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
export default function () {
  sleep(1.2);
}
