//! rule: api 8 SharedArray: made once, read-only, parsed anew at each access, an array to everyone
//! run: --vus 2 --iterations 4
//! log: x1 made
//! checks: 60
import { check } from 'k6';
import { SharedArray } from 'k6/data';
function thrown(run) { try { run(); } catch (e) { return e; } }
const users = new SharedArray('users', () => { console.log('made'); return [{ n: 1, deep: { list: [1, 2] } }, { n: 2 }, { n: 3, u: undefined, d: new Date(0) }]; });
const again = new SharedArray('users', () => { throw new Error('called'); });
const refused = [
  thrown(() => new SharedArray('', () => [])), thrown(() => new SharedArray('x', 5)), thrown(() => new SharedArray('y', async () => [])), thrown(() => new SharedArray('z', () => 'text')), thrown(() => new SharedArray('w', () => ({ length: 1 }))),
];
export default function () {
  check(users, {
    element: (s) => s[0].n === 1 && s[1].n === 2 && s.at(-1).n === 3,
    fresh: (s) => s[0] !== s[0],
    frozen: (s) => Object.isFrozen(s[0]) && Object.isFrozen(s[0].deep.list),
    range: (s) => s[3] === undefined && s[-1] === undefined,
    length: (s) => s.length === 3,
    iteration: (s) => { let n = 0; for (const u of s) n += u.n; return n === 6; },
    methods: (s) => s.map((u) => u.n).join() === '1,2,3' && s.filter((u) => u.n > 1).length === 2 && s.slice(1).length === 2 && s.find((u) => u.n === 2).n === 2 && s.reduce((a, u) => a + u.n, 0) === 6,
    spread: (s) => [...s].length === 3 && Object.keys(s).join() === '0,1,2',
    json: (s) => JSON.parse(JSON.stringify(s))[0].deep.list[1] === 2,
    'is array': (s) => Array.isArray(s) && s instanceof Array,
    'write throws': (s) => thrown(() => { s[0] = 1; }) instanceof TypeError && thrown(() => s.push(1)) instanceof TypeError && thrown(() => { s.length = 0; }) instanceof TypeError,
    'nested write throws': (s) => thrown(() => { s[0].n = 5; }) instanceof TypeError && thrown(() => { s[0].deep.list.push(3); }) instanceof TypeError,
    'same name': () => again[2].n === 3,
    refused: () => refused.every((e) => e instanceof Error),
    'not JSON': (s) => s[2].d === '1970-01-01T00:00:00.000Z' && s[2].u === undefined,
  });
}
