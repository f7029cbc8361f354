//! rule: api 6.1 the functions of k6/http, their methods and bodies
//! checks: 10
//! wire: x1 GET /get HTTP/1.1
//! wire: x1 HEAD /head HTTP/1.1
//! wire: x1 POST /post HTTP/1.1
//! wire: x1 PUT /put HTTP/1.1
//! wire: x1 PATCH /patch HTTP/1.1
//! wire: x1 DELETE /del HTTP/1.1
//! wire: x1 OPTIONS /options HTTP/1.1
//! wire: x1 PROPFIND /request HTTP/1.1
//! wire: x1 purge /lower HTTP/1.1
//! wire: x1 GET /many HTTP/1.1
//! log: level=warning
import http from 'k6/http';
import { check } from 'k6';
export default async function () {
  const base = __ENV.WIRE;
  check(null, {
    get: http.get(`${base}/get`).body === 'ok',
    head: http.head(`${base}/head`).body === '',
    post: http.post(`${base}/post`, 'p').request.body === 'p',
    put: http.put(`${base}/put`, 'p').request.method === 'PUT',
    patch: http.patch(`${base}/patch`, 'p').request.method === 'PATCH',
    del: http.del(`${base}/del`, 'p').request.method === 'DELETE',
    options: http.options(`${base}/options`).request.method === 'OPTIONS',
    request: http.request('PROPFIND', `${base}/request`, 'body', { headers: { Depth: '1' } }).request.headers.Depth[0] === '1',
    'as given': http.request('purge', `${base}/lower`).request.method === 'purge',
    'too many': http.get(`${base}/many`, {}, 'more').status === 200,
  });
}
