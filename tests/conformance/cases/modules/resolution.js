//! rule: api 2.4 paths are relative to the importing file; file:// is local; import.meta.resolve gives an absolute URL
//! checks: 8
import { check } from 'k6';
import { up, own } from './sub/inner.js';
import * as again from '././lib.js';
import { count } from './lib.js';
function thrown(run) { try { run(); } catch (e) { return e; } }
let dynamic;
export default async function () {
  try { await import('./lib.js'); } catch (e) { dynamic = e; }
  check(null, {
    'up and down': () => up === 'lib' && own === 'inner',
    'a file is evaluated once': () => again.count() === 1 && count === again.count,
    'meta.resolve': () => import.meta.resolve('./lib.js') === `file://${__ENV.ROOM}/lib.js`,
    'meta.resolve of a URL': () => import.meta.resolve('https://example.com/x.js') === 'https://example.com/x.js',
    'meta has only resolve': () => Object.keys(import.meta).join() === 'resolve' && import.meta.url === undefined,
    'namespace': () => Object.keys(again).sort().join() === 'count,name',
    'namespace is fixed': () => thrown(() => { again.name = 1; }) instanceof TypeError,
    'import() fails': () => dynamic instanceof Error,
  });
}
//@ file: lib.js
let n = 0;
n += 1;
export const name = 'lib';
export function count() { return n; }
//@ file: sub/inner.js
import { name } from '../lib.js';
export const up = name;
export const own = 'inner';
