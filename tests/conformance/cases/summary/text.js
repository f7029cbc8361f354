//! rule: engine 5.1, 5.2 the end-of-test text
//! exit: 99
//! out: █ THRESHOLDS
//! out: ✓ 'avg<21' avg=15.25
//! out: ✗ 'max<5' max=30
//! out: {a:b}
//! out: ✗ 'avg<1' avg=1
//! out: checks_succeeded...: 50.00% 2 out of 4
//! out: checks_failed......: 50.00% 2 out of 4
//! out: ↳  50% — ✓ 1 / ✗ 1
//! out: ↳  0% — ✓ 0 / ✗ 1
//! out: ✓ deep
//! out: my_rate..............: 66.66% 2 out of 3
//! out: my_gauge.............: 3      min=3
//! case: compact
//! no out: GROUP: 
//! no out: http_req_blocked
//! case: full, with groups and scenarios
//! run: --summary-mode full
//! out: █ GROUP: outer
//! out: ↳ GROUP: inner
import { check, group } from 'k6';
import { Gauge, Rate, Trend } from 'k6/metrics';
const [trend, gauge, rate] = [new Trend('my_trend'), new Gauge('my_gauge'), new Rate('my_rate')];
export const options = { thresholds: { my_trend: ['avg<21', 'max<5'], 'my_trend{a:b}': ['avg<1'] } };
export default function () {
  for (const value of [10, 20, 30]) trend.add(value);
  trend.add(1, { a: 'b' });
  gauge.add(7);
  gauge.add(3);
  for (const value of [1, 0, 1]) rate.add(value);
  check(1, { one: (x) => x === 1, two: (x) => x === 2 });
  group('outer', () => {
    check(1, { one: () => false });
    group('inner', () => check(1, { deep: () => true }));
  });
}
