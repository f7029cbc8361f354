//! rule: api 6.6, 20.5 redirects: each hop a request of its own; methods, bodies, Referer, cookies, limits
//! checks: 14
//! wire: GET /seen-302 HTTP/1.1
//! wire: HEAD /seen-head HTTP/1.1
//! wire: POST /seen-307 HTTP/1.1
//! wire: POST /seen-308 HTTP/1.1
//! wire: GET /seen-303 HTTP/1.1
//! wire: Referer: http
//! wire: GET /seen-cookie HTTP/1.1
//! wire: Cookie: hop=1
//! point: http_reqs{status=302,method=POST} 1
//! point: http_reqs{status=200,method=GET,name=SAME} 1
//! point: http_reqs{status=302,name=SAME,url=SAME} 1
//! log: x1 maximum number of redirects
import http from 'k6/http';
import { check } from 'k6';
const base = __ENV.WIRE;
const to = (status, path, more = '') => `${base}/keep?${encodeURIComponent(`HTTP/1.1 ${status} Moved\r\nLocation: ${path}\r\n${more}Content-Length: 0\r\n\r\n`)}`;
export default function () {
  const r = http.post(to(302, '/seen-302'), 'body');
  const head = http.head(to(301, '/seen-head'));
  const same = http.post(to(307, '/seen-307'), 'kept');
  const perm = http.post(to(308, '/seen-308'), 'kept');
  const other = http.put(to(303, '/seen-303'), 'gone');
  const cookie = http.get(to(302, '/seen-cookie', 'Set-Cookie: hop=1; Path=/\r\n'));
  http.cookieJar().clear(base + '/');
  check(r, {
    'last hop': (r) => r.status === 200 && r.url === `${base}/seen-302` && r.body === 'ok',
    'first request': (r) => r.request.method === 'POST' && r.request.body === 'body' && r.request.url.includes('/keep'),
    head: () => head.status === 200 && head.body === '',
    307: () => same.status === 200, 308: () => perm.status === 200, 303: () => other.status === 200,
    'cookies are those of the last hop': () => JSON.stringify(cookie.cookies) === '{}',
    none: () => http.get(to(302, '/never'), { redirects: 0 }).status === 302 && http.get(to(302, '/never'), { redirects: null }).status === 302,
    'no Location': () => http.get(`${base}/keep?${encodeURIComponent('HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n')}`).status === 302,
    'explicit limit': () => { const l = http.get(`${__ENV.TARGET}/redirect/5`, { redirects: 2 }); return l.status === 302 && l.error === '' && l.url.endsWith('/redirect/3'); },
    'default limit': () => { const l = http.get(`${__ENV.TARGET}/redirect/15`); return l.status === 302 && l.error === '' && l.url.endsWith('/redirect/5'); },
    'a limit of its own, as high as the default': () => http.get(`${__ENV.TARGET}/redirect/15`, { redirects: 10 }).status === 302,
    'within the limit': () => http.get(`${__ENV.TARGET}/redirect/10`).status === 200,
    name: () => http.get(to(302, '/seen-name'), { tags: { name: 'SAME' } }).status === 200,
  });
}
