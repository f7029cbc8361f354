//! rule: engine 7: /v1/metrics and /v1/groups have what the run has measured so far
//! run: --address $API --linger --quiet
//! signal: INT after @@all done
//! exit: 99
//! until: GET /v1/metrics/iterations => 200 {"data":{"type":"metrics","id":"iterations","attributes":{"type":"counter","contains":"default","tainted":null,"sample":{"count":3,"rate":"*"}}}}
//! ask: GET /v1/metrics => 200 {"data":[{"type":"metrics","id":"iterations"},{"id":"made","attributes":{"type":"trend","contains":"time","tainted":false,"sample":{"avg":20,"min":10,"med":"*","max":30,"p(90)":"*","p(95)":"*"}}},{"id":"share","attributes":{"type":"rate","sample":{"rate":1}}},{"id":"level","attributes":{"type":"gauge","sample":{"value":"*"}}}]}
//! ask: GET /v1/metrics/made => 200 {"data":{"id":"made","attributes":{"sample":{"max":30}}}}
//! ask: GET /v1/metrics/made%7Bn:b%7D => 200 {"data":{"id":"made{n:b}","attributes":{"type":"trend","tainted":true,"sample":{"avg":20,"max":20}}}}
//! ask: GET /v1/metrics/nobody => 404 {"errors":[{"status":"404","title":"Not Found","detail":"No metric with that ID was found"}]}
//! ask: GET /v1/groups => 200 {"data":[{"type":"groups","id":"d41d8cd98f00b204e9800998ecf8427e","attributes":{"path":"","name":"","checks":null},"relationships":{"groups":{"data":[{"type":"groups","id":"c34b428ee7255085dfe7fef53d3394d5"}]},"parent":{"data":null}}}]}
//! ask: GET /v1/groups/b6c425bc7b9e3d21a2d56ce7a6de3614 => 200 {"data":{"type":"groups","id":"b6c425bc7b9e3d21a2d56ce7a6de3614","attributes":{"path":"::outer::inner","name":"inner","checks":[{"id":"9547ec37a082076beadd166beba192c9","path":"::outer::inner::n is small","name":"n is small","passes":2,"fails":1}]},"relationships":{"groups":{"data":[]},"parent":{"data":{"type":"groups","id":"c34b428ee7255085dfe7fef53d3394d5"}}}}}
//! ask: GET /v1/groups/nobody => 404 {"errors":[{"status":"404"}]}
//! log: @@all done
import { check, group, sleep } from 'k6';
import { Trend, Rate, Gauge } from 'k6/metrics';
import exec from 'k6/execution';
export const options = {
  vus: 1,
  iterations: 3,
  thresholds: { made: ['max<100'], 'made{n:b}': ['max<5'] },
};
const made = new Trend('made', true);
const share = new Rate('share');
const level = new Gauge('level');
export default function () {
  const n = exec.scenario.iterationInTest;
  made.add(10 * (n + 1), { n: 'abc'[n] });
  share.add(1);
  level.add(n);
  group('outer', () => group('inner', () => check(n, { 'n is small': (n) => n < 2 })));
}
export function teardown() {
  sleep(2);
  console.log('@@all done');
}
