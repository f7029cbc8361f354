//! rule: api 3.2 what a script must and may export
//! case: nothing
//! with: export const options = {};
//! exit: 255
//! case: unknown-exec
//! with: export const options = { scenarios: { s: { executor: 'shared-iterations', exec: 'gone' } } }; export default function () {}
//! exit: 104
//! log: gone
//! case: no-default
//! with: export function other() {}
//! exit: 104
//! log: default
//! case: named-by-scenario
//! with: export const options = { scenarios: { s: { executor: 'shared-iterations', exec: 'own' } } }; export function own() { console.log('own ran'); }
//! log: own ran
//! case: setup-no-function
//! with: export const setup = 5; export default function () {}
//! exit: 255
//! log: setup
//! case: teardown-no-function
//! with: export const teardown = {}; export default function () {}
//! exit: 255
//! log: teardown
//! case: unknown-option
//! with: export const options = { nothingLikeThat: 1, vus: 1, iterations: 1 }; export default function () { console.log('ran'); }
//! log: nothingLikeThat
//! log: ran
//! case: wrong-type
//! with: export const options = { vus: 'many' }; export default function () {}
//! exit: 104
//! log: vus
//! case: options-with-function
//! with: export const options = { vus: 1, iterations: 1, tags: { a: 'b' } }; export default function () { console.log('tags ' + JSON.stringify(options.tags)); }
//! log: tags {\"a\":\"b\"}
//! case: written-back
//! run: --vus 2 --iterations 2 --tag run=yes
//! with: export const options = { vus: 1, maxRedirects: 3 }; export default function () { console.log(`back ${options.vus} ${options.iterations} ${options.tags.run} ${options.maxRedirects}`); }
//! log: x2 back 2 2 yes 3
//! case: arrow-default
//! with: export default () => { console.log('ran'); };
//! log: ran
//! case: const-default
//! with: const f = async () => { console.log('ran'); }; export { f as default };
//! log: ran
//! case: result-ignored
//! with: export default function () { console.log('ran'); return Promise.resolve({ a: () => 1 }); }
//! log: ran
__WITH__
