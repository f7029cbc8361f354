//! rule: engine 2.1, 2.3 startTime counts from the end of setup; a scenario's own 0 is when it starts
//! order: in setup | first at 0 | second at 6
//! checks: 1
//! took: 1.5..4
import { check, sleep } from 'k6';
import exec from 'k6/execution';
export const options = { scenarios: {
  first: { executor: 'per-vu-iterations', exec: 'first' },
  second: { executor: 'per-vu-iterations', exec: 'second', startTime: '600ms' } } };
export function setup() { console.log('in setup'); sleep(1); return Date.now(); }
export function first(end) { console.log(`first at ${Math.floor((Date.now() - end) / 100)}`); }
export function second(end) {
  console.log(`second at ${Math.floor((Date.now() - end) / 100)}`);
  check(null, { 'own 0': () => Date.now() - exec.scenario.startTime < 90 });
}
