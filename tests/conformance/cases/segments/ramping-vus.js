//! rule: engine 3.4 ramping-vus: a worker's steps are those of the whole plan at which one of its ordinals enters or leaves
//! case: the first half of four VUs over 2 s
//! run: --execution-segment 0:1/2 --execution-segment-sequence 0,1/2,1
//! env: DUE=500,1500
//! order: a VU at 500 | a VU at 1500
//! log: x2 a VU at
//! log: id 1 of the test
//! log: id 3 of the test
//! case: the second half
//! run: --execution-segment 1/2:1 --execution-segment-sequence 0,1/2,1
//! env: DUE=1000,2000
//! order: a VU at 1000 | a VU at 2000
//! log: x2 a VU at
//! log: id 2 of the test
//! log: id 4 of the test
import { sleep } from 'k6';
import exec from 'k6/execution';
export const options = {
  scenarios: { r: { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '2s', target: 4 }, { duration: '400ms', target: 4 }] } },
};
const dues = __ENV.DUE.split(',').map(Number);
export default function () {
  const at = Date.now() - exec.scenario.startTime;
  if (exec.vu.iterationInScenario === 0) {
    console.log(`a VU at ${dues.findLast((due) => due <= at + 2)}, id ${exec.vu.idInTest} of the test`);
  }
  sleep(0.05);
}
