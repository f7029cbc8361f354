//! rule: engine 1.1, 2.1 all errors of all scenarios are reported together, each in a line of its own
//! exit: 104
//! log: one
//! log: two
//! log: three
export const options = { scenarios: {
  one: { executor: 'constant-vus', vus: 0, duration: '1s' },
  two: { executor: 'per-vu-iterations', iterations: -2 },
  three: { executor: 'shared-iterations', vus: 3, iterations: 1 },
} };
export default function () {}
