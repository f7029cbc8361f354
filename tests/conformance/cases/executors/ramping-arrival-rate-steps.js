//! rule: engine 2.6 fractions carry over into the next stage; a stage of no length only changes the rate
//! case: jump
//! with: {executor: 'ramping-arrival-rate', startRate: 2, preAllocatedVUs: 5, stages: [{duration: '1s', target: 2}, {duration: 0, target: 10}, {duration: '1s', target: 10}]}
//! metric: iterations 12
//! order: at 5 | at 10 | at 11 | at 12 | at 13
//! case: constant from the first whole one
//! with: {executor: 'ramping-arrival-rate', startRate: 4, preAllocatedVUs: 5, stages: [{duration: '1s', target: 4}]}
//! metric: iterations 4
//! order: at 2 | at 5 | at 7 | at 10
//! case: fractions
//! with: {executor: 'ramping-arrival-rate', startRate: 10, timeUnit: '4s', preAllocatedVUs: 5, stages: [{duration: '600ms', target: 10}, {duration: '600ms', target: 10}]}
//! metric: iterations 3
//! order: at 4 | at 8 | at 12
import exec from 'k6/execution';
export const options = { scenarios: { r: __WITH__ } };
export default function () { console.log(`at ${Math.floor((Date.now() - exec.scenario.startTime) / 100)}`); }
