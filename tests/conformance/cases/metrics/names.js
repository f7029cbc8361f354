//! rule: api 7, 20.1 names of metrics, redeclaration, built-in names
//! checks: 9
//! metric: http_reqs 3
import { check } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
function thrown(run) { try { run(); } catch (e) { return e; } }
const refused = (name, kind = Counter, time) => thrown(() => new kind(name, time)) instanceof Error;
const seen = {
  short: refused('a') && !refused('ab') && refused('') && refused(undefined),
  long: !refused('x'.repeat(129)) && refused('x'.repeat(130)),
  letters: refused('a-b') && refused('1a') && refused('a b') && refused('a.b') && refused('ä_b') && !refused('_a1') && !refused('A_9'),
  again: !refused('ab') && !refused('ab'),
  'other kind': refused('ab', Gauge) && refused('ab', Trend) && refused('ab', Rate),
  'other contents': !refused('times', Trend, true) && refused('times', Trend) && refused('times', Trend, false) && !refused('times', Trend, true),
  'built-in': !refused('http_reqs') && refused('http_reqs', Trend) && !refused('checks', Rate) && !refused('http_req_duration', Trend, true) && refused('http_req_duration', Trend),
};
const own = new Counter('http_reqs');
const twice = new Counter('ab');
export default function () {
  own.add(3);
  twice.add(1);
  check(null, seen);
  check(null, { 'same metric': new Set([twice]).size === 1, 'still': true });
}
