//! rule: engine 2.1, 2.2 every field of every executor is checked before the start, with exit 104
//! exit: 104
//! no log: iteration ran
//! case: unknown executor
//! with: {executor: 'whatever', vus: 1}
//! log: whatever
//! case: externally-controlled is gone
//! with: {executor: 'externally-controlled', vus: 1, duration: '1s'}
//! log: externally-controlled
//! case: no executor
//! with: {vus: 1, duration: '1s'}
//! case: unknown key in a scenario
//! with: {executor: 'constant-vus', vus: 1, duration: '1s', vuz: 3}
//! log: vuz
//! case: negative startTime
//! with: {executor: 'constant-vus', vus: 1, duration: '1s', startTime: '-1s'}
//! case: negative gracefulStop
//! with: {executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '-1s'}
//! case: empty exec
//! with: {executor: 'constant-vus', vus: 1, duration: '1s', exec: ''}
//! case: exec that is not exported
//! with: {executor: 'constant-vus', vus: 1, duration: '1s', exec: 'nobody'}
//! log: nobody
//! case: exec that is no function
//! with: {executor: 'constant-vus', vus: 1, duration: '1s', exec: 'word'}
//! case: a number in tags
//! with: {executor: 'constant-vus', vus: 1, duration: '1s', tags: {a: 1}}
//! case: a number in env
//! with: {executor: 'constant-vus', vus: 1, duration: '1s', env: {A: 1}}
//! case: constant-vus without duration
//! with: {executor: 'constant-vus', vus: 1}
//! log: duration
//! case: constant-vus below a second
//! with: {executor: 'constant-vus', vus: 1, duration: '999ms'}
//! case: constant-vus without VUs
//! with: {executor: 'constant-vus', vus: 0, duration: '1s'}
//! case: constant-vus with negative VUs
//! with: {executor: 'constant-vus', vus: -1, duration: '1s'}
//! case: constant-vus with half a VU
//! with: {executor: 'constant-vus', vus: 1.5, duration: '1s'}
//! case: ramping-vus without stages
//! with: {executor: 'ramping-vus', startVUs: 1}
//! log: stage
//! case: ramping-vus with empty stages
//! with: {executor: 'ramping-vus', startVUs: 1, stages: []}
//! case: ramping-vus with negative start
//! with: {executor: 'ramping-vus', startVUs: -1, stages: [{duration: '1s', target: 1}]}
//! case: ramping-vus that is zero all the time
//! with: {executor: 'ramping-vus', startVUs: 0, stages: [{duration: '1s', target: 0}]}
//! case: ramping-vus stage without duration
//! with: {executor: 'ramping-vus', startVUs: 1, stages: [{target: 0}]}
//! case: ramping-vus stage without target
//! with: {executor: 'ramping-vus', startVUs: 1, stages: [{duration: '1s'}]}
//! case: ramping-vus negative target
//! with: {executor: 'ramping-vus', startVUs: 1, stages: [{duration: '1s', target: -3}]}
//! case: ramping-vus negative stage
//! with: {executor: 'ramping-vus', startVUs: 1, stages: [{duration: '-1s', target: 3}]}
//! case: ramping-vus too many
//! with: {executor: 'ramping-vus', startVUs: 1, stages: [{duration: '1s', target: 100000001}]}
//! case: per-vu-iterations without VUs
//! with: {executor: 'per-vu-iterations', vus: 0}
//! case: per-vu-iterations without iterations
//! with: {executor: 'per-vu-iterations', iterations: 0}
//! case: per-vu-iterations short maxDuration
//! with: {executor: 'per-vu-iterations', maxDuration: '500ms'}
//! case: shared-iterations fewer than VUs
//! with: {executor: 'shared-iterations', vus: 3, iterations: 2}
//! case: shared-iterations without VUs
//! with: {executor: 'shared-iterations', vus: 0, iterations: 2}
//! case: shared-iterations short maxDuration
//! with: {executor: 'shared-iterations', maxDuration: '0s'}
//! case: constant-arrival-rate without rate
//! with: {executor: 'constant-arrival-rate', duration: '1s', preAllocatedVUs: 1}
//! log: rate
//! case: constant-arrival-rate rate 0
//! with: {executor: 'constant-arrival-rate', rate: 0, duration: '1s', preAllocatedVUs: 1}
//! case: constant-arrival-rate fractional rate
//! with: {executor: 'constant-arrival-rate', rate: 0.5, duration: '1s', preAllocatedVUs: 1}
//! case: constant-arrival-rate without duration
//! with: {executor: 'constant-arrival-rate', rate: 1, preAllocatedVUs: 1}
//! case: constant-arrival-rate short duration
//! with: {executor: 'constant-arrival-rate', rate: 1, duration: '0.5s', preAllocatedVUs: 1}
//! case: constant-arrival-rate without preAllocatedVUs
//! with: {executor: 'constant-arrival-rate', rate: 1, duration: '1s', maxVUs: 3}
//! log: preAllocatedVUs
//! case: constant-arrival-rate negative preAllocatedVUs
//! with: {executor: 'constant-arrival-rate', rate: 1, duration: '1s', preAllocatedVUs: -1}
//! case: constant-arrival-rate maxVUs below preAllocatedVUs
//! with: {executor: 'constant-arrival-rate', rate: 1, duration: '1s', preAllocatedVUs: 3, maxVUs: 2}
//! case: constant-arrival-rate timeUnit 0
//! with: {executor: 'constant-arrival-rate', rate: 1, timeUnit: '0s', duration: '1s', preAllocatedVUs: 3}
//! case: ramping-arrival-rate negative startRate
//! with: {executor: 'ramping-arrival-rate', startRate: -1, preAllocatedVUs: 3, stages: [{duration: '1s', target: 1}]}
//! case: ramping-arrival-rate without stages
//! with: {executor: 'ramping-arrival-rate', startRate: 1, preAllocatedVUs: 3}
//! case: ramping-arrival-rate without preAllocatedVUs
//! with: {executor: 'ramping-arrival-rate', startRate: 1, stages: [{duration: '1s', target: 1}]}
//! case: ramping-arrival-rate stage without target
//! with: {executor: 'ramping-arrival-rate', startRate: 1, preAllocatedVUs: 3, stages: [{duration: '1s'}]}
export const options = { scenarios: { one: __WITH__ } };
export const word = 'no function';
export default function () { console.log('iteration ran'); }
