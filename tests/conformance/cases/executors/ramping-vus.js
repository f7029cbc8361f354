//! rule: engine 2.5 ramping-vus: steps up at E - D(b-k)/(b-a), down likewise, R is the last step
//! case: up
//! with: {executor: 'ramping-vus', startVUs: 0, stages: [{duration: '2s', target: 4}], gracefulStop: '0s'}
//! order: a VU at 5 | a VU at 10 | a VU at 15
//! metric: vus.max 2..4
//! took: 2..3
//! case: trailing stages of nothing are cut off
//! with: {executor: 'ramping-vus', startVUs: 0, stages: [{duration: '1s', target: 4}, {duration: '1s', target: 0}, {duration: '3s', target: 0}]}
//! order: a VU at 2 | a VU at 5 | a VU at 7 | a VU at 10
//! log: x4 a VU at
//! took: 2..3
//! out: max duration (incl. graceful stop)
//! out: 32s max duration
//! case: a jump
//! with: {executor: 'ramping-vus', startVUs: 1, stages: [{duration: '500ms', target: 1}, {duration: '0s', target: 3}, {duration: '500ms', target: 3}]}
//! order: a VU at 0 | a VU at 5 | a VU at 5
//! log: x3 a VU at
//! took: 1..2
//! case: all at once
//! with: {executor: 'ramping-vus', startVUs: 5, stages: [{duration: '500ms', target: 5}]}
//! log: x5 a VU at 0
import { sleep } from 'k6';
import exec from 'k6/execution';
export const options = { scenarios: { r: __WITH__ } };
export default function () {
  if (exec.vu.iterationInScenario === 0) console.log(`a VU at ${Math.floor((Date.now() - exec.scenario.startTime + 2) / 100)}`);
  sleep(0.05);
}
