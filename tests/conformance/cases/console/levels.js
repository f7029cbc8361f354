//! rule: api 4 console.log is info; debug is hidden unless --verbose; there is no table, time, dir, trace, assert
//! case: plain
//! log: level=info msg=log source=console
//! log: level=info msg=info source=console
//! log: level=warning msg=warn source=console
//! log: level=error msg=error source=console
//! no log: msg=debug
//! log: undefined undefined undefined undefined undefined undefined
//! case: verbose
//! run: --verbose
//! log: level=debug msg=debug source=console
//! case: to-file
//! run: --console-output said.log
//! no log: msg=log
//! file: said.log log
//! file: said.log error
//! case: file-by-environment
//! env: K6_CONSOLE_OUTPUT=said.log
//! no log: msg=log
//! file: said.log warn
//! case: json
//! run: --log-format json
//! log: "msg":"log"
//! log: "source":"console"
//! log: "level":"info"
//! case: raw
//! run: --log-format raw
//! log: x1 log
export default function () {
  console.log('log');
  console.info('info');
  console.warn('warn');
  console.error('error');
  console.debug('debug');
  console.log(['table', 'time', 'dir', 'trace', 'assert', 'group'].map((n) => typeof console[n]).join(' '));
}
