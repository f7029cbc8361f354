//! rule: engine 3.1, 3.2, 3.4 shares of a shared-iterations scenario: 3 equal workers, V=4, 10 iterations
//! with: , tags: {}
//! case: the first
//! run: --execution-segment 0:1/3 --execution-segment-sequence 0,1/3,2/3,1
//! metric: iterations 5
//! log: ran 0,
//! log: ran 2,
//! log: ran 4,
//! log: ran 6,
//! log: ran 8,
//! case: the second
//! run: --execution-segment 1/3:2/3 --execution-segment-sequence 0,1/3,2/3,1
//! metric: iterations 3
//! log: ran 1,
//! log: ran 5,
//! log: ran 9,
//! case: the third
//! run: --execution-segment 2/3:1 --execution-segment-sequence 0,1/3,2/3,1
//! metric: iterations 2
//! log: ran 3,
//! log: ran 7,
//! case: percent
//! run: --execution-segment 50%:100% --execution-segment-sequence 0,50%,100%
//! metric: iterations 5
//! case: a sequence without a segment
//! run: --execution-segment-sequence 0,1/2,1
//! exit: 104
//! case: an empty sequence
//! with: , executionSegmentSequence: ''
//! exit: 104
//! case: a segment that the sequence has not
//! run: --execution-segment 0:1/3 --execution-segment-sequence 0,1/2,1
//! exit: 104
import exec from 'k6/execution';
export const options = { vus: 4, iterations: 10 __WITH__ };
export default function () {
  console.log(`ran ${exec.scenario.iterationInTest}, VU ${exec.vu.idInTest}`);
}
