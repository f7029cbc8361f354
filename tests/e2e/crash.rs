//! A worker is killed in mid-ramp and started again: it does what the line asks now, and its totals go on.

use std::time::Duration;

use loadd_tests::{Loadd, Prometheus, Room, Target, epoch, paths, rfc3339, time::sleep_until};

const FROM: f64 = 20.0;
const TO: f64 = 220.0;
const SECONDS: f64 = 30.0;

/// Requests take a while, so that some are in flight when the worker is killed.
const SCRIPT: &str = r"
import http from 'k6/http';
export default function () { http.get(`${__ENV.TARGET}/plain?ms=20`); }
";

/// What the line asks at a time since the start.
fn rate(at: f64) -> f64 {
    FROM + (TO - FROM) * at / SECONDS
}

/// What was due between two times.
fn due(from: f64, to: f64) -> f64 {
    (rate(from) + rate(to)) / 2.0 * (to - from)
}

#[test]
fn a_killed_worker_rejoins_at_the_rate_that_is_due_now() {
    let (prometheus, target, room) = (Prometheus::start(), Target::start(), Room::new());
    room.write("script.js", SCRIPT);
    let start = epoch() as u64 + 5;
    let config = format!(
        r#"
test_id = "crash"
instance = "w"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
start_at = "{start}"
[scenarios.ramp]
executor = "ramping-arrival-rate"
start_rate = {FROM}
time_unit = "1s"
stages = [{{ target = {TO}, duration = "{SECONDS}s" }}]
pre_allocated_vus = 50
max_vus = 200
[remote_write]
url = "{write}"
interval = "1s"
spool = {{ path = "spool", max_bytes = "64MiB" }}
[admin]
listen = "127.0.0.1:{admin}"
"#,
        target = target.address(),
        start = rfc3339(start),
        write = prometheus.write_url(),
        admin = paths::free_port(),
    );
    let path = room.write("crash.toml", &config);
    let start = start as f64;

    let mut first = Loadd::daemon(&path);
    sleep_until(start + 12.0);
    first.kill();
    let killed = epoch() - start;
    let at_kill = target.stats();
    sleep_until(start + 15.0);
    let mut second = Loadd::daemon(&path);
    loadd_tests::wait_for(
        "load from the second process",
        Duration::from_secs(20),
        || (target.stats().begun > at_kill.begun + 20).then_some(()),
    );

    let from = (epoch() - start, target.stats().begun);
    sleep_until(epoch() + 3.0);
    let to = (epoch() - start, target.stats().begun);
    let (found, asked) = ((to.1 - from.1) as f64, due(from.0, to.0));
    assert!(
        (found - asked).abs() < asked * 0.1,
        "{found} starts from {} to {} s, where {asked} were due",
        from.0,
        to.0
    );

    second.finish(Duration::from_secs(90)).expect(0, &[]);
    let total = |metric: &str| {
        prometheus
            .number(&format!(
                "sum(last_over_time({metric}{{testid=\"crash\"}}[10m]))"
            ))
            .unwrap_or(0.0)
    };
    let (counted, judged) = (total("k6_http_reqs_total"), target.stats());
    let missing = judged.begun as f64 - counted;
    let allowed = due(killed - 1.1, killed) + 1.0;
    assert!(
        (0.0..=allowed).contains(&missing),
        "{missing} requests are missing, where {allowed} may be"
    );
    let resets = prometheus.must("max(resets(k6_http_reqs_total{testid=\"crash\"}[10m]))");
    assert_eq!(resets, 0.0, "the totals go on");
    assert_eq!(total("loadd_unclean_restarts_total"), 1.0);

    let planned = total("loadd_planned_iterations_total");
    let started = total("k6_iterations_total") + total("loadd_interrupted_iterations_total");
    assert_eq!(
        planned,
        started + total("loadd_dropped_iterations_total"),
        "planned = started + dropped"
    );
    let whole = due(0.0, SECONDS);
    assert!(
        (planned - whole).abs() <= 2.0,
        "{planned} planned of {whole}"
    );
    let down = prometheus.must("sum(last_over_time(loadd_dropped_iterations_total{testid=\"crash\",reason=\"down\"}[10m]))");
    let away = due(killed, from.0);
    assert!(
        down > 0.0 && down <= away + allowed,
        "{down} fell due while it was down, at most {away} + {allowed}"
    );
}
