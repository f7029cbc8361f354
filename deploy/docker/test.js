// Visitors of the demo service: mostly quick pages, now and then an error.
import http from 'k6/http';
import { check } from 'k6';

export function browse() {
  const page = http.get(`${__ENV.BASE_URL}/json?dist=lognormal&ms=80&sigma=0.6&max=2s&error_rate=0.01`, {
    tags: { name: 'page' },
  });
  check(page, { 'status is 200': (r) => r.status === 200 });
}
