//! rule: engine 1.3 values: what durations, integers, booleans and tags may be
//! case: milliseconds as text
//! with: { scenarios: { a: { executor: 'constant-vus', duration: '1000' } } }
//! case: integers as text
//! with: { vus: '2', iterations: '2' }
//! metric: iterations 2
//! case: a fraction of a VU
//! with: { vus: 1.5 }
//! exit: 104
//! case: a boolean as number
//! with: { throw: 1 }
//! exit: 104
//! case: a tag that is no text
//! with: { tags: { a: 1 } }
//! exit: 104
//! case: a scenario's variable that is no text
//! with: { scenarios: { a: { executor: 'per-vu-iterations', env: { A: 1 } } } }
//! exit: 104
//! case: an option that is not known
//! with: { foo: 1 }
//! log: level=warning
//! case: an unknown part of dns is nobody's business
//! with: { dns: { foo: 1 } }
//! no log: foo
//! case: a scenario's field that is not known
//! with: { scenarios: { a: { executor: 'per-vu-iterations', foo: 1 } } }
//! exit: 104
//! log: foo
//! case: tlsAuth's and tlsVersion's likewise
//! with: { tlsAuth: [{ foo: 1 }] }
//! exit: 104
//! case: another type
//! with: { vus: {} }
//! exit: 104
//! case: statistics of trends have no code of their own
//! with: { summaryTrendStats: ['p(101)'] }
//! exit: 255
//! case: another unit of time from a script is ignored
//! with: { summaryTimeUnit: 'h' }
//! case: days are for scripts alone
//! run: -d 2d
//! with: {}
//! exit: 255
//! case: so are bare milliseconds
//! run: -d 5
//! with: {}
//! exit: 255
//! case: a stage needs a duration
//! run: -s :1
//! with: {}
//! exit: 255
//! case: an empty tag
//! run: --tag a=
//! with: {}
//! exit: 255
//! case: K6_TAGS has colons
//! env: K6_TAGS=a:b,c:d
//! with: {}
//! point: iterations{a=b,c=d} 1
//! case: setupTimeout must be above 0, teardownTimeout is not looked at
//! with: { setupTimeout: 0 }
//! exit: 104
//! case: teardownTimeout
//! with: { teardownTimeout: '0s' }
//! case: features are no option of scripts
//! with: { features: ['native-histograms'] }
//! log: level=warning
//! case: cloud and ext are for others
//! with: { cloud: { name: 'x' }, ext: { loadimpact: {} } }
export const options = __WITH__;
export default function () {}
