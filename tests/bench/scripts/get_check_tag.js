import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const response = http.get(__ENV.URL, { tags: { page: 'front' } });
  check(response, { 'status is 200': (r) => r.status === 200 });
}
