//! rule: engine 1.6 feature flags: a name each, the highest layer decides alone, an unknown one is only an error line
//! case: run tags merge
//! run: --features merge-run-tags --tag b=2
//! with: { tags: { a: '1' } }
//! point: iterations{a=1,b=2} 1
//! case: without it a layer replaces them
//! run: --tag b=2
//! with: { tags: { a: '1' } }
//! point: iterations{b=2,!a} 1
//! case: a frozen environment
//! run: --features freeze-env
//! with: {}
//! log: frozen true
//! case: by the variable
//! env: K6_FEATURES=freeze-env
//! with: {}
//! log: frozen true
//! case: flags decide alone
//! run: --features merge-run-tags
//! env: K6_FEATURES=freeze-env
//! with: {}
//! log: frozen false
//! case: several
//! run: --features merge-run-tags,freeze-env --tag b=2
//! with: { tags: { a: '1' } }
//! point: iterations{a=1,b=2} 1
//! log: frozen true
//! case: an unknown name
//! run: --features no-such
//! with: {}
//! log: level=error
//! log: no-such
//! metric: iterations 1
//! case: in the script it is only a warning
//! with: { features: ['freeze-env'] }
//! log: level=warning
//! log: frozen false
export const options = __WITH__;
export default function () {
  console.log(`frozen ${Object.isFrozen(__ENV)}`);
}
