//! rule: api 6.7, 20.16 http.batch: forms of entries, shape of the result, methods, malformed entries
//! checks: 15
//! wire: x1 GET /string
//! wire: x1 GET /template/5
//! wire: x1 POST /array
//! wire: x1 POST /object
//! wire: x1 GET /nobody
//! wire: x1 delete /lower
//! no wire: Content-Length: 4\n\nlost
//! no wire: /unsent
//! log: Request Failed
//! log: level=warning
//! point: http_reqs{tagged=yes} 1
import http from 'k6/http';
import { check } from 'k6';
function thrown(run) { try { run(); } catch (e) { return e; } }
const base = __ENV.WIRE;
export default function () {
  const list = http.batch([
    `${base}/string`, http.url`${base}/template/${5}`, ['POST', `${base}/array`, 'body', { headers: { 'X-A': '1' }, tags: { tagged: 'yes' } }],
    { method: 'post', url: `${base}/object`, body: { a: 1 }, params: { headers: { 'X-B': '2' } } }, { url: `${base}/nobody`, method: 'get', body: 'lost' }, ['delete', `${base}/lower`],
  ]);
  const named = http.batch({ one: `${base}/one`, two: ['GET', `${base}/two`], three: { url: `${base}/three` } });
  check(list, {
    array: (l) => Array.isArray(l) && l.length === 6 && l.every((r) => r.status === 200),
    order: (l) => l[0].url.endsWith('/string') && l[5].url.endsWith('/lower'),
    'POST of an array': (l) => l[2].request.method === 'POST' && l[2].request.body === 'body' && l[2].request.headers['X-A'][0] === '1',
    'object upper-cases': (l) => l[3].request.method === 'POST' && l[3].request.body === 'a=1' && l[3].request.headers['X-B'][0] === '2',
    'array does not': (l) => l[5].request.method === 'delete',
    'a GET by object has no body': (l) => l[4].request.body === '',
  });
  check(named, {
    object: (n) => !Array.isArray(n) && Object.keys(n).sort().join() === 'one,three,two' && n.one.status === 200 && n.three.url.endsWith('/three'),
    'empty list': () => http.batch([]).length === 0,
    'network error': () => { const [a, b] = http.batch(['http://127.0.0.1:1/', `${base}/fine`]); return a.status === 0 && a.error_code === 1212 && b.status === 200; },
  });
  const bad = http.batch([`${base}/unsent1`, 'http://[::1', `${base}/unsent2`]);
  check(bad, {
    'up to the bad one': (b) => b.length === 3 && b[0].status === 0 && b[0].error === '' && b[1].error_code === 1020 && b[2] === null || console.log(JSON.stringify(b)),
    'nothing is sent': (b) => b[0].status === 0,
  });
  check(null, {
    'no argument': () => thrown(() => http.batch()) instanceof Error,
    text: () => thrown(() => http.batch('x')) instanceof Error,
    number: () => thrown(() => http.batch(5)) instanceof Error,
    two: () => thrown(() => http.batch([], [])) instanceof Error,
  });
}
