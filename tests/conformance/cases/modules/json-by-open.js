//! rule: api 2.3 JSON comes by JSON.parse(open(...)); bytes by open(..., 'b'); file:// is allowed
//! checks: 7
import { check } from 'k6';
const data = JSON.parse(open('./data.json'));
const bytes = open('data.json', 'b');
const same = open(`file://${__ENV.ROOM}/data.json`);
const absolute = open(`${__ENV.ROOM}/data.json`);
function thrown(run) { try { run(); } catch (e) { return e; } }
const missing = thrown(() => open('nothing.txt'));
const folder = thrown(() => open('./'));
const empty = thrown(() => open(''));
export default function () {
  check(data, {
    parsed: (d) => d.a[1] === 2,
    bytes: () => bytes instanceof ArrayBuffer && bytes.byteLength === 16 && new Uint8Array(bytes)[0] === 0x7b,
    'file://': () => same === absolute && absolute.length === 16,
    missing: () => /no such file/.test(missing.message) && missing.message.includes('nothing.txt'),
    folder: () => folder instanceof Error,
    empty: () => empty instanceof Error,
    'not in VU code': () => thrown(() => open('./data.json')) instanceof Error,
  });
}
//@ file: data.json
{ "a": [1, 2] }
