// Each worker takes its own rows of the data: no row is used twice over all workers.
import http from 'k6/http';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';

const users = new SharedArray('users', () => Array.from({ length: 10000 }, (_, n) => ({ name: `user-${n}` })));

export default function () {
  const user = users[exec.scenario.iterationInTest % users.length];
  http.get(`${__ENV.BASE_URL}/plain?user=${user.name}`, { tags: { name: 'order', worker: __ENV.WORKER_ID } });
}
