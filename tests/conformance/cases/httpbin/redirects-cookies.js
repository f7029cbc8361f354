//! rule: api 6.5, 6.7 redirects and cookies of a foreign server
//! checks: 10
//! point: http_reqs{name=moved} 4
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const url = __ENV.HTTPBIN;
  const moved = http.get(`${url}/redirect/3`, { tags: { name: 'moved' } });
  const kept = http.post(`${url}/redirect-to?url=${encodeURIComponent(`${url}/post`)}&status_code=307`, 'body');
  const turned = http.post(`${url}/redirect-to?url=${encodeURIComponent(`${url}/get`)}&status_code=302`, 'body');
  const set = http.get(`${url}/cookies/set?one=1&two=2`);
  check(null, {
    'three hops': () => moved.status === 200 && moved.url === `${url}/get`,
    'absolute': () => http.get(`${url}/absolute-redirect/2`).status === 200,
    'relative': () => http.get(`${url}/relative-redirect/2`).status === 200,
    'not followed': () => http.get(`${url}/redirect/1`, { redirects: 0 }).status === 302,
    'too many': () => http.get(`${url}/redirect/5`, { redirects: 2 }).status === 302,
    '307 keeps method and body': () => kept.json('data') === 'body',
    '302 turns POST into GET': () => turned.status === 200 && turned.url === `${url}/get`,
    'cookies set on the way': () => JSON.stringify(set.json('cookies')) === '{"one":"1","two":"2"}',
    'in the jar': () => JSON.stringify(http.cookieJar().cookiesForURL(url)) === '{"one":["1"],"two":["2"]}',
    'deleted': () => JSON.stringify(http.get(`${url}/cookies/delete?one`).json('cookies')) === '{"two":"2"}',
  });
}
