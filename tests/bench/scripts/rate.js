// A rate that is reached in two seconds, so that VUs and connections are warm, and then held.
import http from 'k6/http';
const target = Number(__ENV.RATE);
export const options = {
  scenarios: {
    open: { executor: 'ramping-arrival-rate', startRate: 0, timeUnit: '1s', preAllocatedVUs: 200,
            stages: [{ duration: '2s', target }, { duration: __ENV.DURATION, target }] },
  },
};
export default function () {
  http.get(`${__ENV.TARGET}/small`);
}
