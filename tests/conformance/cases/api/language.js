//! rule: api 2.1 the language up to ES2022 and what k6 has beyond it; everything is strict
//! checks: 45
import { check } from 'k6';

const awaited = await Promise.resolve(7);
class Point {
  #x = 1;
  static made = 0;
  static { Point.made = 5; }
  y = 2;
  get x() { return this.#x; }
  has(o) { return #x in o; }
}
class Near extends Point { constructor() { super(); this.z = 3; } }
function* three() { yield 1; yield* [2, 3]; }
function throws(run, kind) {
  try { run(); } catch (error) { return kind ? error instanceof kind : true; }
  return false;
}
export default async function () {
  const one = await new Promise((done) => setTimeout(() => done(1), 1));
  const settled = await Promise.allSettled([Promise.resolve(1), Promise.reject(new Error('no'))]);
  const any = await Promise.any([Promise.reject(1), Promise.resolve(2)]);
  const { a, ...rest } = { a: 1, b: 2, c: 3 };
  const symbol = { [Symbol.toPrimitive]: () => 42 };
  let left = null;
  left ??= 4;
  const caught = (() => { try { throw new Error('x', { cause: 'why' }); } catch (e) { return e.cause; } })();
  let quiet = 0;
  try { throw 1; } catch { quiet = 1; }
  const seen = [];
  const proxy = new Proxy({}, { get: (_, key) => { seen.push(key); return 1; } });
  proxy.any;
  check(null, {
    'top-level await': () => awaited === 7,
    'await': () => one === 1,
    'classes and private fields': () => new Near().x === 1 && new Near().z === 3 && new Point().has(new Near()),
    'static blocks': () => Point.made === 5,
    'destructuring and spread': () => a === 1 && rest.b === 2 && [...[1, 2], 3].length === 3 && { ...rest }.c === 3,
    'generators': () => [...three()].join() === '1,2,3',
    'optional chaining': () => undefined?.x === undefined && (() => 1)?.() === 1 && ({}).a?.b.c === undefined,
    'nullish': () => (null ?? 3) === 3 && left === 4,
    'power': () => 2 ** 10 === 1024,
    'separators': () => 1_000_000 === 1000000,
    'optional catch binding': () => quiet === 1,
    'BigInt': () => 2n ** 64n === 18446744073709551616n && typeof 1n === 'bigint',
    'Proxy': () => seen.join() === 'any',
    'Reflect': () => Reflect.ownKeys({ q: 1 }).join() === 'q' && Reflect.has({ q: 1 }, 'q'),
    'typed arrays': () => new Uint16Array([65537])[0] === 1 && new Float64Array(2).length === 2,
    'BigInt64Array': () => new BigInt64Array([5n])[0] === 5n && new BigUint64Array([-1n])[0] === 18446744073709551615n,
    'DataView': () => new DataView(new ArrayBuffer(8)).getInt32(0) === 0,
    'at': () => [1, 2].at(-1) === 2 && 'ab'.at(-1) === 'b',
    'flat': () => [1, [2, [3]]].flat(Infinity).join() === '1,2,3' && [1].flatMap((x) => [x, x]).length === 2,
    'hasOwn': () => Object.hasOwn({ q: 1 }, 'q'),
    'fromEntries': () => Object.fromEntries([['k', 1]]).k === 1 && Object.entries({ k: 1 })[0][1] === 1,
    'cause': () => caught === 'why',
    'replaceAll': () => 'aXbX'.replaceAll('X', '-') === 'a-b-',
    'matchAll': () => [...'a1b2'.matchAll(/\d/g)].map((m) => m[0]).join() === '1,2',
    'toSorted': () => [3, 1].toSorted().join() === '1,3',
    'findLast': () => [1, 2, 3].findLast((x) => x < 3) === 2,
    'lookbehind': () => '$42'.match(/(?<=\$)\d+/)[0] === '42',
    'named groups': () => '2026-11'.match(/(?<year>\d+)-(?<month>\d+)/).groups.month === '11',
    'sticky and dotAll': () => /a.b/s.test('a\nb') && /b/y.test('b') && !/b/y.test('ab'),
    'unicode': () => '😀'.length === 2 && [...'😀'].length === 1 && /^.$/u.test('😀'),
    'allSettled': () => settled.map((s) => s.status).join() === 'fulfilled,rejected',
    'any': () => any === 2,
    'eval': () => eval('1 + 1') === 2 && (0, eval)('typeof globalThis') === 'object',
    'new Function': () => new Function('a', 'b', 'return a * b')(6, 7) === 42,
    'template literals': () => `a${1 + 1}b` === 'a2b' && String.raw`\n` === '\\n',
    'tagged templates': () => ((s, ...v) => s.join('_') + v.join())`x${1}y${2}z` === 'x_y_z1,2',
    'Symbol.toPrimitive': () => +symbol === 42,
    'Map, Set and their weak kin': () => new Map([[1, 2]]).get(1) === 2 && new Set([1, 1]).size === 1 && new WeakMap() && new WeakSet(),
    'getters and setters': () => { const o = { set v(x) { this._v = x; }, get v() { return this._v * 2; } }; o.v = 2; return o.v === 4; },
    'labels': () => { outer: for (const i of [1, 2]) { for (const j of [1, 2]) { if (j === 2) continue outer; if (i === 2) break outer; } } return true; },
    'strict': () => (function () { return this; })() === undefined && throws(() => { undeclared_name = 1; }, ReferenceError),
    'frozen': () => throws(() => { Object.freeze({ q: 1 }).q = 2; }, TypeError),
    'globalThis': () => globalThis === (0, eval)('this') && global === globalThis,
    'JSON': () => JSON.stringify({ d: new Date(0), u: undefined, n: null }) === '{"d":"1970-01-01T00:00:00.000Z","n":null}',
    'number formats': () => (1234.5678).toFixed(2) === '1234.57' && (255).toString(16) === 'ff' && parseInt('0x1f') === 31,
  });
}
