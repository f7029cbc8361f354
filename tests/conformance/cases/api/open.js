//! rule: api 4, 20.12 open() is relative to the module that is being evaluated, import to the importing file
//! log: level=warning
//! checks: 4
import { check } from 'k6';
import { read, own } from './sub/helper.js';
const here = read('./data.txt');
const plain = open('./data.txt');
export default function () {
  check(null, {
    'a helper opens for its caller': () => here.trim() === 'outer',
    'a module opens beside itself': () => own.trim() === 'inner',
    'plain': () => plain === here,
    'text is UTF-8': () => typeof plain === 'string',
  });
}
//@ file: data.txt
outer
//@ file: sub/helper.js
export const own = open('./data.txt');
export function read(name) { return open(name); }
//@ file: sub/data.txt
inner
