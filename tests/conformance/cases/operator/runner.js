//! rule: engine 10.2: a runner's command line, its probes, and the starter's request
//! case: one of one
//! shell: exec k6 run --quiet script.js --address=$API --paused --tag instance_id=1 --tag testrun_name=shop --out json=points.json
//! until: GET /v1/status => 200 {"data":{"attributes":{"paused":true,"status":4}}}
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false,"stopped":false},"id":"default","type":"status"}} => 200 {"data":{"type":"status"}}
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false,"stopped":false},"id":"default","type":"status"}} => 200
//! point: made{instance_id=1,testrun_name=shop} 8
//! case: the second of four
//! shell: exec k6 run --quiet --execution-segment=1/4:2/4 --execution-segment-sequence=0,1/4,2/4,3/4,1 --tag mine=yes script.js --address=$API --paused --tag instance_id=2 --tag job_name=shop --out json=points.json
//! until: GET /v1/status => 200 {"data":{"attributes":{"paused":true,"status":4}}}
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false,"stopped":false},"id":"default","type":"status"}} => 200
//! point: made{instance_id=2,job_name=shop,mine=yes} 2
//! log: x2 ordinal
//! case: the stopper ends it
//! shell: exec k6 run --quiet script.js --address=$API --paused --tag instance_id=1 --tag testrun_name=shop
//! exit: 103
//! until: GET /v1/status => 200 {"data":{"attributes":{"paused":true,"status":4}}}
//! ask: PATCH /v1/status {"data":{"attributes":{"paused":false,"stopped":true},"id":"default","type":"status"}} => 200 {"data":{"attributes":{"stopped":true}}}
//! case: a crossed threshold is a failed job
//! shell: exec k6 run --quiet script.js --address=$API --tag instance_id=1 -e LIMIT=1
//! exit: 99
//! log: thresholds on metrics 'made' have been crossed
//! case: an address that is taken
//! shell: exec k6 run --quiet script.js --address=256.0.0.1:1
//! exit: 106
import { Counter } from 'k6/metrics';
import exec from 'k6/execution';
const made = new Counter('made');
export const options = {
  scenarios: { s: { executor: 'shared-iterations', vus: 4, iterations: 8 } },
  thresholds: __ENV.LIMIT ? { made: [`count<${__ENV.LIMIT}`] } : {},
};
export default function () {
  made.add(1);
  console.log(`ordinal ${exec.scenario.iterationInTest}`);
}
