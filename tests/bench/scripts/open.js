import http from 'k6/http';
export const options = {
  scenarios: {
    open: { executor: 'constant-arrival-rate', rate: Number(__ENV.RATE), timeUnit: '1s', duration: __ENV.DURATION,
            preAllocatedVUs: 50, maxVUs: 400 },
  },
};
export default function () {
  http.get(`${__ENV.TARGET}/small`);
}
