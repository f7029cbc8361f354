//! rule: api 2.3 TypeScript in a file of another extension is a syntax error; so is JSON by import or require
//! case: types-in-js
//! with: const n: number = 1;
//! exit: 107
//! log: script.js
//! no log: never
//! case: json-import
//! with: import data from './data.json';
//! exit: 107
//! log: data.json
//! no log: never
//! case: json-require
//! with: const data = require('./data.json');
//! exit: 107
//! log: data.json
//! no log: never
//! case: attributes
//! with: import data from './data.json' with { type: 'json' };
//! exit: 107
//! no log: never
__WITH__
export default function () { console.log('never'); }
//@ file: data.json
{ "a": [1, 2] }
