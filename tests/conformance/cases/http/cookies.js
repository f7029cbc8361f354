//! rule: api 6.6, 6.3 cookies: jar, params.cookies, replace, clear, delete, res.cookies
//! checks: 16
//! wire: GET /one HTTP/1.1\nHost: 127.0.0.1
//! wire: Cookie: call=c; own=jar
//! wire: Cookie: own=param; own=jar
//! wire: Cookie: own=only
//! wire: Cookie: other=o
//! wire: quoted="a b"
import http from 'k6/http';
import { check } from 'k6';
function thrown(run) { try { run(); } catch (e) { return e; } }
const base = __ENV.WIRE;
export default function () {
  const jar = http.cookieJar();
  const url = `${base}/`;
  check(jar, {
    set: (j) => j.set(url, 'own', 'jar') === true,
    read: (j) => JSON.stringify(j.cookiesForURL(url)) === '{"own":["jar"]}',
    'other host': (j) => JSON.stringify(j.cookiesForURL('http://other.test/')) === '{}',
  });
  const one = http.get(`${base}/one`, { cookies: { call: 'c', skipped: null } });
  http.get(`${base}/two`, { cookies: { own: 'param' } });
  http.get(`${base}/three`, { cookies: { own: { value: 'only', replace: true } } });
  const mine = new http.CookieJar();
  mine.set(url, 'other', 'o');
  http.get(`${base}/four`, { jar: mine });
  check(one.request.cookies, {
    'request.cookies': (c) => c.call[0].name === 'call' && c.call[0].value === 'c' && c.call[0].replace === false || console.log(JSON.stringify(c)),
  });
  const raw = encodeURIComponent('HTTP/1.1 200 OK\r\nSet-Cookie: plain=p\r\nSet-Cookie: full=f; Path=/; Domain=127.0.0.1; Max-Age=60; HttpOnly; Secure; Expires=Mon, 02 Jan 2034 15:04:05 GMT\r\nSet-Cookie: full=g; Path=/\r\nContent-Length: 0\r\n\r\n');
  const r = http.get(`${base}/keep?${raw}`, { jar: mine });
  check(r.cookies, {
    fields: (c) => Object.keys(c.plain[0]).join() === 'name,value,domain,path,http_only,secure,max_age,expires' || console.log(Object.keys(c.plain[0]).join()),
    plain: (c) => c.plain[0].value === 'p' && c.plain[0].http_only === false && c.plain[0].max_age === 0 && c.plain[0].expires < 0,
    full: (c) => c.full.length === 2 && c.full[0].http_only === true && c.full[0].secure === true && c.full[0].max_age === 60 && c.full[0].expires === Date.UTC(2034, 0, 2, 15, 4, 5) && c.full[0].path === '/' && c.full[1].value === 'g',
    'params.jar takes them': () => mine.cookiesForURL(`${base}/keep`).plain[0] === 'p' && http.cookieJar().cookiesForURL(`${base}/keep`).plain === undefined,
  });
  jar.set(url, 'quoted', 'a b');
  jar.set(url, 'bad', 'x"y;z\\é');
  const sent = http.get(`${base}/five`);
  jar.set(url, 'gone', 'g', { expires: 'Mon, 02 Jan 2006 15:04:05 MST' });
  jar.set(url, 'deep', 'd', { path: '/deep' });
  jar.set(url, 'zero', 'z', { max_age: 0, http_only: true, secure: true, domain: '127.0.0.1' });
  check(jar, {
    'bad bytes are dropped': (j) => sent.status === 200,
    expired: (j) => j.cookiesForURL(url).gone === undefined,
    path: (j) => j.cookiesForURL(url).deep === undefined && j.cookiesForURL(`${base}/deep/x`).deep[0] === 'd',
    'max_age 0 and secure on loopback': (j) => j.cookiesForURL(url).zero[0] === 'z',
    'bad expires': (j) => thrown(() => j.set(url, 'a', 'b', { expires: 'tomorrow' })) instanceof Error,
    delete: (j) => { j.delete(url, 'own'); return j.cookiesForURL(url).own === undefined; },
    'delete without a name': (j) => thrown(() => j.delete(url, '')) instanceof Error,
    clear: (j) => { j.clear(url); return JSON.stringify(j.cookiesForURL(url)) === '{}' && j.cookiesForURL(`${base}/deep/x`).deep !== undefined; },
  });
}
