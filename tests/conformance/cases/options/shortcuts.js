//! rule: engine 1.2 from shortcuts to scenarios: which wins, which conflict
//! case: iterations are shared among the VUs
//! with: { vus: 2, iterations: 5 }
//! metric: iterations 5
//! case: only vus: as many iterations
//! with: { vus: 3 }
//! metric: iterations 3
//! case: nothing: one iteration
//! with: {}
//! metric: iterations 1
//! case: empty stages: one iteration of one VU, with a warning
//! with: { vus: 5, stages: [] }
//! metric: iterations 1
//! log: level=warning
//! case: empty scenarios: the same
//! with: { scenarios: {} }
//! metric: iterations 1
//! log: level=warning
//! case: duration with empty stages is no conflict
//! with: { duration: '1s', stages: [] }
//! metric: vus.max 1
//! case: a stage without duration is dropped
//! with: { stages: [{ target: 50 }, { duration: '1s', target: 1 }] }
//! metric: iterations 5..30
//! case: vus on the command line replace the scenarios
//! run: -u 2
//! with: { scenarios: { a: { executor: 'per-vu-iterations', iterations: 9 } } }
//! metric: iterations 2
//! log: level=warning
//! case: iterations and stages
//! with: { iterations: 2, stages: [{ duration: '1s', target: 1 }] }
//! exit: 104
//! case: iterations and scenarios
//! with: { iterations: 2, scenarios: { a: { executor: 'per-vu-iterations' } } }
//! exit: 104
//! case: duration and stages
//! with: { duration: '1s', stages: [{ duration: '1s', target: 1 }] }
//! exit: 104
//! case: duration and scenarios, empty ones too
//! with: { duration: '1s', scenarios: {} }
//! exit: 104
//! case: stages and scenarios
//! with: { stages: [{ duration: '1s', target: 1 }], scenarios: { a: { executor: 'per-vu-iterations' } } }
//! exit: 104
//! case: duration 0
//! with: { duration: 0 }
//! exit: 104
//! case: fewer iterations than VUs
//! with: { vus: 3, iterations: 2 }
//! exit: 104
//! case: no VUs for iterations
//! run: -u 0 -i 1
//! with: {}
//! exit: 104
//! case: no VUs for a duration
//! run: -u 0 -d 1s
//! with: {}
//! exit: 104
import { sleep } from 'k6';
export const options = __WITH__;
export default function () {
  sleep(0.05);
}
