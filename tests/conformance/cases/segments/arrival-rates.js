//! rule: engine 3.4 arrival rates: all workers together start one iteration per due time; a worker's share is its share of maxVUs
//! with: 10
//! case: three equal workers and 10 VUs, the first: at 0, 300, 500, 800 ms
//! run: --execution-segment 0:1/3 --execution-segment-sequence 0,1/3,2/3,1
//! order: start 0, | start 3, | start 5, | start 8,
//! checks: 4
//! case: the second
//! run: --execution-segment 1/3:2/3 --execution-segment-sequence 0,1/3,2/3,1
//! order: start 1, | start 4, | start 7,
//! checks: 3
//! case: the third
//! run: --execution-segment 2/3:1 --execution-segment-sequence 0,1/3,2/3,1
//! order: start 2, | start 6, | start 9,
//! checks: 3
//! case: four equal workers and 10 VUs (3 3 2 2), the first
//! run: --execution-segment 0:1/4 --execution-segment-sequence 0,1/4,2/4,3/4,1
//! order: start 0, | start 4, | start 7,
//! checks: 3
//! case: the third of four
//! run: --execution-segment 2/4:3/4 --execution-segment-sequence 0,1/4,2/4,3/4,1
//! order: start 2, | start 6,
//! checks: 2
//! case: the last of four
//! run: --execution-segment 3/4:1 --execution-segment-sequence 0,1/4,2/4,3/4,1
//! order: start 3, | start 9,
//! checks: 2
//! case: five equal workers and 7 VUs (2 2 1 1 1), the last
//! run: --execution-segment 4/5:1 --execution-segment-sequence 0,1/5,2/5,3/5,4/5,1
//! with: 7
//! order: start 6,
//! checks: 1
//! case: four equal workers and 3 VUs, the last has no work
//! run: --execution-segment 3/4:1 --execution-segment-sequence 0,1/4,2/4,3/4,1
//! with: 3
//! metric: iterations absent
//! metric: dropped_iterations absent
import { check } from 'k6';
import exec from 'k6/execution';
const vus = __WITH__;
export const options = {
  scenarios: { open: { executor: 'constant-arrival-rate', rate: 10, duration: '1s', preAllocatedVUs: vus, maxVUs: vus } },
};
export default function () {
  const n = exec.scenario.iterationInTest;
  const at = Date.now() - exec.scenario.startTime;
  console.log(`start ${n}, at ${at}`);
  check(at, { 'not early': (at) => at >= n * 100 - 2 });
}
