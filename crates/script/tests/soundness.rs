//! The engine's soundness rules, each attacked by a script. What ends here is the iteration, never the process.

mod kit;

use std::time::Duration;

use kit::{World, limits, load};
use loadd_script::{Limits, ScriptFailure};

/// For loops that only the clock ends.
fn short() -> Limits {
    Limits {
        script_time: Some(Duration::from_millis(200)),
        ..limits()
    }
}

fn exception(outcome: kit::Outcomes) -> String {
    match outcome {
        Err(ScriptFailure::Exception { message, .. }) => message,
        other => panic!("expected an exception, got {other:?}"),
    }
}

fn limit(outcome: kit::Outcomes) -> String {
    match outcome {
        Err(ScriptFailure::Limit(text)) => text,
        other => panic!("expected a limit, got {other:?}"),
    }
}

/// After whatever happened, the same VU still works; and it tells what ran that must not have: a `note` needs no host function,
/// which would refuse to run anyway.
const ALIVE: &str = "export function alive() { return globalThis.ran ?? 'alive' } function note(text) { globalThis.ran = text }";

fn alive(world: &mut World) {
    world.cancel_at = None;
    world.cancel_at_yield = None;
    let call = loadd_script::Call {
        function: "alive".into(),
        data: None,
        env: None,
        iteration: None,
        want_result: true,
    };
    assert_eq!(world.call_with(call), Ok(Some("\"alive\"".to_owned())));
}

#[test]
fn rule_1_infinite_recursion_is_a_range_error_that_can_be_caught() {
    let script =
        format!("export default function () {{ function f() {{ return f() + 1 }} f() }}\n{ALIVE}");
    let mut world = World::new(&script);
    let message = exception(world.call());
    assert!(
        message.contains("Maximum call stack size exceeded"),
        "{message}"
    );
    alive(&mut world);
    let caught = "export default function () { function f() { return f() + 1 } try { f() } catch (e) { return e.name } }";
    assert_eq!(
        World::new(caught).call(),
        Ok(Some("\"RangeError\"".to_owned()))
    );
}

#[test]
fn rule_1_recursion_through_host_functions_ends_cleanly_at_every_depth() {
    for body in [
        "group('g', f)",
        "check(1, { x: f })",
        "[1].sort(); [2, 1].sort(f)",
        "JSON.stringify({ toJSON: f })",
        "'x'.replace(/x/, f)",
        "JSON.parse('[1]', f)",
        "[1].map(f)",
        "new Proxy({}, { get: f }).x",
        "http.get('http://x.test/'); group('g', f)",
        "console.log({ toJSON: f })",
        "http.get('http://x.test/').json('list.#(id==1).id'); group('g', f)",
        "http.get('http://x.test/').json('{\"a\":list.#.id,text}'); f()",
        "let a = []; for (let i = 0; i < 100; i++) a = [a]; console.log(a); f()",
    ] {
        let script = format!(
            "import {{ group, check }} from 'k6'; import http from 'k6/http';
             export default function () {{ let depth = 0; function f() {{ depth++; {body}; return 0 }}
               try {{ f() }} catch (e) {{ return [e.name, depth > 20] }} return 'ended' }}\n{ALIVE}"
        );
        let mut world = World::new(&script);
        assert_eq!(
            world.call(),
            Ok(Some("[\"RangeError\",true]".to_owned())),
            "{body}"
        );
        alive(&mut world);
    }
}

#[test]
fn rule_1_deep_data_and_async_recursion_end_cleanly() {
    for body in [
        "JSON.parse('['.repeat(100000))",
        "let a = []; for (let i = 0; i < 100000; i++) a = [a]; JSON.stringify(a)",
        "let a = []; for (let i = 0; i < 100000; i++) a = [a]; console.log(a)",
        "new RegExp('('.repeat(20000) + ')'.repeat(20000))",
        "eval('('.repeat(50000))",
        "async function f() { return f() } f()",
        "async function f() { await f() } f()",
        "let p = Promise.resolve(); async function f(n) { await null; return f(n + 1) } ; Math.max.apply(null, new Array(60000))",
    ] {
        // Whether it throws, is rejected or succeeds: the process and the VU live.
        let mut world = World::new(&format!("export default function () {{ {body} }}\n{ALIVE}"));
        let _ = world.call();
        alive(&mut world);
    }
}

#[test]
fn rule_7_loops_are_stopped_whatever_catches_around_them() {
    for body in [
        "while (true) {}",
        "try { while (true) { try { while (true) {} } catch (e) {} } } finally { note('finally') }",
        "/^(a+)+$/.test('a'.repeat(40) + 'b')",
        "try { /^(a+)+$/.test('a'.repeat(40) + 'b') } catch (e) { note('caught') }",
        "for (;;) { [1, 2, 3].map(x => x + 1) }",
        "(function* () { while (true) yield 1 })().forEach ; for (const x of (function* () { while (true) yield 1 })()) {}",
    ] {
        let mut world = World::of(
            &load(&format!("export default function () {{ {body} }}\n{ALIVE}")).unwrap(),
            short(),
        );
        let text = limit(world.call());
        assert!(text.contains("limits.script_time"), "{text}");
        assert!(
            world.yields > 1,
            "{body}: a script that runs for long yields to its neighbours"
        );
        assert_eq!(world.log(), Vec::<String>::new(), "{body}");
        alive(&mut world);
    }
}

#[test]
fn rule_7_an_async_loop_is_stopped_and_no_continuation_runs_later() {
    let script = format!(
        "export default async function () {{
           const inner = async () => {{ await null; while (true) {{}} }};
           try {{ await inner() }} catch (e) {{ note('caught') }} finally {{ note('finally') }} }}\n{ALIVE}"
    );
    let mut world = World::of(&load(&script).unwrap(), short());
    limit(world.call());
    alive(&mut world);
    assert_eq!(world.log(), Vec::<String>::new());
}

#[test]
fn a_memory_bomb_ends_the_iteration_and_leaves_the_heap_usable() {
    for body in [
        "let a = []; while (true) a.push(new Array(1000).fill(1))",
        "let s = 'x'; while (true) s += s",
        "let a = []; try { while (true) a.push({ a: [1, 2, 3] }) } catch (e) { a = null; throw e }",
        "new ArrayBuffer(1 << 30)",
        "'x'.repeat(1 << 29)",
    ] {
        for kind in ["function", "async function"] {
            let mut world = World::new(&format!("export default {kind} () {{ {body} }}\n{ALIVE}"));
            let outcome = world.call();
            assert!(
                matches!(
                    outcome,
                    Err(ScriptFailure::Limit(_) | ScriptFailure::Exception { .. })
                ),
                "{kind} {body}: {outcome:?}"
            );
            alive(&mut world);
        }
    }
    let mut world = World::new(
        "export default function () { let a = []; while (true) a.push(new Array(1000).fill(1)) }",
    );
    assert!(limit(world.call()).contains("limits.memory_per_vu"));
}

#[test]
fn rule_4_an_exception_after_resumes_has_its_message_and_place() {
    let script = "import { sleep } from 'k6';
import http from 'k6/http';
function inner() { sleep(1); http.get('http://x.test/'); throw new Error('late') }
export default function () { try { inner() } catch (e) { sleep(2); throw e } finally { sleep(3) } }";
    let mut world = World::new(script);
    match world.call() {
        Err(ScriptFailure::Exception { message, stack }) => {
            assert_eq!(message, "Error: late");
            assert!(stack.contains("at inner (-:3:"), "{stack}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        world.ops,
        [
            "sleep 1s",
            "http GET http://x.test/",
            "sleep 2s",
            "sleep 3s"
        ]
    );
}

#[test]
fn rule_5_cancel_in_a_request_runs_no_catch_and_no_finally() {
    let script = format!(
        "import http from 'k6/http'; import {{ sleep, group }} from 'k6';
         export default function () {{ group('g', () => {{
           try {{ http.get('http://x.test/') }} catch (e) {{ note('caught') }} finally {{ note('finally'); sleep(1) }}
         }}) }}\n{ALIVE}"
    );
    let mut world = World::new(&script);
    world.cancel_at = Some(1);
    assert_eq!(world.call(), Err(ScriptFailure::Cancelled));
    alive(&mut world);
    assert_eq!(world.log(), Vec::<String>::new());
}

#[test]
fn rule_5_cancel_in_an_await_continuation_runs_nothing_of_it() {
    for wait in [
        "sleep(1)",
        "await http.asyncRequest('GET', 'http://x.test/')",
        "await new Promise(r => setTimeout(r, 1000))",
    ] {
        let script = format!(
            "import http from 'k6/http'; import {{ sleep }} from 'k6';
             export default async function () {{ await null;
               try {{ {wait}; note('went on') }} catch (e) {{ note('caught') }} finally {{ note('finally') }} }}\n{ALIVE}"
        );
        for at in 1..3 {
            let mut world = World::new(&script);
            world.cancel_at = Some(at);
            let outcome = world.call();
            if world.ops.len() >= at {
                assert_eq!(outcome, Err(ScriptFailure::Cancelled), "{wait} at {at}");
                alive(&mut world);
                assert_eq!(world.log(), Vec::<String>::new(), "{wait} at {at}");
            }
        }
    }
}

#[test]
fn rule_5_cancel_at_a_yield_stops_a_spinning_script() {
    let mut world = World::new(&format!(
        "export default function () {{ try {{ while (true) {{}} }} finally {{ note('f') }} }}\n{ALIVE}"
    ));
    world.cancel_at_yield = Some(2);
    assert_eq!(world.call(), Err(ScriptFailure::Cancelled));
    alive(&mut world);
    assert_eq!(world.log(), Vec::<String>::new());
}

#[test]
fn rule_5_jobs_that_were_pending_at_the_end_of_a_call_never_run() {
    let pending = "Promise.resolve().then(() => note('job')).finally(() => note('finally'));
                   (async () => { try { await null; note('went on') } finally { note('f') } })();
                   setTimeout(() => note('timer'), 0);";
    for end in [
        "sleep(1)",
        "throw new Error('end')",
        "while (true) {}",
        "exec.test.abort()",
    ] {
        let script = format!(
            "import {{ sleep }} from 'k6'; import exec from 'k6/execution';
             export default function () {{ {pending} {end} }}\n{ALIVE}"
        );
        let mut world = World::of(&load(&script).unwrap(), short());
        world.cancel_at = Some(1);
        assert!(world.call().is_err(), "{end}");
        alive(&mut world);
        alive(&mut world);
        let mut log = world.log();
        log.retain(|line| !line.starts_with("ABORT"));
        assert_eq!(log, Vec::<String>::new(), "{end}");
    }
}

#[test]
fn rule_5_a_vu_dropped_while_suspended_is_unwound_first() {
    let mut world = World::new(
        "import { sleep } from 'k6'; export default function () { try { sleep(1) } finally { note('f') } }",
    );
    let call = loadd_script::Call {
        function: "default".into(),
        data: None,
        env: None,
        iteration: None,
        want_result: false,
    };
    let step = world.vu.resume(loadd_script::Input::Call(call));
    assert!(matches!(step, loadd_script::Step::Suspended(_)), "{step:?}");
    let host = std::rc::Rc::clone(&world.host);
    drop(world);
    assert_eq!(*host.log.borrow(), Vec::<String>::new());
}

#[test]
fn rule_2_neighbours_are_unharmed() {
    let bundle = load(&format!(
        "import {{ sleep }} from 'k6'; let count = 0;
         export default function () {{ count++; sleep(1); return count }}
         export function spin() {{ while (true) {{}} }} export function deep() {{ deep() }}\n{ALIVE}"
    ))
    .unwrap();
    let mut worlds: Vec<World> = (0..4).map(|_| World::of(&bundle, short())).collect();
    for round in 1..4 {
        for (index, world) in worlds.iter_mut().enumerate() {
            let function = match (index, round) {
                (0, 2) => "spin",
                (1, 2) => "deep",
                _ => "default",
            };
            let call = loadd_script::Call {
                function: function.into(),
                data: None,
                env: None,
                iteration: None,
                want_result: true,
            };
            let outcome = world.call_with(call);
            if function == "default" {
                let expected = if index < 2 && round == 3 { 2 } else { round };
                assert_eq!(outcome, Ok(Some(expected.to_string())));
            } else {
                assert!(outcome.is_err());
            }
        }
    }
}

#[test]
fn rule_8_a_panic_of_a_host_function_breaks_this_vu_only() {
    // The driver answers a request with a batch's completion: a fault of the host that makes the module panic.
    let script = "import http from 'k6/http'; export default function () { try { http.get('http://x.test/') } catch (e) { note('caught') } }";
    let mut world = World::new(script);
    let call = loadd_script::Call {
        function: "default".into(),
        data: None,
        env: None,
        iteration: None,
        want_result: false,
    };
    let step = world.vu.resume(loadd_script::Input::Call(call));
    assert!(
        matches!(
            step,
            loadd_script::Step::Suspended(loadd_script::Op::Http(_))
        ),
        "{step:?}"
    );
    let step = world.vu.resume(loadd_script::Input::Complete(
        loadd_script::Completion::Batch(Vec::new()),
    ));
    assert!(
        matches!(
            step,
            loadd_script::Step::Returned(Err(ScriptFailure::Broken(_)))
        ),
        "{step:?}"
    );
    assert!(matches!(
        world.vu.resume(loadd_script::Input::Shutdown),
        loadd_script::Step::Closed
    ));
    assert_eq!(world.log(), Vec::<String>::new());
}

#[test]
fn rule_9_rejected_promises_fail_the_iteration() {
    for (body, expected) in [
        (
            "async function () { throw new Error('a') }",
            "Uncaught (in promise) Error: a",
        ),
        (
            "function () { Promise.reject(new TypeError('b')) }",
            "Uncaught (in promise) TypeError: b",
        ),
        (
            "async function () { await Promise.reject('c') }",
            "Uncaught (in promise) c",
        ),
        (
            "function () { setTimeout(() => { throw new Error('d') }, 1) }",
            "Error: d",
        ),
    ] {
        assert_eq!(
            exception(World::new(&format!("export default {body}")).call()),
            expected
        );
    }
    let handled = "export default function () { const p = Promise.reject(1); p.catch(() => {}) }";
    assert_eq!(World::new(handled).call(), Ok(None));
}

#[test]
fn without_a_time_limit_a_spinning_script_still_yields_and_can_be_cancelled() {
    let bundle = load("export default function () { while (true) {} }").unwrap();
    let mut world = World::of(
        &bundle,
        Limits {
            script_time: None,
            slice: Duration::from_millis(1),
            ..limits()
        },
    );
    world.cancel_at_yield = Some(50);
    assert_eq!(world.call(), Err(ScriptFailure::Cancelled));
}
