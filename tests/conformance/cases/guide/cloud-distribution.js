//! rule: guide: options.cloud.distribution beside stages changes nothing here
//! metric: iterations >5
//! metric: vus_max 4
//! no log: level=error
import { sleep } from 'k6';

export const options = {
  stages: [
    { duration: '1s', target: 4 },
    { duration: '1s', target: 4 },
    { duration: '1s', target: 0 },
  ],
  cloud: {
    projectID: 123456,
    name: 'a test',
    distribution: {
      'amazon:us:ashburn': { loadZone: 'amazon:us:ashburn', percent: 50 },
      'amazon:ie:dublin': { loadZone: 'amazon:ie:dublin', percent: 50 },
    },
  },
};

export default function () {
  sleep(0.2);
}
