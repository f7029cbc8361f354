//! The main job, end to end: three daemons share one test, push to a real Prometheus, and PromQL over all of them says
//! exactly what the target says that it served.

use std::time::Duration;

use loadd_tests::{Finished, Loadd, Nginx, Prometheus, Room, Target, epoch, paths, rfc3339};

const WORKERS: usize = 3;
/// Schema 7: neighbouring bucket edges differ by 2^(1/128).
const SCHEMA_ERROR: f64 = 0.005_43;
/// The target rounds its own quantiles to 0.1 %.
const TARGET_ERROR: f64 = 0.001;
const OVERHEAD_SECONDS: f64 = 0.005;

const SCRIPT: &str = r"
import http from 'k6/http';
import { check } from 'k6';
export const options = {
  scenarios: {
    spread: { executor: 'constant-arrival-rate', exec: 'spread', rate: 240, timeUnit: '1s', duration: '20s',
              preAllocatedVUs: 240, maxVUs: 480 },
    still: { executor: 'constant-arrival-rate', exec: 'still', rate: 60, timeUnit: '1s', duration: '20s',
             preAllocatedVUs: 15, maxVUs: 60 },
  },
};
export function spread() {
  const answer = http.get(`${__ENV.TARGET}/plain?dist=uniform&min=200&max=600`, { tags: { name: 'spread' } });
  check(answer, { 'is 200': (r) => r.status === 200 });
}
export function still() {
  http.get(`${__ENV.NGINX}/still`, { tags: { name: 'still' } });
}
";

fn config(
    worker: usize,
    prometheus: &Prometheus,
    target: &Target,
    nginx: &Nginx,
    start: u64,
) -> String {
    format!(
        r#"
test_id = "spine"
instance = "worker-{worker}"
script = "spine.js"
env = {{ TARGET = "http://{target}", NGINX = "http://{nginx}" }}
start_at = "{start}"
[workers]
index = {worker}
count = {WORKERS}
[remote_write]
url = "{write}"
interval = "1s"
[admin]
listen = "127.0.0.1:{admin}"
"#,
        target = target.address(),
        nginx = nginx.address(),
        start = rfc3339(start),
        write = prometheus.write_url(),
        admin = paths::free_port(),
    )
}

struct Spine {
    prometheus: Prometheus,
    target: Target,
    nginx: Nginx,
    finished: Vec<Finished>,
}

fn run() -> Spine {
    let (prometheus, target, nginx, room) = (
        Prometheus::start(),
        Target::start(),
        Nginx::start(),
        Room::new(),
    );
    room.write("spine.js", SCRIPT);
    let start = epoch() as u64 + 8;
    let mut workers: Vec<Loadd> = (0..WORKERS)
        .map(|worker| {
            let text = config(worker, &prometheus, &target, &nginx, start);
            Loadd::daemon(&room.write(&format!("worker-{worker}.toml"), &text))
        })
        .collect();
    let finished = workers
        .iter_mut()
        .map(|worker| worker.finish(Duration::from_secs(90)))
        .collect();
    Spine {
        prometheus,
        target,
        nginx,
        finished,
    }
}

/// One run, looked at from all sides: a second one would cost half a minute for each side.
#[test]
fn three_workers_and_promql_over_all_of_them_tell_the_truth() {
    let spine = run();
    for finished in &spine.finished {
        finished.expect(0, &[]);
    }
    totals_are_those_of_the_judges(&spine);
    percentiles_lie_between_what_was_asked_and_what_was_given(&spine);
    every_worker_has_its_share(&spine);
    series_begin_with_zero_and_end_stale(&spine);
}

fn totals_are_those_of_the_judges(spine: &Spine) {
    let judged = spine.target.stats();
    assert_eq!(
        judged.begun, judged.served,
        "nothing was cut off: the graceful stop is longer than any answer"
    );
    let total = |metric: &str, scenario: &str| {
        let selector = format!("{metric}{{testid=\"spine\",scenario=\"{scenario}\"}}");
        format!("sum(last_over_time({selector}[10m]))")
    };
    let must = |query: String| spine.prometheus.must(&query);
    assert_eq!(
        must(total("k6_http_reqs_total", "spread")),
        judged.served as f64
    );
    assert_eq!(
        must(total("k6_http_reqs_total", "still")),
        spine.nginx.served() as f64
    );
    for (scenario, served) in [
        ("spread", judged.served as f64),
        ("still", spine.nginx.served() as f64),
    ] {
        let histogram = total("k6_http_req_duration_seconds", scenario);
        assert_eq!(
            must(format!("histogram_count({histogram})")),
            served,
            "{scenario}"
        );
    }
    let checks =
        "sum(last_over_time(k6_checks_total{testid=\"spine\",condition=\"nonzero\"}[10m]))";
    assert_eq!(spine.prometheus.must(checks), judged.served as f64);
    let planned = spine
        .prometheus
        .must("sum(last_over_time(loadd_planned_iterations_total{testid=\"spine\"}[10m]))");
    assert_eq!(
        planned,
        300.0 * 20.0,
        "the shares of the workers add up to the whole plan"
    );
    let done = spine
        .prometheus
        .must("sum(last_over_time(k6_iterations_total{testid=\"spine\"}[10m]))");
    let other = |metric: &str| {
        let query = format!("sum(last_over_time({metric}{{testid=\"spine\"}}[10m]))");
        spine.prometheus.number(&query).unwrap_or(0.0)
    };
    let dropped = other("loadd_dropped_iterations_total");
    assert_eq!(
        planned,
        done + other("loadd_interrupted_iterations_total") + dropped,
        "planned = started + dropped"
    );
    assert_eq!(
        other("k6_dropped_iterations_total"),
        dropped,
        "the same events, with and without their reason"
    );
}

/// The lower bound holds whatever the machine: no response can be seen before its delay is over. The upper bound is laid
/// to what the target *gave*, from head read to last byte handed over, so that a target that is late by its own timer or
/// by want of a core moves the bound with it. What remains is the loopback and the generator's own reading, some tens of
/// microseconds; that a twentieth of all requests (all that a p95 can notice) takes 5 ms there would need a machine that
/// is overloaded by a load of 100 requests a second and process.
fn percentiles_lie_between_what_was_asked_and_what_was_given(spine: &Spine) {
    let judged = spine.target.stats();
    let (asked, given) = (&judged.delay_ms, &judged.duration_ms);
    for (q, asked, given) in [
        (0.5, asked.p50, given.p50),
        (0.95, asked.p95, given.p95),
        (0.99, asked.p99, given.p99),
    ] {
        let (asked, given) = (
            asked.expect("delays") / 1e3,
            given.expect("durations") / 1e3,
        );
        let seen = spine.prometheus.must(&format!(
            "histogram_quantile({q}, sum(last_over_time(k6_http_req_duration_seconds{{testid=\"spine\",scenario=\"spread\"}}[10m])))"
        ));
        let low = asked * (1.0 - SCHEMA_ERROR - TARGET_ERROR);
        let high = given * (1.0 + SCHEMA_ERROR + TARGET_ERROR) + OVERHEAD_SECONDS;
        assert!(
            (low..=high).contains(&seen),
            "p{q}: {seen} is outside {low}..{high} (asked {asked}, given {given})"
        );
    }
}

fn every_worker_has_its_share(spine: &Spine) {
    let query =
        "sum by (instance) (last_over_time(loadd_planned_iterations_total{testid=\"spine\"}[10m]))";
    let shares = spine.prometheus.query(query).expect("a valid query");
    let mut instances: Vec<_> = shares
        .iter()
        .map(|series| series.label("instance").to_owned())
        .collect();
    instances.sort();
    assert_eq!(instances, ["worker-0", "worker-1", "worker-2"]);
    for series in &shares {
        let planned = series.last().float();
        assert!(
            (planned - 2000.0).abs() <= 2.0,
            "{:?}: {planned} of 6000 among three",
            series.labels
        );
    }
    let job = spine
        .prometheus
        .must("count(count by (job) (last_over_time(k6_http_reqs_total{job=\"loadd\"}[10m])))");
    assert_eq!(job, 1.0);
}

fn series_begin_with_zero_and_end_stale(spine: &Spine) {
    let first = spine
        .prometheus
        .must("max(min_over_time(k6_http_reqs_total{testid=\"spine\"}[10m]))");
    assert_eq!(first, 0.0, "each series begins with an explicit zero");
    let resets = spine
        .prometheus
        .must("max(resets(k6_http_reqs_total{testid=\"spine\"}[10m]))");
    assert_eq!(resets, 0.0);
    for metric in [
        "k6_http_reqs_total",
        "k6_http_req_duration_seconds",
        "k6_vus",
        "loadd_planned_iterations_total",
    ] {
        let alive = spine
            .prometheus
            .query(&format!("{metric}{{testid=\"spine\"}}"))
            .expect("a valid query");
        assert!(
            alive.is_empty(),
            "{metric} lives on after the end of the run: {alive:?}"
        );
    }
}
