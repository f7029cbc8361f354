//! rule: engine 3.1 segments: fractions, decimals, percents, the end alone; what is none is refused
//! case: the end alone
//! run: --execution-segment 1/4
//! metric: iterations 3
//! case: decimals
//! run: --execution-segment 0.25:0.75
//! metric: iterations 6
//! case: percents
//! run: --execution-segment 25%:50%
//! metric: iterations 3
//! case: nothing is the whole
//! run: --execution-segment=
//! metric: iterations 12
//! case: a sequence that does not reach both ends is filled up
//! run: --execution-segment 1/4:1/2 --execution-segment-sequence 1/4,1/2
//! metric: iterations 3
//! case: a percent with a fraction
//! run: --execution-segment 33.5%:1
//! exit: 255
//! case: the wrong way round
//! run: --execution-segment 1/2:1/4
//! exit: 255
//! case: of no length
//! run: --execution-segment 1/2:1/2
//! exit: 255
//! case: beyond the end
//! run: --execution-segment 1/2:5/4
//! exit: 255
//! case: no number
//! run: --execution-segment a:b
//! exit: 255
//! case: division by zero
//! run: --execution-segment 0:1/0
//! exit: 255
//! case: a sequence that falls
//! run: --execution-segment 0:1/2 --execution-segment-sequence 0,1/2,1/4,1
//! exit: 255
export const options = { scenarios: { all: { executor: 'shared-iterations', vus: 12, iterations: 12 } } };
export default function () {}
