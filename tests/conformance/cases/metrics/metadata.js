//! rule: api 9, engine 6.1 vu.metrics.metadata reaches outputs that write each sample, and no series
//! point: counted{trace=abc} 1
//! point: http_reqs{trace=abc} 1
//! point: counted{trace=} 0
//! point: counted 2
//! checks: 3
import http from 'k6/http';
import exec from 'k6/execution';
import { check } from 'k6';
import { Counter } from 'k6/metrics';
const counted = new Counter('counted');
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  const metadata = exec.vu.metrics.metadata;
  metadata.trace = 'abc';
  counted.add(1);
  http.get(`${__ENV.TARGET}/get`);
  check(metadata, { read: (m) => m.trace === 'abc' && 'trace' in m && Object.keys(m).join() === 'trace', refused: (m) => thrown(() => { m.bad = {}; }) instanceof TypeError });
  delete metadata.trace;
  counted.add(1);
  check(metadata, { gone: (m) => m.trace === undefined });
}
