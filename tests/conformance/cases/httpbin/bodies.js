//! rule: api 6.4 bodies as a foreign server understands them: query, form, JSON, multipart, raw bytes
//! checks: 12
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const url = __ENV.HTTPBIN;
  const get = http.get(`${url}/get?a=1&b=zwei%20drei&a=2`, { headers: { 'X-Own': 'eins' } }).json();
  const form = http.post(`${url}/post`, { name: 'Anna & Bert', list: ['x', 'y'] }).json();
  const json = http.post(`${url}/post`, JSON.stringify({ deep: { list: [1, 2] } }), { headers: { 'Content-Type': 'application/json' } }).json();
  const files = http.post(`${url}/post`, { field: 'text', file: http.file('content of it', 'a.txt', 'text/plain') }).json();
  const raw = http.post(`${url}/post`, new Uint8Array([0, 1, 254, 255]).buffer, { headers: { 'Content-Type': 'application/octet-stream' } }).json();
  check(null, {
    'query': () => JSON.stringify(get.args) === '{"a":["1","2"],"b":"zwei drei"}',
    'header': () => get.headers['X-Own'] === 'eins',
    'form': () => form.form.name === 'Anna & Bert' && form.headers['Content-Type'] === 'application/x-www-form-urlencoded',
    'form with a list': () => JSON.stringify(form.form.list) === '["x","y"]',
    'json': () => json.json.deep.list[1] === 2 && json.data === '{"deep":{"list":[1,2]}}',
    'multipart field': () => files.form.field === 'text',
    'multipart file': () => files.files.file === 'content of it',
    'boundary': () => files.headers['Content-Type'].startsWith('multipart/form-data; boundary='),
    'bytes': () => raw.data === 'data:application/octet-stream;base64,AAH+/w==',
    'put': () => http.put(`${url}/put`, 'p').json('data') === 'p',
    'patch': () => http.patch(`${url}/patch`, 'q').json('data') === 'q',
    'delete': () => http.del(`${url}/delete`, 'r').json('data') === 'r',
  });
}
