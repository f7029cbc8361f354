//! rule: engine 1.3, 1.4, 8.1, 9.2 what the command line refuses: one error line and 255
//! exit: 255
//! log: x1 level=error
//! case: unknown flag
//! run: --nope
//! case: no script
//! command: run
//! case: two scripts
//! command: run script.js other.js
//! case: a script that is not there
//! command: run none.js
//! case: a name of a variable
//! run: -e 1A=b
//! case: type
//! run: -t nonsense
//! case: a summary that is gone
//! run: --summary-mode legacy
//! case: the same by the environment
//! env: K6_SUMMARY_MODE=legacy
//! case: no summary, by the old name
//! run: --no-summary
//! case: compatibility mode
//! env: K6_COMPATIBILITY_MODE=nonsense
//! case: traces
//! run: --traces-output nonsense
//! case: K6_NO_THRESHOLDS
//! env: K6_NO_THRESHOLDS=x
//! case: unit of time
//! run: --summary-time-unit h
//! case: a plain address where a block is wanted
//! run: --blacklist-ip 1.2.3.4
//! case: a percentage with a fraction
//! run: --execution-segment 33.5%
//! case: log output
//! run: --log-output nonsense
//! case: an output that is not known
//! run: -o nonsense
//! case: an output that was removed
//! run: -o kafka
//! case: a file in a folder that is not there
//! run: -o json=/none/x.json
export default function () {}
