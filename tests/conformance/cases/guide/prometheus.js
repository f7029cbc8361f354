//! rule: guide: --out experimental-prometheus-rw by k6's variables
//! run: --vus 2 --duration 1s --out experimental-prometheus-rw
//! env: K6_PROMETHEUS_RW_SERVER_URL=http://$WIRE/api/v1/write
//! env: K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM=true
//! wire: POST /api/v1/write HTTP/1.1
//! wire: snappy
//! metric: iterations >5
import http from 'k6/http';
import { sleep } from 'k6';

export default function () {
  http.get(`${__ENV.WIRE}/get`);
  sleep(0.1);
}
