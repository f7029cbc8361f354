//! rule: engine 2.7 numbers are drawn when an iteration begins: dropped starts use up none
//! metric: iterations 4
//! log: x1 number 0
//! log: x1 number 1
//! log: x1 number 2
//! log: x1 number 3
import { sleep } from 'k6';
import exec from 'k6/execution';
export const options = { scenarios: { c: { executor: 'constant-arrival-rate', rate: 10, duration: '1s', preAllocatedVUs: 1, maxVUs: 1 } } };
export default function () { console.log(`number ${exec.scenario.iterationInTest}`); sleep(0.25); }
