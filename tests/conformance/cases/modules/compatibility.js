//! rule: api 2.2 --compatibility-mode: extended has `global`, base has not, experimental_enhanced does nothing, others 255
//! case: default
//! log: global is object
//! case: extended
//! run: --compatibility-mode extended
//! log: global is object
//! case: base
//! run: --compatibility-mode base
//! log: global is undefined
//! case: base-by-environment
//! env: K6_COMPATIBILITY_MODE=base
//! log: global is undefined
//! case: enhanced
//! run: --compatibility-mode experimental_enhanced
//! log: global is object
//! case: other
//! run: --compatibility-mode es6
//! exit: 255
//! log: es6
//! no log: global is
export default function () {
  console.log('global is ' + typeof global + (typeof global === 'object' && global !== globalThis ? ' of its own' : ''));
}
