//! rule: api 2.4 a module or file that only `__VU > 0` asks for cannot be loaded
//! case: require
//! with: if (__VU > 0) { require('./lib.js'); }
//! exit: 107
//! log: lib.js
//! no log: never
//! case: open
//! with: if (__VU > 0) { open('./lib.js'); }
//! exit: 107
//! log: lib.js
//! no log: never
//! case: known
//! with: require('./lib.js'); open('./lib.js'); if (__VU > 0) { require('./lib.js'); open('./lib.js'); }
//! log: never
__WITH__
export default function () { console.log('never'); }
//@ file: lib.js
exports.a = 1;
