//! rule: guide: a rate divided by __ENV.PARALLELISM
//! run: -e PARALLELISM=4
//! metric: iterations 45..51
import http from 'k6/http';

const parallelism = parseInt(__ENV.PARALLELISM || '1', 10);
const totalRate = 200;

export const options = {
  scenarios: {
    shared: {
      executor: 'constant-arrival-rate',
      rate: Math.floor(totalRate / parallelism),
      timeUnit: '1s',
      duration: '1s',
      preAllocatedVUs: Math.ceil(100 / parallelism),
      maxVUs: 500,
    },
  },
};

export default function () {
  http.get(`${__ENV.TARGET}/get`);
}
