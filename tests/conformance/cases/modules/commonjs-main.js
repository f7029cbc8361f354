//! rule: api 2.6 a CommonJS main script exports options, default and setup as properties; require is relative to the caller
//! checks: 8
//! metric: iterations 2
//! log: x1 teardown 1
const k6 = require('k6');
const http = require('k6/http');
const { sub, deep, http: theirs } = require('./sub/lib.js');
const es = require('./es.js');
let nullish;
try { require('./null.js'); } catch (e) { nullish = e; }
http.get = () => 'wrapped';
exports.options = { vus: 1, iterations: 2 };
exports.setup = function () { return { n: 1 }; };
exports.default = function (data) {
  let late;
  try { require('./es.js'); } catch (e) { late = e; }
  k6.check(data, {
    data: (d) => d.n === 1,
    'relative to the calling file': () => sub === 1 && deep === 2,
    'namespace of a module': () => es.default === 'd' && es.name === 'n' && late instanceof Error && nullish instanceof Error,
    'the module object is shared': () => theirs.get() === 'wrapped' && http.get === theirs.get,
  });
};
exports.teardown = function (data) { console.log('teardown ' + data.n); };
//@ file: sub/lib.js
exports.sub = 1;
exports.deep = require('../deep.js').deep;
exports.http = require('k6/http');
//@ file: deep.js
exports.deep = 2;
//@ file: es.js
export default 'd';
export const name = 'n';
//@ file: null.js
module.exports = null;
