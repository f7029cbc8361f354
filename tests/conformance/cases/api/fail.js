//! rule: api 5 fail throws; the iteration counts as complete
//! metric: iterations 3
//! log: x1 level=error msg="GoError: own words
//! log: x1 caught own words
//! exit: 0
import { fail } from 'k6';
export const options = { iterations: 3 };
export default function () {
  if (__ITER === 0) fail('own words');
  if (__ITER === 1) { try { fail('own words'); } catch (e) { console.log('caught ' + e.message); } }
  if (__ITER === 2) fail();
}
