//! rule: engine 1.4 minIterationDuration: the VU waits out the rest after iteration_duration was taken
//! metric: iterations 3
//! metric: iteration_duration.max <100
//! took: 0.9..2
//! case: option
//! with: minIterationDuration: '300ms', iterations: 3
//! case: a failing iteration waits as well
//! with: minIterationDuration: 300, iterations: 3, tags: {fails: 'yes'}
//! case: flag
//! with: iterations: 3
//! run: --min-iteration-duration 300ms
//! case: environment
//! with: iterations: 3
//! env: K6_MIN_ITERATION_DURATION=300ms
import exec from 'k6/execution';
export const options = { __WITH__ };
export default function () { if (exec.test.options.tags && exec.test.options.tags.fails) throw new Error('no'); }
