//! rule: guide: ramping-vus to 10,000 and 50,000: what such a test needs is told without making it; a share of it runs
//! case: requirements-10000
//! command: inspect --execution-requirements -e PEAK=10000 script.js
//! out: "maxVUs": 10000
//! case: requirements-50000
//! command: inspect --execution-requirements -e PEAK=50000 script.js
//! out: "maxVUs": 50000
//! case: a-share
//! run: -e PEAK=10000 --execution-segment 0:1/50
//! metric: vus_max 200
//! metric: iterations >100
//! limit: 60
import http from 'k6/http';
import { sleep } from 'k6';

const peak = Number(__ENV.PEAK);
export const options = {
  discardResponseBodies: true,
  scenarios: {
    many: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '1s', target: peak },
        { duration: '1s', target: peak },
        { duration: '1s', target: 0 },
      ],
      gracefulRampDown: '1s',
    },
  },
};

export default function () {
  http.get(`${__ENV.TARGET}/get`);
  sleep(1);
}
