//! rule: api 5 randomSeed: the same seed gives the same numbers, each VU alike; without it VUs differ
//! case: seeded
//! with: randomSeed(42);
//! run: --vus 2 --iterations 2
//! log: x2 first seeded
//! no log: other
//! checks: 2
//! case: unseeded
//! with: ;
//! run: --vus 2 --iterations 2
//! log: x2 first
//! checks: 2
import { check, randomSeed } from 'k6';
import { SharedArray } from 'k6/data';
__WITH__
const first = [Math.random(), Math.random()];
const fixed = new SharedArray('first', () => [first]);
const seeded = fixed[0][0] === first[0] && fixed[0][1] === first[1];
export default function () {
  console.log(`first ${seeded ? 'seeded' : 'other'}`);
  randomSeed(7);
  const a = [Math.random(), Math.random()];
  randomSeed(7);
  const b = [Math.random(), Math.random()];
  randomSeed(8);
  check(null, { same: () => a.join() === b.join() && a[0] !== Math.random() && a.every((x) => x >= 0 && x < 1) });
}
