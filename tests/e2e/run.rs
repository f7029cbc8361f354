//! `loadd run`: k6's scripts and flags in the foreground; checks, thresholds, summary, exit codes.

use std::time::Duration;

use loadd_tests::{Finished, Loadd, Room, Target};

fn run(target: &Target, script: &str, flags: &[&str]) -> Finished {
    let room = Room::new();
    room.write("script.js", script);
    let env = format!("TARGET=http://{}", target.address());
    let arguments: Vec<&str> = ["run"]
        .iter()
        .chain(flags)
        .copied()
        .chain(["-e", &env, "script.js"])
        .collect();
    Loadd::output(room.path(), &arguments)
}

const GET: &str = "import http from 'k6/http';\nimport { check } from 'k6';\n";

#[test]
fn a_plain_script_does_what_it_says_and_sums_it_up() {
    let target = Target::start();
    let script = format!(
        "{GET}export default function () {{
            const r = http.get(`${{__ENV.TARGET}}/json`);
            check(r, {{ 'status is 200': (r) => r.status === 200, 'never': () => false }});
            console.log(`iteration ${{__ITER}} saw ${{r.status}}`);
        }}"
    );
    let finished = run(&target, &script, &["--vus", "2", "--iterations", "10"]);
    finished.expect(0, &["iteration 0 saw 200"]);
    for text in [
        "checks_total",
        "status is 200",
        "✗ never",
        "http_reqs",
        "http_req_duration",
        "iterations",
        "p(95)=",
    ] {
        assert!(
            finished.stdout.contains(text),
            "the summary on stdout lacks `{text}`:\n{}",
            finished.stdout
        );
    }
    assert_eq!(target.stats().path("/json"), 10);
}

#[test]
fn a_crossed_threshold_ends_with_99_and_is_shown() {
    let target = Target::start();
    let script = format!(
        "{GET}export const options = {{ iterations: 3, thresholds: {{
            http_req_duration: ['p(95)<1'], checks: ['rate>0.5'] }} }};
        export default function () {{ check(http.get(`${{__ENV.TARGET}}/plain?ms=20`), {{ ok: (r) => r.status === 200 }}); }}"
    );
    let finished = run(&target, &script, &[]);
    finished.expect(99, &["http_req_duration"]);
    assert!(
        finished.stdout.contains("✗ 'p(95)<1'"),
        "{}",
        finished.stdout
    );
    assert!(
        finished.stdout.contains("✓ 'rate>0.5'"),
        "{}",
        finished.stdout
    );
}

#[test]
fn abort_on_fail_stops_the_test_at_once() {
    let target = Target::start();
    let script = format!(
        "{GET}export const options = {{ vus: 1, duration: '50s', thresholds: {{
            http_req_failed: [{{ threshold: 'rate<0.1', abortOnFail: true }}] }} }};
        export default function () {{ http.get(`${{__ENV.TARGET}}/plain?status=500&ms=50`); }}"
    );
    let room = Room::new();
    room.write("script.js", &script);
    let env = format!("TARGET=http://{}", target.address());
    let mut loadd = Loadd::command(room.path(), &["run", "-e", &env, "script.js"]);
    let (finished, length) = loadd.finish_timed(Duration::from_secs(60));
    finished.expect(99, &[]);
    assert!(length < Duration::from_secs(30), "it ran on for {length:?}");
}

#[test]
fn setup_data_reaches_every_iteration_and_teardown() {
    let target = Target::start();
    let script = format!(
        "{GET}export function setup() {{ return {{ word: 'from setup' }}; }}
        export default function (data) {{ console.log(`iteration: ${{data.word}}`); }}
        export function teardown(data) {{ console.log(`teardown: ${{data.word}}`); }}"
    );
    run(&target, &script, &["-i", "1"])
        .expect(0, &["iteration: from setup", "teardown: from setup"]);
}

#[test]
fn test_abort_ends_with_108_and_fail_only_fails_the_iteration() {
    let target = Target::start();
    let abort = "import exec from 'k6/execution';\nexport default function () { exec.test.abort('enough'); }";
    run(&target, abort, &["-i", "5"]).expect(108, &["enough"]);
    let fail = "import { fail } from 'k6';\nexport default function () { fail('not this one'); }";
    run(&target, fail, &["-i", "2"]).expect(0, &["not this one"]);
}

#[test]
fn what_is_not_there_yet_is_an_error_with_file_and_line() {
    let target = Target::start();
    let script =
        "export const a = 1;\nimport grpc from 'k6/net/grpcc';\nexport default function () {}";
    run(&target, script, &[]).expect(107, &["k6/net/grpcc", "script.js"]);
    let script =
        "import http from 'k6/http';\nexport default function () { http.get('nonsense://x'); }";
    run(&target, script, &[]).expect(0, &["nonsense"]);
}

#[test]
fn an_interrupt_ends_with_105_and_still_sums_up() {
    let (target, room) = (Target::start(), Room::new());
    room.write(
        "script.js",
        &format!(
            "{GET}export default function () {{ http.get(`${{__ENV.TARGET}}/plain?ms=20`); }}"
        ),
    );
    let env = format!("TARGET=http://{}", target.address());
    let mut loadd = Loadd::command(room.path(), &["run", "-d", "50s", "-e", &env, "script.js"]);
    loadd_tests::wait_for("requests", Duration::from_secs(30), || {
        (target.stats().served > 5).then_some(())
    });
    loadd.terminate();
    let finished = loadd.finish(Duration::from_secs(30));
    finished.expect(105, &[]);
    assert!(
        finished.stdout.contains("http_reqs"),
        "{}",
        finished.output()
    );
}

#[test]
fn methods_bodies_cookies_and_redirects_arrive_as_they_were_meant() {
    let target = Target::start();
    let script = format!(
        "{GET}export const options = {{ iterations: 1, thresholds: {{ checks: ['rate==1'] }} }};
        export default function () {{
            const base = __ENV.TARGET;
            const form = http.post(`${{base}}/post`, {{ a: '1', b: 'x y' }}).json();
            const json = http.put(`${{base}}/put`, JSON.stringify({{ n: 7 }}), {{ headers: {{ 'Content-Type': 'application/json' }} }});
            const moved = http.get(`${{base}}/redirect/3`);
            http.get(`${{base}}/cookies/set?colour=blue`);
            check(null, {{
                'a form': () => form.form.a == '1' && form.form.b == 'x y',
                'json': () => json.json('json.n') === 7,
                'followed': () => moved.status === 200 && moved.url.endsWith('/get'),
                'not followed': () => http.get(`${{base}}/redirect/3`, {{ redirects: 0 }}).status === 302,
                'cookie kept': () => http.get(`${{base}}/cookies`).body.includes('blue'),
                'gzip': () => http.get(`${{base}}/gzip`).json() !== null,
                'binary': () => http.get(`${{base}}/bytes/1000`, {{ responseType: 'binary' }}).body.byteLength === 1000,
                'delete': () => http.del(`${{base}}/delete`).status === 200,
                'head': () => http.head(`${{base}}/plain`).status === 200,
                'timings': () => http.get(`${{base}}/plain?ms=200`).timings.waiting >= 199,
            }});
        }}"
    );
    run(&target, &script, &[]).expect(0, &[]);
}
