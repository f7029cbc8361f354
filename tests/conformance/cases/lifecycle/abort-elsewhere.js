//! rule: api 3.1 test.abort in init, setup and teardown
//! exit: 108
//! case: init
//! with: exec.test.abort('in init');
//! log: in init
//! no log: iteration
//! case: setup
//! with: export function setup() { exec.test.abort('in setup'); }
//! log: in setup
//! no log: iteration
//! case: teardown
//! with: export function teardown() { exec.test.abort('in teardown'); }
//! log: iteration
//! log: in teardown
import exec from 'k6/execution';
__WITH__
export default function () { console.log('iteration'); }
