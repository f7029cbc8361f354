//! rule: guide: a SharedArray of users picked by __VU, with batch and batchPerHost
//! run: --vus 4 --iterations 8
//! checks: 8
//! metric: http_reqs 24
//! wire: GET /user/user1
//! wire: GET /user/user4
import http from 'k6/http';
import { check } from 'k6';
import { SharedArray } from 'k6/data';

const users = new SharedArray('users', function () {
  return JSON.parse(open('./users.json')).users;
});

export const options = {
  batch: 50,
  batchPerHost: 20,
};

export default function () {
  const user = users[(__VU - 1) % users.length];
  const base = __ENV.WIRE;
  const responses = http.batch([
    ['GET', `${base}/user/${user.name}`, null, { tags: { name: 'user' } }],
    ['GET', `${base}/a`, null, { tags: { name: 'a' } }],
    ['GET', `${base}/b`, null, { tags: { name: 'b' } }],
  ]);
  check(responses, { 'all are 200': (list) => list.every((r) => r.status === 200) });
}
//@ file: users.json
{ "users": [{ "name": "user1" }, { "name": "user2" }, { "name": "user3" }, { "name": "user4" }] }
