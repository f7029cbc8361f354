//! Prometheus is killed and comes back in the middle of a run: the load does not notice, and nothing is lost.

use std::time::Duration;

use loadd_tests::{Loadd, Prometheus, Room, Target, epoch, paths, time::sleep_until, wait_for};

const RATE: f64 = 100.0;
const SECONDS: f64 = 30.0;

const SCRIPT: &str = r"
import http from 'k6/http';
export default function () { http.get(`${__ENV.TARGET}/plain?ms=20`); }
";

fn config(prometheus: &Prometheus, target: &Target, spool: &str) -> String {
    format!(
        r#"
test_id = "outage"
instance = "w"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
[scenarios.steady]
executor = "constant-arrival-rate"
rate = {RATE}
duration = "{SECONDS}s"
pre_allocated_vus = 20
max_vus = 200
[remote_write]
url = "{write}"
interval = "1s"
flush_timeout = "60s"
{spool}
[admin]
listen = "127.0.0.1:{admin}"
"#,
        target = target.address(),
        write = prometheus.write_url(),
        admin = paths::free_port(),
    )
}

fn outage(spool: &str) {
    let (mut prometheus, target, room) = (Prometheus::start(), Target::start(), Room::new());
    room.write("script.js", SCRIPT);
    let mut loadd = Loadd::daemon(&room.write("outage.toml", &config(&prometheus, &target, spool)));
    wait_for(
        "the first totals in Prometheus",
        Duration::from_secs(40),
        || {
            prometheus
                .number("sum(k6_http_reqs_total)")
                .filter(|total| *total > 200.0)
        },
    );
    let before = (epoch(), target.stats().begun);
    prometheus.kill();
    sleep_until(before.0 + 8.0);
    let after = (epoch(), target.stats().begun);
    prometheus.restart();

    let length = after.0 - before.0;
    let rate = (after.1 - before.1) as f64 / length;
    // Starts are made at their intended instants, so the only error is that of the two readings.
    assert!(
        (rate - RATE).abs() < RATE * 0.1,
        "{rate}/s during the outage of {length} s, where {RATE}/s were asked"
    );

    loadd.finish(Duration::from_secs(120)).expect(0, &[]);
    let total = prometheus.must("sum(last_over_time(k6_http_reqs_total{testid=\"outage\"}[10m]))");
    assert_eq!(total, target.stats().served as f64, "totals are exact");
    let planned = prometheus
        .must("sum(last_over_time(loadd_planned_iterations_total{testid=\"outage\"}[10m]))");
    assert_eq!(
        planned,
        RATE * SECONDS,
        "every start of the line was asked for"
    );
    assert_eq!(
        total, planned,
        "and no iteration was dropped for the outage"
    );
    let lost = "sum(last_over_time({__name__=~\"loadd_remote_write_samples_(failed|dropped)_total\"}[10m]))";
    assert_eq!(prometheus.number(lost).unwrap_or(0.0), 0.0);

    let series = prometheus
        .query("k6_http_reqs_total{testid=\"outage\"}[10m]")
        .expect("raw samples");
    assert_eq!(series.len(), 1, "one kind of request, one series");
    let points = &series[0].points;
    assert!(
        points
            .windows(2)
            .all(|pair| pair[0].value.float() <= pair[1].value.float()),
        "counts never go back"
    );
    let inside: Vec<_> = points
        .iter()
        .filter(|point| (before.0..after.0).contains(&point.at))
        .collect();
    assert!(
        inside.len() as f64 >= length - 2.0,
        "{} ticks of an outage of {length} s",
        inside.len()
    );
    // Each tick has its own time: the count at a tick is what was due by then, give or take one second's worth.
    let begin = points[0].at;
    for point in inside {
        let due = (point.at - begin) * RATE;
        let found = point.value.float();
        assert!(
            (found - due).abs() <= 1.5 * RATE,
            "{found} at {:.1} s, where {due} were due",
            point.at - begin
        );
    }
}

#[test]
fn an_outage_of_prometheus_leaves_no_trace_with_the_spool_in_memory() {
    outage("");
}

#[test]
fn an_outage_of_prometheus_leaves_no_trace_with_the_spool_on_disk() {
    outage("spool = { path = \"spool\", max_bytes = \"64MiB\" }");
}
