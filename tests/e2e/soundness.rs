//! A script that loops, recurses or eats memory for ever fails its own iterations, and nobody else's.

use std::time::Duration;

use loadd_tests::{Loadd, Prometheus, Room, Target, paths};

/// Runs `bad` beside a neighbour that asks the target 50 times a second for six seconds, and looks at both.
fn beside_a_neighbour(body: &str, complaint: &[&str]) {
    let (target, prometheus, room) = (Target::start(), Prometheus::start(), Room::new());
    room.write(
        "script.js",
        &format!(
            "import http from 'k6/http';\n\
             export function good() {{ http.get(`${{__ENV.TARGET}}/plain`); }}\n\
             export function bad() {{\n{body}\n}}\n"
        ),
    );
    let config = format!(
        r#"
test_id = "soundness"
instance = "w"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
[scenarios.good]
executor = "constant-arrival-rate"
exec = "good"
rate = 50
duration = "6s"
pre_allocated_vus = 50
max_vus = 200
[scenarios.bad]
executor = "constant-vus"
exec = "bad"
vus = 4
duration = "6s"
graceful_stop = "1s"
[limits]
script_time = "500ms"
memory_per_vu = "32MiB"
[remote_write]
url = "{write}"
interval = "1s"
[admin]
listen = "127.0.0.1:{admin}"
"#,
        target = target.address(),
        write = prometheus.write_url(),
        admin = paths::free_port(),
    );
    let finished =
        Loadd::daemon(&room.write("soundness.toml", &config)).finish(Duration::from_secs(60));
    finished.expect(0, complaint);
    let counted = |metric: &str, scenario: &str| {
        let query = format!("sum(last_over_time({metric}{{scenario=\"{scenario}\"}}[10m]))");
        prometheus.number(&query).unwrap_or(0.0)
    };
    // What is late by more than a second is dropped: a neighbour that is kept from its turn would show here.
    assert_eq!(counted("loadd_planned_iterations_total", "good"), 300.0);
    assert!(
        target.stats().served >= 285,
        "the neighbour kept {} of 300 iterations",
        target.stats().served
    );
    assert_eq!(
        counted("k6_http_reqs_total", "good"),
        target.stats().served as f64,
        "totals stay exact"
    );
    let failed = counted("k6_iterations_total", "bad")
        + counted("loadd_interrupted_iterations_total", "bad");
    assert!(
        failed > 4.0,
        "each VU went on to another iteration after the first was ended: {failed}"
    );
}

#[test]
fn an_infinite_loop_fails_its_iteration_alone() {
    beside_a_neighbour("while (true) {}", &["script_time"]);
}

#[test]
fn an_infinite_loop_in_catch_and_finally_fails_its_iteration_alone() {
    beside_a_neighbour(
        "while (true) { try { while (true) {} } catch (e) { while (true) {} } finally { while (true) {} } }",
        &["script_time"],
    );
}

#[test]
fn infinite_recursion_fails_its_iteration_alone() {
    beside_a_neighbour(
        "const f = (n) => f(n + 1) + 1; f(0);",
        &["Maximum call stack size exceeded"],
    );
}

#[test]
fn a_memory_bomb_fails_its_iteration_alone() {
    beside_a_neighbour(
        "const hoard = []; while (true) hoard.push(new Array(1000).fill(1));",
        &["memory_per_vu"],
    );
}

#[test]
fn a_memory_bomb_of_small_pieces_fails_its_iteration_alone() {
    beside_a_neighbour(
        // The heap is still full when the exception arrives, and has no room for one.
        "globalThis.hoard = []; while (true) globalThis.hoard.push({});",
        &["memory_per_vu"],
    );
}

#[test]
fn a_catastrophic_regex_fails_its_iteration_alone() {
    beside_a_neighbour("/^(a+)+$/.test('a'.repeat(40) + 'b');", &["script_time"]);
}

#[test]
fn an_exception_after_a_resume_fails_its_iteration_alone() {
    beside_a_neighbour(
        "const answer = http.get(`${__ENV.TARGET}/stats`);\nthrow new Error(`broken after ${answer.status}`);",
        &["broken after 200", "script.js:5"],
    );
}
