//! rule: guide: --execution-segment with its sequence: four machines share the work without a gap
//! case: first
//! run: --execution-segment 0:1/4 --execution-segment-sequence 0,1/4,2/4,3/4,1
//! metric: iterations 25
//! metric: vus_max absent
//! case: last
//! run: --execution-segment 3/4:1 --execution-segment-sequence 0,1/4,2/4,3/4,1
//! metric: iterations 25
//! case: all
//! metric: iterations 100
export const options = {
  scenarios: { shared: { executor: 'shared-iterations', vus: 8, iterations: 100 } },
};

export default function () {}
