//! rule: engine 5.3, 5.4: --summary-export in both machine forms
//! exit: 99
//! case: the old one
//! run: --summary-export s.json
//! file json: s.json {"metrics":{"iterations":{"count":4,"rate":"*"},"orders":{"count":8,"rate":"*","thresholds":{"count>100":true,"count>1":false}},"wait":{"avg":1.5,"min":0,"max":3,"med":"*","p(90)":"*","p(95)":"*"},"wait{kind:a}":{"max":3},"checks":{"value":0.75,"passes":3,"fails":1},"level":{"value":"*","min":0,"max":3}},"root_group":{"name":"","path":"","id":"d41d8cd98f00b204e9800998ecf8427e","groups":{"outer":{"name":"outer","path":"::outer","id":"c34b428ee7255085dfe7fef53d3394d5","groups":{},"checks":{"small":{"name":"small","path":"::outer::small","id":"*","passes":3,"fails":1}}}},"checks":{}},"setup_data":{"a":1}}
//! case: the new one
//! run: --summary-export s.json --new-machine-readable-summary
//! file json: s.json {"version":"1.0.0","metadata":{"generated_at":"*","k6_version":"*"},"config":{"script":"*","execution":"local","duration":"*"},"results":{"metrics":[{"name":"iterations","type":"counter","contains":"default","values":{"count":4}},{"name":"wait","type":"trend","contains":"default","values":{"avg":1.5,"min":0,"max":3,"p90":"*","p95":"*"}},{"name":"level","type":"gauge","values":{"min":0,"max":3}}],"checks":{"results":[{"name":"small","passes":3,"fails":1}]}}}
import { check, group } from 'k6';
import { Counter, Gauge, Trend } from 'k6/metrics';
import exec from 'k6/execution';
const orders = new Counter('orders');
const wait = new Trend('wait');
const level = new Gauge('level');
export const options = {
  vus: 1,
  iterations: 4,
  thresholds: { orders: ['count>100', 'count>1'], 'wait{kind:a}': ['max<100'] },
};
export function setup() {
  return { a: 1 };
}
export default function () {
  const n = exec.scenario.iterationInTest;
  orders.add(2);
  wait.add(n, { kind: 'a' });
  level.add(n);
  group('outer', () => check(n, { small: (n) => n < 3 }));
}
