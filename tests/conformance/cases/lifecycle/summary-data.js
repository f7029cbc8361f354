//! rule: api 3.5 the shape of handleSummary's data
//! exit: 99
//! log: nothing wrong
//! no log: wrong:
import { check, group } from 'k6';
import crypto from 'k6/crypto';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
export const options = {
  vus: 1, iterations: 2,
  thresholds: { a_count: ['count>0', 'count<1000'], 'a_count{kind:odd}': ['count>=1'], a_rate: ['rate<0.1'] },
  summaryTrendStats: ['avg', 'max', 'count', 'p(99.9)'],
};
const count = new Counter('a_count'), gauge = new Gauge('a_gauge'), rate = new Rate('a_rate'), trend = new Trend('a_trend', true), unused = new Counter('unused');
export function setup() { return { from: 'setup' }; }
export default function () {
  count.add(2, { kind: __ITER % 2 ? 'odd' : 'even' });
  gauge.add(5 - __ITER);
  rate.add(__ITER);
  trend.add(10 * (__ITER + 1));
  check(1, { 'at root': true });
  group('outer', () => group('inner', () => check(1, { 'deep': () => __ITER === 0 })));
}
export function handleSummary(data) {
  const wrong = [];
  const text = (v) => JSON.stringify(v, (k, x) => (x && typeof x === 'object' && !Array.isArray(x) ? Object.fromEntries(Object.entries(x).sort()) : x));
  const same = (name, value, expected) => { if (text(value) !== text(expected)) wrong.push(`${name} ${JSON.stringify(value)}`); };
  const m = data.metrics;
  const sorted = (o) => Object.keys(o).sort();
  same('keys', sorted(data), ['metrics', 'options', 'root_group', 'setup_data', 'state']);
  same('setup_data', data.setup_data, { from: 'setup' });
  same('options', sorted(data.options), ['noColor', 'summaryTimeUnit', 'summaryTrendStats']);
  same('trend stats', data.options.summaryTrendStats, ['avg', 'max', 'count', 'p(99.9)']);
  same('unit', data.options.summaryTimeUnit, '');
  same('state', sorted(data.state), ['isStdErrTTY', 'isStdOutTTY', 'testRunDurationMs']);
  same('tty', [data.state.isStdErrTTY, data.state.isStdOutTTY, data.state.testRunDurationMs > 0], [false, false, true]);
  same('unused', m.unused, undefined);
  same('counter', [m.a_count.type, m.a_count.contains, sorted(m.a_count.values), m.a_count.values.count], ['counter', 'default', ['count', 'rate'], 4]);
  same('threshold', m.a_count.thresholds, { 'count>0': { ok: true }, 'count<1000': { ok: true } });
  same('sub-metric', [m['a_count{kind:odd}'].values.count, m['a_count{kind:odd}'].thresholds], [2, { 'count>=1': { ok: true } }]);
  same('gauge', [m.a_gauge.type, m.a_gauge.values.value, m.a_gauge.values.min, m.a_gauge.values.max], ['gauge', 4, 4, 5]);
  same('rate', [m.a_rate.type, m.a_rate.values.rate, m.a_rate.values.passes, m.a_rate.values.fails, m.a_rate.thresholds], ['rate', 0.5, 1, 1, { 'rate<0.1': { ok: false } }]);
  same('trend', [m.a_trend.type, m.a_trend.contains, sorted(m.a_trend.values), m.a_trend.values.avg, m.a_trend.values.max, m.a_trend.values.count], ['trend', 'time', ['avg', 'count', 'max', 'p(99.9)'], 15, 20, 2]);
  same('no thresholds', m.a_trend.thresholds, undefined);
  same('iterations', m.iterations.values.count, 2);
  same('data', [m.data_sent.type, m.data_sent.contains, m.data_sent.values.count, m.data_received.values.count], ['counter', 'data', 0, 0]);
  same('time', [m.iteration_duration.type, m.iteration_duration.contains], ['trend', 'time']);
  same('checks', [m.checks.type, m.checks.values.passes, m.checks.values.fails], ['rate', 3, 1]);
  const root = data.root_group;
  same('root', [root.name, root.path, root.id, sorted(root)], ['', '', crypto.md5('', 'hex'), ['checks', 'groups', 'id', 'name', 'path']]);
  same('root check', root.checks, [{ name: 'at root', path: '::at root', id: crypto.md5('::at root', 'hex'), passes: 2, fails: 0 }]);
  const inner = root.groups.find((g) => g.name === 'outer').groups[0];
  same('groups', [root.groups.find((g) => g.name === 'outer').path, inner.path, inner.id], ['::outer', '::outer::inner', crypto.md5('::outer::inner', 'hex')]);
  same('inner check', [inner.checks[0].path, inner.checks[0].passes, inner.checks[0].fails], ['::outer::inner::deep', 1, 1]);
  for (const line of wrong) console.log('wrong: ' + line);
  if (wrong.length === 0) console.log('nothing wrong');
  return {};
}
