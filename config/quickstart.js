// A small shop: one page, then a basket. Any k6 script works like this.
import http from 'k6/http';
import { check, group } from 'k6';
import { Counter, Trend } from 'k6/metrics';

const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:8080';
const basketTime = new Trend('basket_time', true);
const orders = new Counter('orders');

export function browse() {
  group('front page', () => {
    const page = http.get(`${BASE_URL}/plain?dist=lognormal&ms=20`, { tags: { name: 'front' } });
    check(page, { 'front page is there': (r) => r.status === 200 });
  });

  group('basket', () => {
    const payload = JSON.stringify({ item: __ITER % 100, count: 1 });
    const basket = http.post(`${BASE_URL}/echo`, payload, {
      headers: { 'Content-Type': 'application/json' },
      tags: { name: 'basket' },
    });
    basketTime.add(basket.timings.duration);
    if (check(basket, { 'basket is accepted': (r) => r.status === 200 })) {
      orders.add(1);
    }
  });
}
