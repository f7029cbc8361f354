//! A heap that is full says so, however it was filled; and only a full one does.

mod kit;

use kit::{World, load};
use loadd_script::{Limits, ScriptFailure};

/// A bound that bombs reach soon.
fn tight() -> Limits {
    Limits {
        memory_bytes: 4 << 20,
        ..kit::limits()
    }
}

/// Ways to fill a heap, each with what it makes for ever; `hoard` is where it lies, `i` counts.
const PIECES: [(&str, &str); 19] = [
    ("[]", "hoard.push(new Array(1000).fill(i))"),
    ("[]", "hoard.push({ i })"),
    ("[]", "hoard.push({ a: [i, i + 1, i + 2] })"),
    ("[]", "hoard.push([])"),
    ("[]", "hoard.push(() => i)"),
    ("[]", "hoard.push('text ' + i)"),
    ("[]", "hoard.push(i)"),
    ("[]", "hoard.push(Symbol())"),
    ("[]", "hoard.push(BigInt(i) << 200n)"),
    ("[]", "hoard.push(new Date(i))"),
    ("[]", "hoard.push(new Uint8Array(100))"),
    ("[]", "hoard.push(/x/g)"),
    ("[]", "hoard.push(new Error('e'))"),
    ("[]", "hoard.push(Promise.resolve(i))"),
    ("{}", "hoard['key ' + i] = i"),
    ("new Map()", "hoard.set(i, i)"),
    ("new Set()", "hoard.add({})"),
    ("null", "hoard = { before: hoard }"),
    ("[1]", "hoard = hoard.concat(hoard)"),
];

#[test]
fn a_memory_bomb_of_any_make_is_reported_as_the_limit_again_and_again() {
    for (empty, piece) in PIECES {
        for kind in ["function", "async function"] {
            let script = format!(
                "let hoard; export default {kind} () {{ hoard = {empty}; for (let i = 0; ; i++) {piece} }}
                 export function free() {{ hoard = null }}"
            );
            let mut world = World::of(&load(&script).unwrap(), tight());
            for round in 0..2 {
                let outcome = world.call();
                assert!(
                    matches!(&outcome, Err(ScriptFailure::Limit(text)) if text.contains("limits.memory_per_vu")),
                    "{kind} {piece}, round {round}: {outcome:?}"
                );
            }
            let free = loadd_script::Call {
                function: "free".into(),
                data: None,
                env: None,
                iteration: None,
                want_result: false,
            };
            assert_eq!(world.call_with(free), Ok(None), "{kind} {piece}");
        }
    }
}

#[test]
fn a_null_that_the_script_throws_is_its_own() {
    for body in [
        "throw null",
        // Much garbage before it, and half of the heap in use.
        "globalThis.kept ??= new Uint8Array(2 << 20); for (let i = 0; i < 100000; i++) [i]; throw null",
    ] {
        let script = format!("export default function () {{ {body} }}");
        let mut world = World::of(&load(&script).unwrap(), tight());
        for round in 0..3 {
            let outcome = world.call();
            assert!(
                matches!(&outcome, Err(ScriptFailure::Exception { message, .. }) if message == "null"),
                "{body}, round {round}: {outcome:?}"
            );
        }
    }
}

#[test]
fn garbage_in_circles_never_fills_the_heap() {
    // Three quarters of the heap live: one and a half times as much is more than there is.
    let script = "export default function () {
        globalThis.kept ??= Array.from({ length: 2400 }, () => new Uint8Array(10000));
        for (let i = 0; i < 300000; i++) { const a = { i }; a.self = a } }";
    let mut world = World::of(&load(script).unwrap(), kit::limits());
    for round in 0..3 {
        assert_eq!(world.call(), Ok(None), "round {round}");
    }
}
