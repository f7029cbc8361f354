//! rule: engine 2.1, api 4 scenario env lies over __ENV whenever a VU starts working for the scenario, tags over run tags
//! env: OUTER=system
//! run: -e GIVEN=flag --tag team=run --tag other=run
//! order: a: system own flag | b: system undefined flag
//! metric: iterations{team:a} 1
//! metric: iterations{team:run} 1
//! metric: iterations{other:run} 2
import { sleep } from 'k6';
export const options = { thresholds: { 'iterations{team:a}': [], 'iterations{team:run}': [], 'iterations{other:run}': [] }, scenarios: {
  a: { executor: 'per-vu-iterations', env: { MINE: 'own' }, tags: { team: 'a' }, gracefulStop: '0s', maxDuration: '1s' },
  b: { executor: 'per-vu-iterations', startTime: '1s' } } };
import exec from 'k6/execution';
export default function () {
  console.log(`${exec.scenario.name}: ${__ENV.OUTER} ${__ENV.MINE} ${__ENV.GIVEN}`);
  __ENV.MINE = 'changed';
}
