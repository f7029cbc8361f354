//! rule: api 10 k6/encoding: variants, bytes, text, bad input
//! checks: 8
import { check } from 'k6';
import encoding, { b64decode, b64encode } from 'k6/encoding';
function thrown(run) { try { run(); } catch (e) { return e; } }
const bytes = new Uint8Array([0xfb, 0xff, 0xfe]);
export default function () {
  check(null, {
    std: () => b64encode('hello') === 'aGVsbG8=' && encoding.b64encode('ä') === 'w6Q=',
    variants: () => b64encode(bytes) === '+//+' && b64encode(bytes.buffer, 'url') === '-__-' && b64encode('hello', 'rawstd') === 'aGVsbG8' && b64encode('hello', 'rawurl') === 'aGVsbG8' && b64encode('hello', 'url') === 'aGVsbG8=',
    'unknown is std': () => b64encode('hello', 'nothing') === 'aGVsbG8=',
    decode: () => { const b = b64decode('aGVsbG8='); return b instanceof ArrayBuffer && b.byteLength === 5 && new Uint8Array(b)[0] === 104; },
    text: () => b64decode('aGVsbG8=', 'std', 's') === 'hello' && b64decode('aGVsbG8', 'rawstd', 's') === 'hello' && b64decode('-__-', 'url').byteLength === 3,
    'round trip': () => b64decode(b64encode('ü€😀'), 'std', 's') === 'ü€😀',
    'bad input': () => thrown(() => b64decode('!!!')) instanceof Error && thrown(() => b64decode('aGVsbG8', 'std')) instanceof Error && thrown(() => b64decode('aGVsbG8=', 'rawstd')) instanceof Error,
    'bad data': () => thrown(() => b64encode(5)) instanceof Error && thrown(() => b64encode({})) instanceof Error && thrown(() => b64encode(null)) instanceof Error,
  });
}
