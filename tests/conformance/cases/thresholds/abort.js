//! rule: engine 4.4, 9.1 abortOnFail stops the test with 99, teardown runs; delayAbortEval holds it back
//! exit: 99
//! log: teardown ran
//! case: at once
//! with: 0s
//! took: 1..8
//! case: after a delay
//! with: 3s
//! took: 3..12
import { sleep } from 'k6';
import { Trend } from 'k6/metrics';
const trend = new Trend('my_trend');
export const options = {
  vus: 1, duration: '60s',
  thresholds: { my_trend: [{ threshold: 'avg<1', abortOnFail: true, delayAbortEval: '__WITH__' }] },
};
export default function () {
  trend.add(5);
  sleep(0.1);
}
export function teardown() {
  console.log('teardown ran');
}
