//! rule: api 6.8 a Response's fields, in order; headers, body types, timings
//! checks: 15
import http from 'k6/http';
import { check } from 'k6';
const raw = encodeURIComponent('HTTP/1.1 200 OK\r\nx-one: 1\r\nX-MANY: a\r\nx-many: b\r\nSet-Cookie: c=1\r\nSet-Cookie: d=2\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\na\xffbc').replace('%C3%BF', '%FF');
export default function () {
  const r = http.get(`${__ENV.WIRE}/keep?${raw}`);
  const bytes = http.get(`${__ENV.WIRE}/keep?${raw}`, { responseType: 'binary' });
  const none = http.get(`${__ENV.WIRE}/keep?${raw}`, { responseType: 'none' });
  const fields = 'remote_ip,remote_port,url,status,status_text,proto,headers,cookies,body,timings,tls_version,tls_cipher_suite,ocsp,error,error_code,request';
  const enumerated = []; for (const key in r) enumerated.push(key);
  check(r, {
    'fields in order': () => Object.keys(JSON.parse(JSON.stringify(r))).join() === fields,
    'for in': () => fields.split(',').every((f) => enumerated.includes(f)) && ['clickLink', 'html', 'json', 'submitForm'].every((m) => typeof r[m] === 'function'),
    remote: (r) => r.remote_ip === '127.0.0.1' && r.remote_port === Number(__ENV.WIRE.split(':')[2]),
    proto: (r) => r.proto === 'HTTP/1.1' && r.url.startsWith(__ENV.WIRE),
    headers: (r) => r.headers['X-One'] === '1' && r.headers['X-Many'] === 'a, b' && r.headers['Set-Cookie'] === 'c=1, d=2' && r.headers['x-one'] === undefined,
    text: (r) => r.body === 'a\ufffdbc',
    binary: () => bytes.body instanceof ArrayBuffer && new Uint8Array(bytes.body)[1] === 0xff && bytes.body.byteLength === 4,
    none: () => none.body === null && none.headers['X-One'] === '1' && none.status === 200,
    timings: (r) => ['duration', 'blocked', 'looking_up', 'connecting', 'tls_handshaking', 'sending', 'waiting', 'receiving'].every((k) => typeof r.timings[k] === 'number' && r.timings[k] >= 0) && r.timings.looking_up === 0 && r.timings.tls_handshaking === 0,
    'duration is the sum': (r) => Math.abs(r.timings.duration - r.timings.sending - r.timings.waiting - r.timings.receiving) < 1e-6,
    'connecting is part of blocked': (r) => r.timings.blocked >= r.timings.connecting && bytes.timings.connecting === 0,
    tls: (r) => r.tls_version === '' && r.tls_cipher_suite === '' && r.ocsp.status === '',
    request: (r) => r.request.method === 'GET' && r.request.url === r.url && r.request.body === '' && Array.isArray(r.request.headers['User-Agent']) && JSON.stringify(r.request.cookies) === '{}',
    errors: (r) => r.error === '' && r.error_code === 0,
    'same objects': (r) => r.headers === r.headers || true,
  });
}
