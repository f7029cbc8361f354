//! rule: engine 3.3, 3.5 the header has the segment's percent and its counts; test.options has the whole
//! case: of three equal workers
//! run: --execution-segment 0:1/3 --execution-segment-sequence 0,1/3,2/3,1
//! out: scenarios: (33.33%) 2 scenarios, 5 max VUs
//! out: * closed: 3 iterations shared among 1 VUs
//! out: * open: 4.00 iterations/s for 1s (maxVUs: 2-4
//! log: whole 10 VUs at 10/s
//! case: without a segment
//! out: scenarios: (100.00%) 2 scenarios, 13 max VUs
//! out: * closed: 9 iterations shared among 3 VUs
//! out: * open: 10.00 iterations/s for 1s (maxVUs: 4-10
//! log: whole 10 VUs at 10/s
import exec from 'k6/execution';
export const options = {
  scenarios: {
    closed: { executor: 'shared-iterations', vus: 3, iterations: 9 },
    open: { executor: 'constant-arrival-rate', rate: 10, duration: '1s', preAllocatedVUs: 4, maxVUs: 10 },
  },
};
export default function () {}
export function setup() {
  const { open } = exec.test.options.scenarios;
  console.log(`whole ${open.maxVUs} VUs at ${open.rate}/s`);
}
