//! rule: engine 5.5 what is shown while it runs: the header in k6's words, status and bars, and none of it with --quiet
//! case: each executor in its words
//! out:      execution: local
//! out:         script: script.js
//! out:         output: -
//! out: 6 scenarios, 13 max VUs, 2s max duration (incl. graceful stop):
//! out: * a: 2 looping VUs for 1s (exec: work)
//! out: * b: Up to 3 looping VUs for 1s over 2 stages
//! out: * c: 2 iterations for each of 2 VUs (maxDuration: 1s)
//! out: * d: 4 iterations shared among 2 VUs (maxDuration: 1s)
//! out: * e: 5.00 iterations/s for 1s (maxVUs: 2-4)
//! out: * f: Up to 8.00 iterations/s for 1s over 2 stages (maxVUs: 2, startTime: 1s)
//! out: running (0
//! out: complete and 0 interrupted iterations
//! out: [ 100% ]
//! out: 4/4 iters, 2 per VU
//! out: 4/4 shared iters
//! case: quiet
//! run: --quiet
//! no out: execution: local
//! no out: looping VUs
//! no out: running (0
//! out: █ TOTAL RESULTS
//! case: an output is named
//! run: -o json=r.json
//! out: output: json (r.json)
import { sleep } from 'k6';
const none = { gracefulStop: '0s' };
const two = (target) => [{ duration: '500ms', target }, { duration: '500ms', target }];
export const options = {
  scenarios: {
    a: { executor: 'constant-vus', vus: 2, duration: '1s', exec: 'work', ...none },
    b: { executor: 'ramping-vus', stages: two(3), gracefulRampDown: '0s', ...none },
    c: { executor: 'per-vu-iterations', vus: 2, iterations: 2, maxDuration: '1s', ...none },
    d: { executor: 'shared-iterations', vus: 2, iterations: 4, maxDuration: '1s', ...none },
    e: { executor: 'constant-arrival-rate', rate: 5, duration: '1s', preAllocatedVUs: 2, maxVUs: 4, ...none },
    f: { executor: 'ramping-arrival-rate', stages: two(8), preAllocatedVUs: 2, startTime: '1s', ...none },
  },
};
export function work() { sleep(0.01); }
export default work;
