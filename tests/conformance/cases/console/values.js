//! rule: api 4 how console shows values
//! log: msg="a b 1 true null undefined"
//! log: msg="{ a: [ 1, \"x\", null ], d: \"1970-01-01T00:00:00.000Z\" }"
//! log: msg="{ u: null, n: { deep: [ { x: 1 } ] } }"
//! log: x2 msg="[object Function]"
//! log: msg="{ f: [object Function] }"
//! log: msg="{ self: [Circular] }"
//! log: msg="Error: broken"
//! log: msg="TypeError: typed"
//! log: msg="0 -1 1.5 1e+21 NaN Infinity"
//! log: msg=10
//! log: msg="{} {} {} []"
//! log: msg="Uint8Array(2) [ 0, 0 ]"
//! log: msg="ArrayBuffer { [Uint8Contents]: <00 01>, byteLength: 2 }"
//! log: msg="\"1970-01-01T00:00:00.000Z\""
//! log: msg="[ \"s\" ]"
//! log: msg=marked
//! log: msg="" source=console
//! log: msg="with \"quotes\""
export default function () {
  console.log('a', 'b', 1, true, null, undefined);
  console.log({ a: [1, 'x', null], d: new Date(0) });
  console.log({ u: undefined, n: { deep: [{ x: 1 }] } });
  console.log(() => 1);
  console.log(class A {});
  console.log({ f() {} });
  const cycle = {}; cycle.self = cycle; console.log(cycle);
  console.log(new Error('broken'));
  console.log(new TypeError('typed'));
  console.log(-0, -1, 1.5, 1e21, NaN, Infinity);
  console.log(10n);
  console.log(new Map([[1, 2]]), new Set([1]), {}, []);
  console.log(new Uint8Array(2));
  console.log(new Uint8Array([0, 1]).buffer);
  console.log(new Date(0));
  console.log(['s']);
  console.log(String('marked'));
  console.log();
  console.log('with "quotes"');
}
