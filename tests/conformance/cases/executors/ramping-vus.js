//! rule: engine 2.5 ramping-vus: steps up at E - D(b-k)/(b-a), down likewise, R is the last step
//! case: up
//! env: DUE=500,1000,1500
//! with: {executor: 'ramping-vus', startVUs: 0, stages: [{duration: '2s', target: 4}], gracefulStop: '0s'}
//! order: a VU at 500 | a VU at 1000 | a VU at 1500
//! metric: vus.max 2..4
//! took: 2..3
//! case: trailing stages of nothing are cut off
//! env: DUE=250,500,750,1000
//! with: {executor: 'ramping-vus', startVUs: 0, stages: [{duration: '1s', target: 4}, {duration: '1s', target: 0}, {duration: '3s', target: 0}]}
//! order: a VU at 250 | a VU at 500 | a VU at 750 | a VU at 1000
//! log: x4 a VU at
//! took: 2..3
//! out: max duration (incl. graceful stop)
//! out: 32s max duration
//! case: a jump
//! env: DUE=0,500
//! with: {executor: 'ramping-vus', startVUs: 1, stages: [{duration: '500ms', target: 1}, {duration: '0s', target: 3}, {duration: '500ms', target: 3}]}
//! order: a VU at 0 | a VU at 500 | a VU at 500
//! log: x3 a VU at
//! took: 1..2
//! case: all at once
//! env: DUE=0
//! with: {executor: 'ramping-vus', startVUs: 5, stages: [{duration: '500ms', target: 5}]}
//! log: x5 a VU at 0
import { sleep } from 'k6';
import exec from 'k6/execution';
export const options = { scenarios: { r: __WITH__ } };
// The instants at which VUs are due: one that comes a little late still belongs to its own, and none comes early.
const dues = __ENV.DUE.split(',').map(Number);
export default function () {
  const at = Date.now() - exec.scenario.startTime;
  if (exec.vu.iterationInScenario === 0) console.log(`a VU at ${dues.findLast((due) => due <= at + 2)}`);
  sleep(0.05);
}
