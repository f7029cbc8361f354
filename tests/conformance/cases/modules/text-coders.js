//! rule: api 4 TextEncoder and TextDecoder: utf-8, utf-16le, utf-16be
//! checks: 5
import { check } from 'k6';
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  check(null, {
    encode: () => { const b = new TextEncoder().encode('ä€'); return b instanceof Uint8Array && b.join() === '195,164,226,130,172' && new TextEncoder().encoding === 'utf-8'; },
    decode: () => new TextDecoder().decode(new Uint8Array([195, 164])) === 'ä' && new TextDecoder('utf-8').decode(new Uint8Array([255])) === '\ufffd' && new TextDecoder().decode() === '',
    'utf-16': () => new TextDecoder('utf-16le').decode(new Uint8Array([0xe4, 0])) === 'ä' && new TextDecoder('utf-16be').decode(new Uint8Array([0, 0xe4])) === 'ä',
    fatal: () => thrown(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))) instanceof TypeError,
    unknown: () => thrown(() => new TextDecoder('klingon')) instanceof RangeError,
  });
}
