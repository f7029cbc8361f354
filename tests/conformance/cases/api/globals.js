//! rule: api 4 which globals are there and which are not
//! checks: 9
import { check } from 'k6';
export default function () {
  check(null, {
    there: () => ['console', 'open', 'require', '__ENV', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'crypto', 'TextEncoder', 'TextDecoder', 'escape', 'unescape', 'global', 'encodeURIComponent'].every((n) => { if (typeof globalThis[n] === 'undefined') console.error(n); return typeof globalThis[n] !== 'undefined'; }),
    numbers: () => __VU === 1 && __ITER === 0,
    'never there': () => [typeof window, typeof self, typeof process, typeof Buffer, typeof setImmediate, typeof Deno].every((t) => t === 'undefined'),
    'not there in k6 and here': () => typeof fetch === 'undefined' && typeof AbortController === 'undefined',
    escape: () => escape('ä b') === '%E4%20b' && unescape('%E4') === 'ä',
    ENV: () => typeof __ENV.ROOM === 'string' && __ENV.NOTHING === undefined,
    'timer ids count up': () => { const a = setTimeout(() => {}, 0), b = setInterval(() => {}, 1); clearInterval(b); clearTimeout(a); return a > 0 && b === a + 1 && Number.isInteger(a); },
    'no function': () => { try { setTimeout('code', 1); } catch (e) { return e instanceof Error; } return false; },
    'clear unknown': () => clearTimeout(12345) === undefined && clearTimeout() === undefined,
  });
}
