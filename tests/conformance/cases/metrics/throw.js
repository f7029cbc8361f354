//! rule: api 7 under throw, a value that is no number throws
//! run: --throw
//! checks: 2
import { check } from 'k6';
import { Counter } from 'k6/metrics';
const counter = new Counter('a_counter');
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  check(null, { refused: thrown(() => counter.add('x')) instanceof Error && thrown(() => counter.add()) instanceof Error, fine: counter.add('4') === true });
}
