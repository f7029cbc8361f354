//! rule: engine 3.4, 2.7 vu.idInTest by the plain sequence, __VU and vu.idInInstance from 1; VUs are divided, iterations per VU are not
//! case: the first of three has four of ten VUs
//! run: --execution-segment 0:1/3 --execution-segment-sequence 0,1/3,2/3,1
//! metric: iterations 8
//! log: x2 VU 1 is 1 of the test
//! log: x2 VU 2 is 4 of the test
//! log: x2 VU 3 is 7 of the test
//! log: x2 VU 4 is 10 of the test
//! case: the second has three
//! run: --execution-segment 1/3:2/3 --execution-segment-sequence 0,1/3,2/3,1
//! metric: iterations 6
//! log: x2 VU 1 is 2 of the test
//! log: x2 VU 2 is 5 of the test
//! log: x2 VU 3 is 8 of the test
import exec from 'k6/execution';
export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: 10, iterations: 2 } } };
export default function () {
  if (exec.vu.idInInstance !== __VU) throw new Error('two ids');
  console.log(`VU ${__VU} is ${exec.vu.idInTest} of the test`);
}
