//! rule: api 2.3 the kind of a file is decided by its content, not its extension
//! checks: 7
import { check } from 'k6';
import cjs from './common.mjs';
import { named, whole } from './common.mjs';
import es, { also } from './module.cjs';
import replaced from './replaced.js';
import { a as lateName } from './late.js';
import nothing from './plain.js';
export default function () {
  check(null, {
    'default of CommonJS is its exports': () => cjs.named === 'n' && cjs.whole === 'w',
    'names of CommonJS': () => named === 'n' && whole === 'w',
    'a module by whatever extension': () => es === 'es' && also === 1,
    'module.exports = f': () => replaced() === 'called',
    'names known after it has run': () => lateName === 'late',
    'this is exports': () => cjs.this_is_exports === true,
    'a plain script exports nothing': () => typeof nothing === 'object' && Object.keys(nothing).length === 0,
  });
}
//@ file: common.mjs
exports.named = 'n';
module.exports.whole = 'w';
exports.this_is_exports = this === exports;
//@ file: module.cjs
export default 'es';
export const also = 1;
//@ file: replaced.js
module.exports = function () { return 'called'; };
//@ file: late.js
const key = 'a';
exports[key] = 'late';
//@ file: plain.js
var x = 1;
