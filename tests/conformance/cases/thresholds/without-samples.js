//! rule: engine 4.4 metrics without samples: counters, gauges and trends are 0, rates always pass
//! case: these hold
//! with: { my_trend: ['avg<1', 'p(95)<1'], my_counter: ['count<1', 'rate<1'], my_gauge: ['value<1'], my_rate: ['rate>0.9', 'rate<0.1'] }
//! case: a trend
//! with: { my_trend: ['avg>1'] }
//! exit: 99
//! case: a counter
//! with: { my_counter: ['count>0'] }
//! exit: 99
//! case: a gauge
//! with: { my_gauge: ['value>0'] }
//! exit: 99
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
new Trend('my_trend');
new Counter('my_counter');
new Gauge('my_gauge');
new Rate('my_rate');
export const options = { thresholds: __WITH__ };
export default function () {}
