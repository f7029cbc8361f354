//! rule: api 3.3 setup's result is JSON, decoded once per VU and once for teardown; each VU keeps its own copy
//! exit: 0
//! log: seen null 1970-01-01T00:00:00Z [[\"k\",1]] [1,2] \"AQI=\" {} undefined
//! log: teardown 0
//! no log: mixed
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 3 } } };
export function setup() {
  return {
    count: 0, gone: undefined, date: new Date(0), map: new Map([['k', 1]]), set: new Set([1, 2]),
    bytes: new Uint8Array([1, 2]), buffer: new ArrayBuffer(2),
  };
}
export default function (data) {
  if (data.count !== __ITER) console.log(`mixed ${data.count} ${__ITER}`);
  data.count += 1;
  if (__ITER === 0 && __VU === 1) {
    console.log(['seen', JSON.stringify(data.gone), data.date, JSON.stringify(data.map), JSON.stringify(data.set), JSON.stringify(data.bytes), JSON.stringify(data.buffer), typeof data.never].join(' '));
  }
}
export function teardown(data) { console.log(`teardown ${data.count}`); }
