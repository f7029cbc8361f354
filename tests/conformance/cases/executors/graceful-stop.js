//! rule: engine 2.3 running iterations may go on until R + gracefulStop, then they are interrupted and leave no iteration samples
//! case: long enough
//! with: {executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '3s'}
//! metric: iterations 2
//! metric: iteration_duration.min >=1500
//! log: x2 end of iteration
//! took: 1.5..3
//! out: 2 complete and 0 interrupted iterations
//! case: too short
//! with: {executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '200ms'}
//! metric: iterations absent
//! metric: iteration_duration absent
//! metric: data_sent.count >=0
//! no log: end of iteration
//! no log: finally
//! no log: caught
//! took: 1.2..2.5
//! out: 0 complete and 2 interrupted iterations
//! case: none at all
//! with: {executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '0s'}
//! metric: iterations absent
//! no log: end of iteration
//! took: 1.0..2.2
//! case: per-vu-iterations
//! with: {executor: 'per-vu-iterations', vus: 2, iterations: 3, maxDuration: '1s', gracefulStop: '100ms'}
//! metric: iterations absent
//! metric: dropped_iterations 4
//! no log: finally
//! case: per-vu-iterations with time
//! with: {executor: 'per-vu-iterations', vus: 2, iterations: 3, maxDuration: '1s', gracefulStop: '5s'}
//! metric: iterations 2
//! metric: dropped_iterations 4
//! case: shared-iterations
//! with: {executor: 'shared-iterations', vus: 2, iterations: 7, maxDuration: '1s', gracefulStop: '100ms'}
//! metric: iterations absent
//! metric: dropped_iterations 5
//! case: constant-arrival-rate
//! with: {executor: 'constant-arrival-rate', rate: 2, duration: '1s', preAllocatedVUs: 3, gracefulStop: '100ms'}
//! metric: iterations absent
//! metric: dropped_iterations absent
import { sleep } from 'k6';
export const options = { scenarios: { c: __WITH__ } };
export default function () {
  try { sleep(1.5); } catch (e) { console.log('caught'); } finally { if (__ENV.NEVER) console.log('finally'); }
  console.log('end of iteration');
}
