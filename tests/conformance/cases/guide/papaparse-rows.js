//! rule: guide: papaparse 5.1.1 by its https:// name through an import map; rows picked by WORKER_ID and TOTAL_WORKERS
//! copy: crates/script/tests/npm/papaparse-5.1.1/papaparse.js papaparse.js
//! case: worker-0
//! run: --import-map map.json -e WORKER_ID=0 -e TOTAL_WORKERS=2 --iterations 2
//! log: mine: ann,cat
//! wire: x2 POST /login
//! wire: username=ann
//! case: worker-1
//! run: --import-map map.json -e WORKER_ID=1 -e TOTAL_WORKERS=2 --iterations 2
//! log: mine: bob,dan
import http from 'k6/http';
import { SharedArray } from 'k6/data';
import papaparse from 'https://jslib.k6.io/papaparse/5.1.1/index.js';

const workerId = parseInt(__ENV.WORKER_ID || '0', 10);
const totalWorkers = parseInt(__ENV.TOTAL_WORKERS || '1', 10);

const csvData = new SharedArray('users', function () {
  const rows = papaparse.parse(open('./data.csv'), { header: true, skipEmptyLines: true }).data;
  return rows.filter((_, index) => index % totalWorkers === workerId);
});

export default function () {
  const user = csvData[__ITER % csvData.length];
  if (__ITER === 0) console.log('mine: ' + csvData.map((row) => row.username).join());
  http.post(`${__ENV.WIRE}/login`, { username: user.username, password: user.password });
}
//@ file: map.json
{ "https://jslib.k6.io/papaparse/5.1.1/index.js": "papaparse.js" }
//@ file: data.csv
username,password
ann,1
bob,2
cat,3
dan,4
