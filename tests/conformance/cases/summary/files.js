//! rule: engine 5.1, 5.3, 5.4 the summary as a file: the old form, the new one, none
//! exit: 99
//! case: thresholds are true where they are crossed
//! run: --summary-export summary.json
//! file: summary.json "avg<1": true
//! file: summary.json "max<100": false
//! file: summary.json "path": "::outer::fine"
//! file: summary.json "id": "d41d8cd98f00b204e9800998ecf8427e"
//! file: summary.json "setup_data": {
//! out: █ TOTAL RESULTS
//! case: by the environment
//! env: K6_SUMMARY_EXPORT=summary.json
//! file: summary.json "root_group": {
//! case: the new machine form
//! run: --summary-export summary.json --new-machine-readable-summary
//! file: summary.json "version": "1.0.0"
//! file: summary.json "execution": "local"
//! file: summary.json "name": "checks_succeeded"
//! case: none
//! run: --summary-mode disabled --summary-export summary.json
//! no file: summary.json
//! no out: TOTAL RESULTS
//! case: none by the environment
//! env: K6_SUMMARY_MODE=disabled
//! no out: TOTAL RESULTS
import { check, group } from 'k6';
import { Trend } from 'k6/metrics';
const trend = new Trend('my_trend');
export const options = { thresholds: { my_trend: ['avg<1', 'max<100'] } };
export function setup() {
  return { a: 1 };
}
export default function () {
  trend.add(5);
  group('outer', () => check(1, { fine: () => true, bad: () => false }));
}
