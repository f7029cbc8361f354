//! rule: api 6.7 batch and batchPerHost bound what runs at once
//! limit: 60
//! case: per-host
//! with: { batchPerHost: 2 }
//! checks: 1
//! log: two at once
//! case: total
//! with: { batch: 2 }
//! checks: 1
//! log: two at once
//! case: default
//! with: {}
//! checks: 1
//! log: six at once
import http from 'k6/http';
import { check } from 'k6';
export const options = __WITH__;
export default function () {
  const start = Date.now();
  const all = http.batch(Array.from({ length: 6 }, () => `${__ENV.TARGET}/delay/0.4`));
  const took = Date.now() - start;
  check(all, { fine: (a) => a.every((r) => r.status === 200) });
  console.log(took > 1100 ? 'two at once' : took < 1000 ? 'six at once' : 'neither ' + took);
}
