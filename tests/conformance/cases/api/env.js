//! rule: api 4 __ENV: strings; the system's, then -e; mutable per VU, built anew when a VU enters a scenario
//! env: SYSTEM=theirs
//! env: OTHER=system
//! case: all
//! run: -e ONE=1 -e EMPTY= -e SYSTEM=own
//! log: 0 1|string|own|system|scenario|undefined
//! log: 1 1|string|own|system|scenario|changed
//! log: b 1|string|own|system|undefined|undefined
//! case: without-system
//! run: --include-system-env-vars=false -e ONE=1
//! log: 0 1|undefined|undefined|undefined|scenario|undefined
export const options = {
  scenarios: {
    a: { executor: 'per-vu-iterations', vus: 1, iterations: 2, env: { OWN: 'scenario' } },
    b: { executor: 'per-vu-iterations', vus: 1, iterations: 1, exec: 'b', startTime: '1s' },
  },
};
const show = () => [__ENV.ONE, typeof __ENV.EMPTY, __ENV.SYSTEM, __ENV.OTHER, __ENV.OWN, __ENV.CHANGED].map(String).join('|');
export default function () {
  console.log(`${__ITER} ${show()}`);
  __ENV.CHANGED = 'changed';
}
export function b() { console.log(`b ${show()}`); }
