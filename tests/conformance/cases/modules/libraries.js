//! rule: api 2.6, 15 real libraries: UMD, CommonJS and ES modules by default, by name and as a namespace
//! copy: crates/script/tests/npm/lodash-4.17.21/lodash.min.js lodash.js
//! copy: crates/script/tests/npm/dayjs-1.11.13/dayjs.min.js dayjs.js
//! copy: crates/script/tests/npm/ajv-6.12.6/ajv.min.js ajv.js
//! copy: crates/script/tests/npm/ramda-0.30.1/ramda.min.js ramda.js
//! copy: crates/script/tests/npm/mustache-4.2.0/mustache.mjs mustache.mjs
//! copy: crates/script/tests/npm/papaparse-5.1.1/papaparse.js papaparse.js
//! checks: 12
import { check } from 'k6';
import _, { chunk } from './lodash.js';
import dayjs from './dayjs.js';
import Ajv from './ajv.js';
import * as R from './ramda.js';
import mustache from './mustache.mjs';
import papaparse from './papaparse.js';
const validate = new Ajv().compile({ type: 'object', required: ['id'], properties: { id: { type: 'integer' } } });
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 1 } } };
export default function () {
  check(null, {
    lodash: () => _.chunk === chunk && _.sortBy([3, 1, 2]).join() === '1,2,3' && _.template('hi <%= x %>')({ x: 1 }) === 'hi 1',
    dayjs: () => dayjs('2024-02-28').add(2, 'day').format('YYYY-MM-DD') === '2024-03-01',
    ajv: () => validate({ id: 5 }) === true && validate({ id: 'x' }) === false,
    ramda: () => R.pipe(R.map((n) => n * 10), R.sum)([1, 2]) === 30,
    mustache: () => mustache.render('{{#names}}<{{.}}>{{/names}}', { names: ['a', '&'] }) === '<a><&amp;>',
    papaparse: () => papaparse.parse('a,b\n1,"x, y"', { header: true }).data[0].b === 'x, y',
  });
}
