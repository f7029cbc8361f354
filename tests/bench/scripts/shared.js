import http from 'k6/http';
import { sleep } from 'k6';
import { SharedArray } from 'k6/data';
const rows = new SharedArray('rows', () => Array.from({ length: 10_000 }, (_, n) => ({ n, text: 'x'.repeat(80) })));
export default function () {
  if (rows[__VU % rows.length].text.length !== 80) throw new Error('wrong row');
  http.get(`${__ENV.TARGET}/small`);
  sleep(1);
}
