//! rule: api 3.1, 20.11 init code runs once for options, for each VU, for setup, teardown and the summary; __VU is 0 but in VUs
//! case: all
//! run: --vus 2 --iterations 2
//! log: x4 init 0
//! log: x1 init 1
//! log: x1 init 2
//! case: no-summary
//! run: --vus 2 --iterations 2 --summary-mode=disabled
//! log: x3 init 0
//! log: x1 init 1
//! log: x1 init 2
//! case: neither-setup-nor-teardown
//! run: --vus 2 --iterations 2 --no-setup --no-teardown
//! log: x2 init 0
//! log: x1 init 1
//! log: x1 init 2
console.log(`init ${__VU} ${typeof __ITER}`);
let shared = 0;
export function setup() { shared += 1; console.log(`setup ${shared} ${__VU} ${typeof __ITER}`); }
export default function () { shared += 1; }
export function teardown() { shared += 1; if (shared !== 1) throw new Error('shared'); }
