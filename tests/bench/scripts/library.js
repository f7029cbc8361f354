import Papa from '../../../crates/script/tests/npm/papaparse-5.1.1/papaparse.js';
import http from 'k6/http';
import { sleep } from 'k6';
if (typeof Papa.parse !== 'function') throw new Error('not papaparse');
export default function () {
  http.get(`${__ENV.TARGET}/small`);
  sleep(1);
}
