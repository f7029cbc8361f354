//! rule: guide: ramping-arrival-rate 0 -> 1000/s -> 0 with 1,000 to 5,000 VUs (its stages cut down)
//! metric: iterations 1700..2001
//! metric: vus_max 1000..5000
//! limit: 60
import http from 'k6/http';

export const options = {
  discardResponseBodies: true,
  scenarios: {
    ramping_load: {
      executor: 'ramping-arrival-rate',
      startRate: 0,
      timeUnit: '1s',
      preAllocatedVUs: 1000,
      maxVUs: 5000,
      stages: [
        { target: 1000, duration: '1s' },
        { target: 1000, duration: '1s' },
        { target: 0, duration: '1s' },
      ],
    },
  },
};

export default function () {
  http.get(`${__ENV.TARGET}/get`);
}
