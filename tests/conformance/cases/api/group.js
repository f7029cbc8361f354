//! rule: api 5, 20.2 group: result, nesting, tag of the inner group, also when fn throws
//! checks: 8
//! point: group_duration{group=::a} 1
//! point: group_duration{group=::a::b} 1
//! point: group_duration{group=::throws} 1
//! point: http_reqs{group=::a::b} 1
//! point: http_reqs{group=} 1
//! point: group_duration{group=} 0
//! check: a::b::deep 1/0
//! point: counted{group=::a} 1
import { check, group } from 'k6';
import http from 'k6/http';
import { Counter } from 'k6/metrics';
const counted = new Counter('counted');
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  const result = group('a', () => {
    counted.add(1);
    const inner = group('b', () => { http.get(`${__ENV.TARGET}/get`); check(1, { deep: true }); return 5; });
    check(null, { 'result of b': inner === 5 });
    return 'a';
  });
  http.get(`${__ENV.TARGET}/get`);
  const error = thrown(() => group('throws', () => { throw new Error('inside'); }));
  check(null, {
    result: result === 'a',
    error: error.message === 'inside',
    async: thrown(() => group('x', async () => {})) instanceof Error,
    colons: thrown(() => group('a::b', () => {})) instanceof Error,
    'no function': thrown(() => group('x')) instanceof Error,
    arguments: group('args', (...args) => args.length) === 0,
  });
}
