//! What goes wrong is said with file, line and key, ends with the contract's exit code, and never shows a panic.

use std::{net::TcpListener, time::Duration};

use loadd_tests::{Finished, Loadd, Prometheus, Receiver, Reply, Room, Target, paths, wait_for};

const SCRIPT: &str = "import http from 'k6/http';\nexport default function () { http.get(`${__ENV.TARGET}/plain`); }\n";

/// A test of two seconds; `more` goes to its end.
fn config(target: &str, more: &str) -> String {
    format!(
        r#"
test_id = "faults"
instance = "w"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
[scenarios.steady]
executor = "constant-arrival-rate"
rate = 20
duration = "2s"
pre_allocated_vus = 5
{more}
"#
    )
}

fn admin() -> String {
    format!("[admin]\nlisten = \"127.0.0.1:{}\"\n", paths::free_port())
}

/// A daemon to its end, with these files.
fn daemon(toml: &str, script: &str) -> Finished {
    let room = Room::new();
    room.write("script.js", script);
    Loadd::daemon(&room.write("test.toml", toml)).finish(Duration::from_secs(60))
}

#[test]
fn a_broken_toml_file_is_named_with_line_and_key() {
    // (what is put at the end of the file, texts of the complaint)
    let table: [(&str, &[&str]); 7] = [
        ("[remote_write\nurl = 1\n", &["test.toml:11"]),
        (
            "[remote_wriet]\nurl = \"http://127.0.0.1:1\"\n",
            &["test.toml:11", "remote_wriet", "remote_write"],
        ),
        (
            "[remote_write]\nurl = \"http://127.0.0.1:1\"\nintervall = \"5s\"\n",
            &["test.toml:13", "intervall", "interval"],
        ),
        (
            "[remote_write]\nurl = \"http://127.0.0.1:1\"\ninterval = \"five\"\n",
            &["test.toml:13", "interval", "five"],
        ),
        (
            "[remote_write]\nurl = \"not a url\"\n",
            &["test.toml:12", "url"],
        ),
        (
            "[remote_write]\ninterval = \"5s\"\n",
            &["test.toml:11", "url"],
        ),
        ("[workers]\nindex = 3\n", &["test.toml:1", "count"]),
    ];
    for (more, texts) in table {
        let finished = daemon(&config("127.0.0.1:1", more), SCRIPT);
        assert_eq!(finished.code, 104, "{more}\n{}", finished.output());
        finished.expect(104, texts);
    }
}

#[test]
fn all_errors_of_a_file_are_named_at_once() {
    let more = "[remote_write]\nurl = \"http://127.0.0.1:1\"\ninterval = \"five\"\nhistogram_schema = 99\n";
    daemon(&config("127.0.0.1:1", more), SCRIPT).expect(104, &["interval", "histogram_schema"]);
}

#[test]
fn a_missing_toml_file_is_a_bad_config() {
    let room = Room::new();
    Loadd::output(room.path(), &["--config", "absent.toml"]).expect(104, &["absent.toml"]);
}

#[test]
fn a_script_that_cannot_start_is_named_with_file_and_line() {
    let table: [(&str, &[&str]); 5] = [
        (
            "export default function () {\n  let 1 = 2;\n}\n",
            &["script.js:2"],
        ),
        (
            "import { a } from './gone.js';\nexport default function () {}\n",
            &["gone.js", "script.js"],
        ),
        (
            "const a = 1;\nthrow new Error('no luck today');\nexport default function () {}\n",
            &["no luck today", "script.js:2"],
        ),
        (
            "import x from 'k6/nonsense';\nexport default function () {}\n",
            &["k6/nonsense", "script.js"],
        ),
        ("export function other() {}\n", &["default"]),
    ];
    for (script, texts) in table {
        let finished = daemon(&config("127.0.0.1:1", &admin()), script);
        // An exec function that is not there is an invalid option, as in k6.
        let code = if texts == ["default"] { 104 } else { 107 };
        assert_eq!(finished.code, code, "{script}\n{}", finished.output());
        finished.expect(code, texts);
    }
}

#[test]
fn a_script_that_is_not_there_is_named() {
    let room = Room::new();
    let path = room.write("test.toml", &config("127.0.0.1:1", &admin()));
    Loadd::daemon(&path)
        .finish(Duration::from_secs(60))
        .expect(107, &["script.js"]);
}

#[test]
fn an_unreachable_target_fails_the_requests_and_not_the_test() {
    let prometheus = Prometheus::start();
    let more = format!(
        "{}[remote_write]\nurl = \"{}\"\ninterval = \"1s\"\n",
        admin(),
        prometheus.write_url()
    );
    let target = format!("127.0.0.1:{}", paths::free_port());
    daemon(&config(&target, &more), SCRIPT).expect(0, &[]);
    // 1212: connection refused.
    let refused = prometheus
        .must("sum(last_over_time(k6_http_reqs_total{error_code=\"1212\",status=\"0\"}[10m]))");
    assert_eq!(refused, 40.0);
    let failed = prometheus
        .must("sum(last_over_time(k6_http_req_failed_total{condition=\"nonzero\"}[10m]))");
    assert_eq!(failed, 40.0);
}

#[test]
fn an_admin_port_that_is_taken_ends_with_106() {
    let holder = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = holder.local_addr().expect("an address").to_string();
    let more = format!("[admin]\nlisten = \"{address}\"\n");
    daemon(&config("127.0.0.1:1", &more), SCRIPT).expect(106, &[&address]);
}

fn pushing_to(url: &str) -> String {
    format!(
        "{}[remote_write]\nurl = \"{url}\"\ninterval = \"1s\"\nflush_timeout = \"5s\"\n",
        admin()
    )
}

#[test]
fn a_receiver_that_refuses_for_good_costs_samples_and_not_load() {
    let target = Target::start();
    let refuse = Reply::Answer {
        status: 400,
        headers: vec![],
        body: "out of bounds, says the receiver\n",
    };
    let receiver = Receiver::start([], refuse);
    let finished = daemon(
        &config(target.address(), &pushing_to(&receiver.write_url())),
        SCRIPT,
    );
    finished.expect(121, &["400", "out of bounds, says the receiver"]);
    assert_eq!(target.stats().served, 40);
    assert!(!receiver.received().is_empty());
}

#[test]
fn a_receiver_that_is_unwell_is_asked_again_until_it_takes_everything() {
    let target = Target::start();
    let script = [
        Reply::status(500),
        Reply::HangUp,
        Reply::Reset,
        Reply::Half,
        Reply::Answer {
            status: 429,
            headers: vec![("retry-after", "1")],
            body: "",
        },
        Reply::Stall(Duration::from_secs(1)),
        Reply::status(503),
    ];
    let receiver = Receiver::start(script, Reply::status(204));
    let more = pushing_to(&receiver.write_url())
        .replace("flush_timeout = \"5s\"", "flush_timeout = \"60s\"");
    daemon(&config(target.address(), &more), SCRIPT).expect(0, &[]);
    let counted: f64 = receiver
        .accepted()
        .iter()
        .filter(|series| series.name() == "k6_http_reqs_total")
        .flat_map(|series| &series.samples)
        .map(|sample| sample.value)
        .filter(|value| !value.is_nan())
        .fold(0.0, f64::max);
    assert_eq!(
        counted,
        target.stats().served as f64,
        "the last count that was taken is the whole"
    );
    let received = receiver.received();
    assert_eq!(
        received[0].body, received[1].body,
        "what gets no answer is sent again as it was"
    );
    let (half, stalled) = (&received[3], &received[4]);
    assert!(stalled.at > half.at, "requests come one after the other");
    for request in &received {
        assert_eq!(request.headers["content-encoding"], "snappy");
        assert_eq!(request.headers["content-type"], "application/x-protobuf");
        assert_eq!(
            request.headers["x-prometheus-remote-write-version"],
            "0.1.0"
        );
        assert!(
            request.message.is_some(),
            "each body is a message of remote write 1.0"
        );
    }
}

#[test]
fn samples_that_cannot_be_delivered_end_with_121() {
    let target = Target::start();
    let receiver = Receiver::start([], Reply::status(503));
    let finished = daemon(
        &config(target.address(), &pushing_to(&receiver.write_url())),
        SCRIPT,
    );
    finished.expect(121, &["503"]);
    assert_eq!(target.stats().served, 40, "the load ended well");
}

#[test]
fn a_prometheus_without_native_histograms_is_named_as_such() {
    let (target, prometheus) = (Target::start(), Prometheus::start_without_histograms());
    let finished = daemon(
        &config(target.address(), &pushing_to(&prometheus.write_url())),
        SCRIPT,
    );
    finished.expect(121, &["native histograms are disabled"]);
}

#[test]
fn sigterm_finishes_flushes_and_exits_with_0() {
    let (target, prometheus, room) = (Target::start(), Prometheus::start(), Room::new());
    let more = pushing_to(&prometheus.write_url());
    let text = config(target.address(), &more)
        .replace("duration = \"2s\"", "duration = \"forever\"")
        .replace("rate = 20", "rate = 100");
    room.write("script.js", &SCRIPT.replace("/plain", "/plain?ms=300"));
    let mut loadd = Loadd::daemon(&room.write(
        "test.toml",
        &text.replace("pre_allocated_vus = 5", "pre_allocated_vus = 60"),
    ));
    wait_for("requests", Duration::from_secs(30), || {
        (target.stats().served > 100).then_some(())
    });
    loadd.terminate();
    loadd.finish(Duration::from_secs(60)).expect(0, &[]);
    let judged = target.stats();
    assert_eq!(
        judged.begun, judged.served,
        "iterations under way were let finish"
    );
    let total = prometheus.must("sum(last_over_time(k6_http_reqs_total[10m]))");
    assert_eq!(total, judged.served as f64);
    assert!(
        prometheus
            .query("k6_http_reqs_total")
            .expect("a valid query")
            .is_empty(),
        "its series are stale"
    );
}
