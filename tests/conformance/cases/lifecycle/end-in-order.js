//! rule: engine 2.8, 9.3 the order of a run: setup, iterations, teardown, thresholds, the summary, the error line
//! exit: 99
//! order: from setup | from an iteration | from teardown | from the summary | thresholds on metrics
import { Counter } from 'k6/metrics';
const counter = new Counter('mine');
export const options = { thresholds: { mine: ['count>5'] } };
export function setup() { console.log('from setup'); }
export default function () { console.log('from an iteration'); counter.add(1); }
export function teardown() { console.log('from teardown'); counter.add(2); }
export function handleSummary(data) {
  console.log(`from the summary: ${data.metrics.mine.values.count}`);
  return {};
}
