// Reads mostly, writes sometimes, as users of the staging system do.
import http from 'k6/http';
import { check, sleep } from 'k6';

export const options = {
  discardResponseBodies: true,
  tags: { kind: 'background' },
};

const BASE_URL = __ENV.BASE_URL;

export default function () {
  const list = http.get(`${BASE_URL}/items`, { tags: { name: 'items' } });
  check(list, { 'items answer': (r) => r.status === 200 });
  if (__ITER % 10 === 0) {
    const order = http.post(`${BASE_URL}/orders`, { item: '1' }, { tags: { name: 'orders' } });
    check(order, { 'order is taken': (r) => r.status < 300 });
  }
  sleep(0.1);
}
