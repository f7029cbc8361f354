//! rule: engine 8.2 logs: levels, forms, places, and what a line has
//! case: logfmt by default
//! log: level=info msg="two words" source=console
//! log: level=warning msg=one source=console
//! log: level=error msg="Error: broken
//! log: executor=per-vu-iterations
//! log: scenario=default
//! log: source=stacktrace
//! log: hint="script exception"
//! no log: level=debug
//! case: verbose
//! run: -v
//! log: level=debug msg=deep source=console
//! case: json
//! run: --log-format=json
//! log: {"level":"info","msg":"two words","source":"console","time":"20
//! case: raw
//! run: --log-format=raw
//! log: two words
//! no log: level=
//! case: none at all
//! run: --log-output=none
//! no log: two words
//! case: on standard output
//! run: --log-output=stdout
//! out: level=info msg="two words" source=console
//! no log: two words
//! case: into a file, from a level on
//! run: --log-output=file=l.log,level=warning
//! no log: one
//! file: l.log level=warning msg=one source=console
//! case: the console alone
//! run: --console-output=c.log
//! file: c.log level=info msg="two words"
//! no log: two words
//! log: source=stacktrace
//! case: by the environment
//! env: K6_LOG_FORMAT=json
//! log: {"level":"info","msg":"two words"
//! case: an unknown place
//! run: --log-output=nowhere
//! exit: 255
//! case: a folder that is not there
//! run: --log-output=file=no/such/l.log
//! exit: 255
export const options = { scenarios: { default: { executor: 'per-vu-iterations' } } };
export default function () {
  console.log('two words');
  console.warn('one');
  console.debug('deep');
  throw new Error('broken');
}
