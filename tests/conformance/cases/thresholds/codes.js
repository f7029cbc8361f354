//! rule: engine 4.4, 9.2 a code that the run already has is kept: 107, 110 and 108 before 99
//! case: crossed
//! with: 0
//! exit: 99
//! case: setup threw
//! with: 1
//! exit: 107
//! case: test.fail
//! with: 2
//! exit: 110
//! case: test.abort
//! with: 3
//! exit: 108
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';
const trend = new Trend('my_trend');
export const options = { thresholds: { my_trend: ['avg>100'] } };
export function setup() {
  if (__WITH__ === 1) throw new Error('no');
}
export default function () {
  trend.add(1);
  if (__WITH__ === 2) exec.test.fail('no');
  if (__WITH__ === 3) exec.test.abort('no');
}
