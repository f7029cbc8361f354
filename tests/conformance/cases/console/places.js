//! rule: api 3.4 errors name the place in the user's file, in TypeScript and in imported files too
//! log: at inner (
//! log: lib.js:2:
//! log: script.js:
//! log: source=stacktrace
//! log: hint="script exception"
import { outer } from './lib.js';
export default function () { outer(); }
//@ file: lib.js
export function outer() { inner(); }
function inner() { throw new Error('deep'); }
