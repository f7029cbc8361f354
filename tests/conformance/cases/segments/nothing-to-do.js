//! rule: engine 3.3 a worker whose share of the VUs is 0 leaves the scenario out, and ends well
//! run: --execution-segment 3/4:1 --execution-segment-sequence 0,1/4,2/4,3/4,1
//! metric: iterations absent
//! took: <6
export const options = { vus: 3, duration: '1s' };
export default function () {}
