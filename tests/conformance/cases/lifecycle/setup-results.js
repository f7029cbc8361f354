//! rule: api 3.3, 3.4 what setup may return, and what its failures do
//! case: undefined
//! with: export function setup() {}
//! log: data undefined
//! case: skipped
//! run: --no-setup
//! with: export function setup() { console.log('in setup'); return 1; }
//! log: data undefined
//! no log: in setup
//! case: skipped-by-option
//! with: export const options = { noSetup: true, noTeardown: true }; export function setup() { console.log('in setup'); return 1; }  export function teardown() { console.log('in teardown'); }
//! log: data undefined
//! no log: in setup
//! no log: in teardown
//! case: number
//! with: export function setup() { return 5; }
//! log: data number
//! case: null
//! with: export function setup() { return null; }
//! log: data object
//! case: function
//! with: export function setup() { return { f() {} }; }
//! exit: 255
//! no log: msg="data
//! case: nan
//! with: export function setup() { return { n: NaN }; }
//! exit: 255
//! no log: msg="data
//! case: infinity
//! with: export function setup() { return [Infinity]; }
//! exit: 255
//! no log: msg="data
//! case: throws
//! with: export function setup() { throw new Error('no setup'); } export function teardown() { console.log('in teardown'); }
//! exit: 107
//! log: no setup
//! no log: msg="data
//! no log: in teardown
//! case: rejects
//! with: export async function setup() { await null; throw new Error('no setup'); }
//! exit: 107
//! log: no setup
//! no log: msg="data
//! case: times-out
//! with: export const options = { setupTimeout: '200ms' }; import { sleep } from 'k6'; export function setup() { sleep(20); }
//! exit: 100
//! no log: msg="data
//! took: <10
//! case: teardown-throws
//! with: export function teardown() { throw new Error('no teardown'); }
//! exit: 107
//! log: data undefined
//! log: no teardown
//! case: teardown-times-out
//! with: export const options = { teardownTimeout: '200ms' }; import { sleep } from 'k6'; export function teardown() { sleep(20); }
//! exit: 101
//! log: data undefined
//! took: <10
//! case: teardown-skipped
//! run: --no-teardown
//! with: export function teardown() { throw new Error('no teardown'); }
//! log: data undefined
//! no log: no teardown
//! case: init-throws
//! with: throw new Error('no init');
//! exit: 107
//! log: no init
//! case: init-await-throws
//! with: await Promise.reject(new Error('no init'));
//! exit: 107
//! log: no init
//! case: init-unhandled
//! with: Promise.reject(new Error('no init'));
//! exit: 255
//! log: no init
//! case: syntax
//! with: let = 5 5;
//! exit: 107
//! log: script.js
__WITH__
export default function (data) { console.log('data ' + typeof data); }
