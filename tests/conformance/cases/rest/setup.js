//! rule: engine 7: /v1/setup holds the setup data, takes others, and calls setup; /v1/teardown calls teardown
//! case: what setup returned is there
//! run: --address $API
//! until: GET /v1/setup => 200 type=application/json {"data":{"type":"setupData","id":"default","attributes":{"data":{"from":"setup","n":1}}}}
//! log: x2 got {"from":"setup","n":1}
//! log: x1 teardown {"from":"setup","n":1}
//! case: data put by hand is overwritten by setup
//! run: --address $API --paused
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":4}}}
//! ask: GET /v1/setup => 200 {"data":{"type":"setupData","id":"default","attributes":{}}}
//! ask: PUT /v1/setup {"from":"hand"} => 200 type=application/json {"data":{"type":"setupData","id":"default","attributes":{"data":{"from":"hand"}}}}
//! ask: GET /v1/setup => 200 {"data":{"attributes":{"data":{"from":"hand"}}}}
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false}}} => 200
//! log: x2 got {"from":"setup","n":1}
//! case: unless there is none
//! run: --address $API --paused --no-setup
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":4}}}
//! ask: PUT /v1/setup {"from":"hand"} => 200
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false}}} => 200
//! log: x2 got {"from":"hand"}
//! log: x1 teardown {"from":"hand"}
//! no log: setup runs
//! case: an empty body means no data
//! run: --address $API --paused --no-setup
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":4}}}
//! ask: PUT /v1/setup [1,2] => 200 {"data":{"attributes":{"data":[1,2]}}}
//! ask: PUT /v1/setup => 200 {"data":{"attributes":{}}}
//! ask: PUT /v1/setup {"a": => 400 type=text/plain;charset=utf-8 {"errors":[{"status":"400","title":"*","detail":"*"}]}
//! ask: DELETE /v1/setup => 405
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false}}} => 200
//! log: x2 got undefined
//! case: setup and teardown are called when asked
//! run: --address $API --paused --no-setup --no-teardown
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":4}}}
//! ask: POST /v1/setup => 200 type=application/json {"data":{"type":"setupData","id":"default","attributes":{"data":{"from":"setup","n":1}}}}
//! ask: POST /v1/teardown => 200
//! ask: GET /v1/teardown => 405
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false}}} => 200
//! log: x1 setup runs
//! log: x2 got {"from":"setup","n":1}
//! log: x1 teardown {"from":"setup","n":1}
//! metric: in_setup 1
//! point: in_setup{group=::setup} 1
//! case: a setup that fails says so and hurts nobody
//! run: --address $API --paused --no-setup --no-teardown -e FAIL=1
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":4}}}
//! ask: POST /v1/setup => 500 {"errors":[{"status":"500","title":"Error executing setup","detail":"*"}]}
//! ask: POST /v1/setup => 500 no setup today
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false}}} => 200
//! log: x2 got undefined
//! case: one that takes too long is cut off
//! run: --address $API --paused --no-setup --no-teardown -e SLOW=1
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":4}}}
//! ask: POST /v1/setup => 500 setup() took too long
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false}}} => 200
//! log: x2 got undefined
//! took: <20
//! case: an interrupt cuts it off
//! run: --address $API --paused --no-setup -e SLOW=1 -e SETUP_TIMEOUT=1h
//! signal: INT after setup runs
//! exit: 105
//! until: GET /v1/status => 200 {"data":{"attributes":{"status":4}}}
//! ask: POST /v1/setup => 500 Error executing setup
//! took: <20
import { sleep } from 'k6';
import { Counter } from 'k6/metrics';
const inSetup = new Counter('in_setup');
export const options = { vus: 1, iterations: 2, setupTimeout: __ENV.SETUP_TIMEOUT || '2s' };
export function setup() {
  console.log('setup runs');
  inSetup.add(1);
  if (__ENV.FAIL) {
    throw new Error('no setup today');
  }
  if (__ENV.SLOW) {
    sleep(3600);
  }
  return { from: 'setup', n: 1 };
}
export default function (data) {
  sleep(0.5);
  console.log(`got ${JSON.stringify(data)}`);
}
export function teardown(data) {
  console.log(`teardown ${JSON.stringify(data)}`);
}
