//! rule: guide: --vus, --duration and --out json=... on each of several machines
//! run: --vus 10 --duration 1s --out json=results-1.json
//! file: results-1.json "type":"Point"
//! file: results-1.json http_req_duration
//! metric: iterations >10
import http from 'k6/http';
import { sleep } from 'k6';

export default function () {
  http.get(`${__ENV.TARGET}/get`);
  sleep(0.1);
}
