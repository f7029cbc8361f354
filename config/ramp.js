// One request; the rate is the test file's.
import http from 'k6/http';
import { check } from 'k6';

export default function () {
  const page = http.get(`${__ENV.BASE_URL}/plain?ms=10`, { tags: { name: 'page' } });
  check(page, { 'page is there': (r) => r.status === 200 });
}
