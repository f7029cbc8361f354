//! rule: api 2 typed arrays are there as in every engine, though they are made when they are first looked at
//! case: names
//! with: 0
//! checks: 9
//! case: bytes-of-a-module-first
//! with: 1
//! checks: 9
import http from 'k6/http';
import encoding from 'k6/encoding';
import { check } from 'k6';
export default function () {
  const first = '__WITH__' === '1' ? encoding.b64decode('AQID') : new Uint8Array([1, 2, 3]).buffer;
  const body = http.get(`${__ENV.TARGET}/bytes?n=3`, { responseType: 'binary' }).body;
  check(null, {
    'a buffer': () => first instanceof ArrayBuffer && first.byteLength === 3,
    'of a module': () => body instanceof ArrayBuffer && !ArrayBuffer.isView(body),
    'views': () => [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array]
      .every((kind) => new kind(2).length === 2 && Object.getPrototypeOf(kind) === Object.getPrototypeOf(Uint8Array)),
    'text of one': () => new Uint8Array(first).toString() === '1,2,3' && Object.prototype.toString.call(new Uint8Array(1)) === '[object Uint8Array]',
    'data view': () => new DataView(first).getUint16(0) === 0x0102,
    'not enumerable': () => !Object.keys(globalThis).includes('Uint8Array') && 'Uint8Array' in globalThis,
    'the same each time': () => globalThis.ArrayBuffer === ArrayBuffer && ArrayBuffer === first.constructor,
    'can be replaced': () => { const own = Float32Array; globalThis.Float32Array = 5; const is = Float32Array === 5; globalThis.Float32Array = own; return is; },
    'absent as in k6': () => typeof SharedArrayBuffer === 'undefined' && typeof Atomics === 'undefined' && typeof WeakRef === 'undefined',
  });
}
