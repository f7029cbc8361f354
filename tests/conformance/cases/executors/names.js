//! rule: engine 2.1 names of scenarios are of letters, digits, _ and -
//! case: good
//! with: a-B_9
//! metric: iterations 1
//! case: space
//! with: a b
//! exit: 104
//! case: dot
//! with: a.b
//! exit: 104
//! case: umlaut
//! with: ä
//! exit: 104
export const options = { scenarios: { '__WITH__': { executor: 'per-vu-iterations' } } };
export default function () {}
