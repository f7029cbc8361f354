//! rule: api 6.1, 6.4 http.file and multipart bodies
//! checks: 8
//! wire: Content-Type: multipart/form-data; boundary=
//! wire: Content-Disposition: form-data; name="field"
//! wire: Content-Disposition: form-data; name="data"; filename="a \"b\".txt"
//! wire: Content-Type: text/plain
//! wire: Content-Type: application/octet-stream
//! wire: Content-Type: own/multipart
import http from 'k6/http';
import { check } from 'k6';
const bytes = open('data.bin', 'b');
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  const file = http.file('content', 'a "b".txt', 'text/plain');
  const plain = http.file(bytes);
  const r = http.post(`${__ENV.WIRE}/file`, { data: file, field: 'value', list: ['a', 'b'], raw: plain });
  const type = r.request.headers['Content-Type'][0];
  check(null, {
    'file data': file.data === 'content' && file.filename === 'a "b".txt' && file.content_type === 'text/plain',
    'file defaults': /^\d{15,}$/.test(plain.filename) && plain.content_type === 'application/octet-stream',
    'file from init bytes': plain.data instanceof ArrayBuffer && plain.data.byteLength === 4,
    boundary: /^multipart\/form-data; boundary=[0-9a-f]{60}$/.test(type),
    body: r.request.body.includes('content') && r.request.body.includes('value'),
    'own type': http.post(`${__ENV.WIRE}/own`, { f: file }, { headers: { 'Content-Type': 'own/multipart' } }).request.headers['Content-Type'][0] === 'own/multipart',
    refused: thrown(() => http.file(5)) instanceof Error && thrown(() => http.file()) instanceof Error && thrown(() => http.file({})) instanceof Error,
    'list field': r.request.body.includes('name="list"'),
  });
}
//@ file: data.bin
abc
