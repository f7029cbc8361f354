//! rule: api 5 check: functions are called with the value, others taken as they are; truthy passes; result and samples
//! check: function 1/0
//! check: value true 1/0
//! check: value false 0/1
//! check: empty text 0/1
//! check: zero 0/1
//! check: NaN 0/1
//! check: null 0/1
//! check: undefined 0/1
//! check: array 1/0
//! check: object 1/0
//! check: text 1/0
//! check: promise 1/0
//! check: promise value 1/0
//! check: throws 0/1
//! check: tagged 1/0
//! check: results 1/0
//! check: refused 1/0
//! check: order 1/0
//! metric: checks.passes 13
//! metric: checks.fails 8
//! point: checks{check=tagged,a=b,n=1,t=true,group=} 1
//! point: checks{check=inherited} 0
//! point: checks{check=after} 0
import { check } from 'k6';
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  check(7, {
    function: (v) => v === 7, 'value true': true, 'value false': false, 'empty text': '', zero: 0, NaN: NaN, null: null, undefined: undefined,
    array: [], object: {}, text: 'x', promise: () => Promise.resolve(false), 'promise value': Promise.resolve(false),
  });
  const error = thrown(() => check(1, { throws: () => { throw new Error('inside'); }, after: true }));
  check(1, { tagged: true }, { a: 'b', n: 1, t: true });
  const order = [];
  check(1, { order: () => order.push(1), second: () => order.push(2) });
  check(null, {
    results: check(1, { ok: true }) === true && check(1, { ok2: false }) === false && check(1, {}) === true && check(undefined, Object.create({ inherited: true })) === true,
    refused: [
      () => check(1), () => check(1, null), () => check(1, { 'a::b': true }), () => check(1, { async: async () => true }),
      () => check(1, { x: true }, { t: null }), () => check(1, { x: true }, { t: {} }), () => check(1, { x: true }, { t: undefined }),
    ].every((run) => thrown(run) instanceof Error) && thrown(() => check(1, null)) instanceof TypeError && error.message === 'inside' && order.join() === '1,2',
  });
}
