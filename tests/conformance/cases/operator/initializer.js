//! rule: engine 10.2, 10.3: the initializer's shell line archives and inspects, and prints nothing but JSON
//! case: as the operator runs it
//! shell: mkdir -p made && (k6 archive script.js -e WHO="me" -O made/script.js.archived.tar --tag a=b 2> made/logs || (cat made/logs && exit 1)) && k6 inspect --execution-requirements made/script.js.archived.tar 2> made/logs && ! grep 'level.*error' made/logs
//! out json: {"maxVUs":30,"totalDuration":"1m5s","thresholds":{"http_req_failed":["rate<0.1"]},"scenarios":{"s":{"executor":"constant-arrival-rate","maxVUs":30,"preAllocatedVUs":10}}}
//! no log:
//! case: a script that is none fails both
//! shell: k6 archive nothing.js -O made.tar 2> logs || (cat logs && exit 1)
//! exit: 1
//! out: nothing.js
//! no file: made.tar
//! case: a duration without VUs is inspected all the same
//! command: inspect --execution-requirements short.js
//! out json: {"maxVUs":1,"totalDuration":"40s"}
//! case: an output given with = is no flag of archive
//! command: archive script.js --out=json=x.json -O made.tar
//! exit: 255
export const options = {
  thresholds: { http_req_failed: ['rate<0.1'] },
  scenarios: {
    s: { executor: 'constant-arrival-rate', rate: 5, duration: '35s', preAllocatedVUs: 10, maxVUs: 30 },
  },
};
export default function () {}
//@ file: short.js
export const options = { duration: '10s' };
export default function () {}
