//! rule: api 2.6, 20.14 in an ES module `module` and `exports` throw, even under typeof; UMD probes come out undefined
//! checks: 5
import { check } from 'k6';
import umd from './umd.js';
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  check(null, {
    module: () => thrown(() => typeof module) instanceof Error && thrown(() => module.exports) instanceof Error,
    exports: () => thrown(() => typeof exports) instanceof Error,
    message: () => /ESM|CommonJS|CJS/i.test(thrown(() => module).message),
    probes: () => [typeof window, typeof self, typeof process, typeof Buffer, typeof define].every((t) => t === 'undefined'),
    umd: () => umd.kind === 'commonjs' && umd.factory === 1,
  });
}
//@ file: umd.js
(function (root, factory) {
  if (typeof define === 'function' && define.amd) define([], factory);
  else if (typeof module === 'object' && typeof exports !== 'undefined') module.exports = factory('commonjs');
  else root.Lib = factory('global');
})(typeof self !== 'undefined' ? self : this, function (kind) { return { kind: kind, factory: 1 }; });
