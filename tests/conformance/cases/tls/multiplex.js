//! rule: api 18 HTTP/2: one connection per VU, also for a batch; none is kept with noConnectionReuse
//! case: batch
//! run: --insecure-skip-tls-verify --vus 2 --iterations 2 --batch-per-host 20
//! wire: x10 [connection 1, h2
//! wire: x10 [connection 2, h2
//! no wire: [connection 3
//! case: no-reuse
//! run: --insecure-skip-tls-verify --no-connection-reuse --batch 1
//! wire: x1 [connection 1, h2
//! wire: x1 [connection 10, h2
//! case: no-vu-reuse
//! run: --insecure-skip-tls-verify --no-vu-connection-reuse --iterations 2
//! wire: x10 [connection 1, h2
//! wire: x10 [connection 2, h2
//! case: http1-batch
//! run: --insecure-skip-tls-verify --batch-per-host 5
//! env: GODEBUG=http2client=0
//! wire: [connection 5, http/1.1
//! no wire: [connection 6
import http from 'k6/http';
import { sleep } from 'k6';
export default function () {
  http.get(`${__ENV.TLS}/first`);
  http.batch(Array.from({ length: 9 }, (_, n) => `${__ENV.TLS}/${n}`));
  sleep(0.2);
}
