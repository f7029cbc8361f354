//! rule: api 6.1 asyncRequest: a promise of a Response; several at once; rejections
//! checks: 6
//! point: http_reqs{name=async} 3
import http from 'k6/http';
import { check } from 'k6';
export default async function () {
  const base = __ENV.TARGET, params = { tags: { name: 'async' } };
  const promise = http.asyncRequest('GET', `${base}/delay/0.3`, null, params);
  const start = Date.now();
  const [a, b] = await Promise.all([promise, http.asyncRequest('GET', `${base}/delay/0.3`, null, params)]);
  const took = Date.now() - start;
  const post = await http.asyncRequest('POST', `${base}/post`, { a: 1 }, params);
  let rejected;
  try { await http.asyncRequest('GET', 'http://127.0.0.1:1/', null, { throw: true }); } catch (e) { rejected = e; }
  const failed = await http.asyncRequest('GET', 'http://127.0.0.1:1/');
  const refused = await http.asyncRequest('GET', 'http://[::1');
  check(null, {
    promise: promise instanceof Promise,
    'both at once': a.status === 200 && b.status === 200 && took < 580,
    post: post.json('form.a') !== undefined || post.status === 200,
    rejects: rejected instanceof Error,
    'network error': failed.status === 0 && failed.error_code === 1212,
    'argument error': refused.status === 0 && refused.error_code === 1020,
  });
}
