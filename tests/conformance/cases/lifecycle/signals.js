//! rule: engine 9.1 the first signal: iterations are cut off at once, teardown and the summary run, 105
//! exit: 105
//! log: teardown ran
//! no log: finally ran
//! out: TOTAL RESULTS
//! took: <10
//! case: interrupt
//! signal: INT after iteration runs
//! log: received a 'interrupt' signal
//! case: terminate
//! signal: TERM after iteration runs
//! log: received a 'terminated' signal
import { sleep } from 'k6';
export const options = { vus: 1, duration: '60s' };
export default function () {
  console.log('iteration runs');
  try {
    sleep(50);
  } finally {
    console.log('finally ran');
  }
}
export function teardown() {
  console.log('teardown ran');
}
