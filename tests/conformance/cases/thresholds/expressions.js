//! rule: engine 4.1 expressions: methods by kind of metric, operators, numbers
//! case: they hold
//! with: { my_trend: ['avg<21', 'avg<=20', 'min==10', 'max===30', 'med==20', 'p(50)==20', 'p(90)<=28.1', 'avg!=3', ' avg < 21 ', 'avg<1e3', 'p(99.9)<31', 'p(0)<11', 'p<11'], my_counter: ['count==5', 'rate>0'], my_gauge: ['value==3'], my_rate: ['rate>0.6'] }
//! case: a trend
//! with: { my_trend: ['avg<20'] }
//! exit: 99
//! case: a counter
//! with: { my_counter: ['count>5'] }
//! exit: 99
//! case: a gauge is its last value
//! with: { my_gauge: ['value>3'] }
//! exit: 99
//! case: a rate
//! with: { my_rate: ['rate<0.6'] }
//! exit: 99
//! case: names are told in order
//! with: { my_trend: ['avg<1'], my_counter: ['count<1'] }
//! exit: 99
//! log: my_counter, my_trend
//! case: a submetric
//! with: { 'my_trend{a:b}': ['avg==10'], 'my_trend{ a : "b" }': ['max<11'], 'my_trend{c:d:e}': ['avg==20'] }
//! case: vu is no tag of series
//! with: { 'my_trend{vu:1}': ['avg<1'] }
//! log: level=warning
//! case: an empty list
//! with: { my_trend: [] }
//! case: keys that are not known
//! with: { my_trend: [{ threshold: 'avg<100', foo: 1 }] }
//! case: nothing is judged
//! run: --no-thresholds
//! with: { my_trend: ['avg<1', 'nonsense'] }
//! case: judged without a summary, too
//! run: --summary-mode=disabled
//! with: { my_trend: ['avg<1'] }
//! exit: 99
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
const [trend, counter, gauge, rate] = [new Trend('my_trend'), new Counter('my_counter'), new Gauge('my_gauge'), new Rate('my_rate')];
export const options = { thresholds: __WITH__ };
export default function () {
  trend.add(10, { a: 'b' });
  trend.add(20, { c: 'd:e' });
  trend.add(30);
  counter.add(2);
  counter.add(3);
  gauge.add(7);
  gauge.add(3);
  for (const value of [1, 0, 1]) rate.add(value);
}
