//! rule: engine 1.1 the layers: config file, script, environment, flags; execution keys go together
//! case: a named config file
//! run: -c config.json
//! with: {}
//! metric: iterations 3
//! case: the script lies over it
//! run: -c config.json
//! with: { iterations: 4 }
//! metric: iterations 4
//! case: the environment lies over the script
//! env: K6_ITERATIONS=5
//! with: { iterations: 4 }
//! metric: iterations 5
//! case: flags lie over the environment
//! run: -i 6
//! env: K6_ITERATIONS=5
//! with: { iterations: 4 }
//! metric: iterations 6
//! case: a layer with iterations erases the scenarios below it, and says so
//! run: -i 2
//! with: { scenarios: { a: { executor: 'per-vu-iterations', iterations: 9 } } }
//! metric: iterations 2
//! log: level configuration overrode scenarios configuration entirely
//! case: vus survive
//! run: -i 4
//! with: { vus: 2, duration: '1h' }
//! metric: iterations 4
//! metric: vus_max absent
//! case: empty stages in the environment erase a duration
//! env: K6_STAGES=
//! with: { duration: '1h' }
//! metric: iterations 1
//! case: stages in the environment
//! env: K6_STAGES=500ms:1,500ms:2
//! with: {}
//! took: 0.9..6
//! case: a named config file that is not there
//! run: -c none.json
//! with: {}
//! exit: 104
//! case: the same by the environment
//! env: K6_CONFIG=none.json
//! with: {}
//! exit: 104
//! case: a config file that is no JSON
//! run: -c broken.json
//! with: {}
//! exit: 104
//! case: malformed values of the environment
//! env: K6_VUS=abc
//! with: {}
//! exit: 104
//! case: booleans of the environment
//! env: K6_THROW=yes
//! with: {}
//! exit: 104
import { sleep } from 'k6';
export const options = __WITH__;
export default function () {
  sleep(0.02);
}
//@ file: config.json
{ "iterations": 3, "unknown": true }
//@ file: broken.json
{bad
