//! Receivers of other makes: Prometheus 2.53 and VictoriaMetrics take the same totals and the same distribution, by remote
//! write and by OTLP, and a receiver that does not understand version 2.0 is spoken to in 1.0.

use std::{
    thread,
    time::{Duration, Instant},
};

use loadd_tests::{Finished, Loadd, Prometheus, Room, Target, Victoria};

const SCRIPT: &str = r"
import http from 'k6/http';
export const options = { scenarios: { all: {
  executor: 'constant-arrival-rate', rate: 50, timeUnit: '1s', duration: '4s', preAllocatedVUs: 50 } } };
export default function () { http.get(`${__ENV.TARGET}/plain?dist=uniform&min=5&max=200`); }
";

/// A run to its end with these tables; what the target served is the truth.
fn run(tables: &str) -> (Finished, f64) {
    let (target, room) = (Target::start(), Room::new());
    room.write("script.js", SCRIPT);
    let config = format!(
        "test_id = \"makes\"\ninstance = \"w\"\nscript = \"script.js\"\nenv = {{ TARGET = \"http://{}\" }}\n{tables}\
         [admin]\nlisten = \"127.0.0.1:{}\"\n",
        target.address(),
        loadd_tests::paths::free_port(),
    );
    let finished = Loadd::daemon(&room.write("test.toml", &config)).finish(Duration::from_secs(60));
    let stats = target.stats();
    assert_eq!(stats.begun, stats.served);
    (finished, stats.served as f64)
}

/// VictoriaMetrics shows this sum of a metric's series, after a while: what came in last is not seen at once. They have
/// ended: the last values before the markers count.
///
/// A native histogram's marker over remote write is an empty histogram to VictoriaMetrics, whose count is 0; hence the
/// greatest value rather than the last.
fn holds(victoria: &Victoria, metric: &str, expected: f64) {
    let query = format!("sum(max_over_time({metric}[5m]))");
    let mut last = None;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(30) {
        last = victoria.number(&query);
        // Sums are shown with some twelve digits.
        if last.is_some_and(|found| (found - expected).abs() < 1e-6) {
            return;
        }
        thread::sleep(Duration::from_millis(200));
    }
    panic!("{query}: {last:?} where {expected} was pushed");
}

#[test]
fn prometheus_2_53_by_remote_write_and_victoria_metrics_by_otlp_tell_the_same() {
    let (prometheus, victoria) = (Prometheus::start_2_53(), Victoria::start());
    let tables = format!(
        "[remote_write]\nurl = \"{}\"\ninterval = \"1s\"\n[otlp]\nendpoint = \"{}\"\ninterval = \"1s\"\n",
        prometheus.write_url(),
        victoria.otlp_url()
    );
    let (finished, served) = run(&tables);
    finished.expect(0, &[]);
    let of = |metric: &str| format!("sum(last_over_time({metric}[5m]))");
    assert_eq!(prometheus.must(&of("k6_http_reqs_total")), served);
    holds(&victoria, "k6_http_reqs_total", served);
    let native = of("k6_http_req_duration_seconds");
    assert_eq!(
        prometheus.must(&format!("histogram_count({native})")),
        served
    );
    holds(&victoria, "k6_http_req_duration_seconds_count", served);
    let sum = prometheus.must(&format!("histogram_sum({native})"));
    holds(&victoria, "k6_http_req_duration_seconds_sum", sum);
    // No rank among 200 is whole: one between two observations has no value of its own.
    for share in [0.501, 0.951, 0.991] {
        let here = prometheus.must(&format!("histogram_quantile({share}, {native})"));
        let query = format!(
            "histogram_quantile({share}, sum(last_over_time(k6_http_req_duration_seconds_bucket[5m])) by (vmrange))"
        );
        let there = victoria.number(&query).expect("a quantile");
        // Schema 7: a bucket is 0.54 % wide, within which each interpolates in its own way, and VictoriaMetrics gives its
        // edges with four digits.
        assert!(
            (here / there - 1.0).abs() < 0.0065,
            "{here} beside {there} at {share}"
        );
    }
}

#[test]
fn victoria_metrics_takes_remote_write_and_makes_version_2_fall_back() {
    for version in ["1.0", "2.0"] {
        let victoria = Victoria::start();
        let tables = format!(
            "[remote_write]\nurl = \"{}\"\ninterval = \"1s\"\nversion = \"{version}\"\n",
            victoria.write_url()
        );
        let (finished, served) = run(&tables);
        let said: &[&str] = match version {
            "2.0" => &["remote_write_fell_back_to_1.0"],
            _ => &[],
        };
        finished.expect(0, said);
        holds(&victoria, "k6_http_reqs_total", served);
        holds(&victoria, "k6_http_req_duration_seconds_count", served);
    }
}

#[test]
fn prometheus_2_53_makes_version_2_fall_back_and_loses_nothing() {
    let prometheus = Prometheus::start_2_53();
    let tables = format!(
        "[remote_write]\nurl = \"{}\"\ninterval = \"1s\"\nversion = \"2.0\"\n",
        prometheus.write_url()
    );
    let (finished, served) = run(&tables);
    finished.expect(0, &["remote_write_fell_back_to_1.0"]);
    let total = prometheus.must("sum(last_over_time(k6_http_reqs_total[5m]))");
    assert_eq!(total, served);
}
