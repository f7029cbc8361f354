//! rule: guide: constant-arrival-rate of 1000/s with preAllocatedVUs 100 and maxVUs 500 (its duration cut down)
//! metric: iterations 1900..2001
//! metric: vus_max 100..500
//! metric: http_req_failed.passes 0
import http from 'k6/http';

export const options = {
  discardResponseBodies: true,
  scenarios: {
    constant_load: {
      executor: 'constant-arrival-rate',
      rate: 1000,
      timeUnit: '1s',
      duration: '2s',
      preAllocatedVUs: 100,
      maxVUs: 500,
    },
  },
};

export default function () {
  http.get(`${__ENV.TARGET}/get`);
}
