//! rule: api 6.1, 6.3, 17 name and url tags: http.url, tags.name, credentials masked; call tags
//! checks: 5
//! point: http_reqs{name=NAMED,url=NAMED} 1
//! point: http_reqs{call=yes,n=1,b=false} 1
//! point: http_req_duration{call=yes} 1
//! point: http_req_failed{call=yes} 1
//! point: data_sent{call=yes} 0
//! point: http_reqs{method=own} 0
//! point: http_reqs{group=own,scenario=own} 1
//! point: http_reqs{proto=HTTP/1.1,method=GET,status=200,expected_response=true,scenario=default,!error,!error_code,!tls_version} 5
//! point: http_reqs 6
//! point: http_reqs{name=${}/users/${}?x=${},url=${}/users/${}?x=${}} 1
//! point: http_reqs{name=${}/b/${}} 1
//! log: nothing wrong
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const base = __ENV.WIRE;
  const id = 5;
  const url = http.url`${base}/users/${id}?x=${id}`;
  const plain = http.url`http://127.0.0.1/fixed`;
  check(url, {
    url: (u) => u.url === `${base}/users/5?x=5`,
    name: (u) => u.name === '${}/users/${}?x=${}',
    'clean url': (u) => u.clean_url === u.url,
    'without values': () => plain.url === plain.name,
  });
  http.get(url);
  http.get(`${base}/named`, { tags: { name: 'NAMED' } });
  http.get(`${base}/tags`, { tags: { call: 'yes', n: 1, b: false } });
  http.get(`${base}/over`, { tags: { method: 'own', status: 'own', url: 'own', proto: 'own', group: 'own', scenario: 'own' } });
  const secret = http.get(`${base.replace('://', '://me:secret@')}/secret`);
  http.batch([http.url`${base}/b/${id}`]);
  check(secret, { 'url of the response': (r) => r.url.includes('secret') });
  console.log('nothing wrong');
}
