//! rule: api 9, 17 vu.metrics.tags: a live map; persists over iterations of a scenario, reset in the next
//! checks: 13
//! point: counted{own=text,n=1,b=true,scenario=a} 2
//! point: counted{own=text,scenario=b} 0
//! point: counted{!own,scenario=b} 1
//! point: data_sent{own=text} 2
//! point: iteration_duration{own=text} 2
//! point: iterations{own=text} 2
//! point: counted{call=yes,own=over} 1
//! point: counted{run=r} 4
//! point: checks{group=renamed} 1
import { check, group } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
const counted = new Counter('counted');
export const options = {
  tags: { run: 'r' },
  scenarios: {
    a: { executor: 'per-vu-iterations', vus: 1, iterations: 2 },
    b: { executor: 'per-vu-iterations', vus: 1, iterations: 1, exec: 'b', startTime: '1s' },
  },
};
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  const tags = exec.vu.metrics.tags;
  if (__ITER === 0) {
    check(tags, {
      before: (t) => t.own === undefined && t.scenario === 'a' && t.group === '' && t.run === 'r',
      alias: () => { exec.vu.tags.x = 'y'; const same = tags.x === 'y'; delete tags.x; return same && tags.x === undefined && !('x' in exec.vu.tags); },
    });
    tags.own = 'text'; tags.n = 1; tags.b = true;
    check(tags, {
      stored: (t) => t.n === '1' && t.b === 'true',
      keys: (t) => ['b', 'group', 'n', 'own', 'run', 'scenario'].every((k) => Object.keys(t).includes(k)),
      has: (t) => 'own' in t && !('gone' in t),
      refused: (t) => [{}, [], null, undefined, () => 1].every((v) => thrown(() => { t.bad = v; }) instanceof TypeError),
      json: (t) => JSON.parse(JSON.stringify(t)).own === 'text',
      assign: (t) => Object.assign({}, t).own === 'text',
    });
    counted.add(1);
    counted.add(1, { call: 'yes', own: 'over' });
    group('g', () => { check(tags, { group: (t) => t.group === '::g' }); });
    tags.group = 'renamed';
    check(null, { system: true });
    tags.group = '';
  } else {
    check(tags, { persists: (t) => t.own === 'text' });
    counted.add(1);
  }
}
export function b() { counted.add(1); check(exec.vu.metrics.tags, { reset: (t) => t.own === undefined && t.scenario === 'b', metadata: () => { exec.vu.metrics.metadata.trace = 'abc'; return exec.vu.metrics.metadata.trace === 'abc'; } }); }
