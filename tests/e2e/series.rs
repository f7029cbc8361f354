//! Which series a run makes in Prometheus: both kinds of histograms side by side, and how tags are kept few.

use std::{collections::BTreeSet, time::Duration};

use loadd_tests::{Loadd, Prometheus, Room, Target, epoch, paths, wait_for};

fn config(worker: usize, target: &Target, prometheus: &Prometheus, more: &str) -> String {
    format!(
        r#"
test_id = "series"
instance = "worker-{worker}"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
[admin]
listen = "127.0.0.1:{admin}"
[remote_write]
url = "{write}"
interval = "1s"
{more}
"#,
        target = target.address(),
        admin = paths::free_port(),
        write = prometheus.write_url(),
    )
}

/// The three panels that every k6 dashboard of today has, word for word.
const PANELS: [&str; 3] = [
    "sum(rate(k6_http_reqs_total[1m]))",
    "sum(rate(k6_http_reqs_total[1m])) by (instance)",
    "histogram_quantile(0.95, sum(rate(k6_http_req_duration_seconds_bucket[1m])) by (le))",
];

#[test]
fn panels_for_classic_histograms_run_unchanged_beside_native_ones() {
    let (prometheus, target, room) = (Prometheus::start(), Target::start(), Room::new());
    room.write(
        "script.js",
        "import http from 'k6/http';
export const options = { scenarios: { a: { executor: 'constant-arrival-rate', rate: 100, duration: 'forever',
  preAllocatedVUs: 40 } } };
export default function () { http.get(`${__ENV.TARGET}/plain?dist=uniform&min=20&max=120`); }",
    );
    let both =
        "histograms = \"both\"\nclassic_buckets = [0.01, 0.05, 0.1, 0.11, 0.12, 0.13, 0.25, 1]\n";
    let mut workers: Vec<Loadd> = (0..2)
        .map(|worker| {
            let more = format!("{both}[workers]\nindex = {worker}\ncount = 2\n");
            let text = config(worker, &target, &prometheus, &more);
            Loadd::daemon(&room.write(&format!("worker-{worker}.toml"), &text))
        })
        .collect();
    wait_for(
        "ten pushes of both workers",
        Duration::from_secs(60),
        || {
            prometheus
                .number("min(count_over_time(k6_vus[1m]))")
                .filter(|count| *count >= 10.0)
        },
    );
    let now = epoch();
    for panel in PANELS {
        let shown = prometheus.range(panel, now - 4.0, now, 1.0).expect(panel);
        assert!(!shown.is_empty(), "{panel}\n{}", prometheus.inventory());
    }
    let instances = prometheus.query(PANELS[1]).expect(PANELS[1]);
    let instances: BTreeSet<&str> = instances.iter().map(|one| one.label("instance")).collect();
    assert_eq!(instances, BTreeSet::from(["worker-0", "worker-1"]));
    // Classic and native buckets are counts of the same samples.
    let classic = prometheus.must(PANELS[2]);
    let native =
        prometheus.must("histogram_quantile(0.95, sum(rate(k6_http_req_duration_seconds[1m])))");
    assert!((0.11..0.13).contains(&native), "{native}");
    assert!(
        (classic - native).abs() < 0.012,
        "{classic} s, native {native} s"
    );
    let les = prometheus
        .query("count by (le) (k6_http_req_duration_seconds_bucket)")
        .expect("buckets");
    let les: BTreeSet<&str> = les.iter().map(|one| one.label("le")).collect();
    assert_eq!(
        les,
        BTreeSet::from([
            "0.01", "0.05", "0.1", "0.11", "0.12", "0.13", "0.25", "1.0", "+Inf"
        ])
    );
    for worker in &mut workers {
        worker.terminate();
    }
    for worker in &mut workers {
        worker.finish(Duration::from_secs(60)).expect(0, &[]);
    }
    // Every name says the same number of requests at the end.
    let total = |what: &str| prometheus.must(&format!("sum({what})"));
    let requests = total("last_over_time(k6_http_reqs_total[5m])");
    for count in [
        "last_over_time(k6_http_req_duration_seconds_count[5m])",
        "last_over_time(k6_http_req_duration_seconds_bucket{le=\"+Inf\"}[5m])",
        "histogram_count(last_over_time(k6_http_req_duration_seconds[5m]))",
    ] {
        assert_eq!(total(count), requests, "{count}");
    }
}

const MANY: &str = "import http from 'k6/http';
import exec from 'k6/execution';
export const options = { vus: 2, iterations: 400, thresholds: { 'http_reqs{status:200}': ['count==400'] } };
export default function () {
  const n = exec.scenario.iterationInTest;
  exec.vu.tags.id = `${n}`;
  http.get(`${__ENV.TARGET}/anything/users/${n}?page=${n}`);
  http.get(`${__ENV.TARGET}/status/404`, { tags: { name: 'missing', id: `${n}` } });
  if (exec.vu.tags.id !== `${n}`) throw new Error('a VU lost its tag');
}";

#[test]
fn tags_that_are_dropped_and_urls_that_fit_a_template_make_few_series() {
    let (prometheus, target, room) = (Prometheus::start(), Target::start(), Room::new());
    room.write("script.js", MANY);
    let more =
        "[metrics]\ndrop_tags = [\"id\", \"status\"]\nurl_templates = [\"/anything/users/{id}\"]\n";
    let text = config(0, &target, &prometheus, more);
    let mut loadd = Loadd::daemon(&room.write("test.toml", &text));
    loadd.finish(Duration::from_secs(60)).expect(0, &[]);
    let seen = prometheus
        .query("last_over_time(k6_http_reqs_total[5m])")
        .expect("requests");
    let mut lines: Vec<String> = seen
        .iter()
        .map(|one| {
            let label = |name| one.label(name).to_owned();
            format!(
                "{} status={} id={} {}",
                label("name"),
                label("status"),
                label("id"),
                one.last().float()
            )
        })
        .collect();
    lines.sort();
    // What the threshold names stays, since it is judged by it.
    assert_eq!(
        lines,
        [
            "/anything/users/{id} status=200 id= 400",
            "missing status= id= 400"
        ]
    );
    let corrected = "count(last_over_time(loadd_http_req_duration_corrected_seconds[5m]))";
    assert_eq!(prometheus.number(corrected), Some(2.0));
}

#[test]
fn only_tags_that_are_kept_are_labels() {
    let (prometheus, target, room) = (Prometheus::start(), Target::start(), Room::new());
    room.write(
        "script.js",
        &MANY
            .replace("http_reqs{status:200}", "http_reqs")
            .replace("==400", "==800"),
    );
    let more = "[metrics]\nkeep_tags = [\"status\"]\n";
    let text = config(0, &target, &prometheus, more);
    let mut loadd = Loadd::daemon(&room.write("test.toml", &text));
    loadd.finish(Duration::from_secs(60)).expect(0, &[]);
    let seen = prometheus
        .query("sum without (instance, job, testid) (last_over_time(k6_http_reqs_total[5m]))")
        .expect("requests");
    let labels: BTreeSet<&str> = seen
        .iter()
        .flat_map(|one| one.labels.keys().map(String::as_str))
        .collect();
    assert_eq!(labels, BTreeSet::from(["status"]));
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_limit_of_series_folds_the_rest_and_says_so() {
    let (prometheus, target, room) = (Prometheus::start(), Target::start(), Room::new());
    room.write("script.js", MANY);
    let text = config(
        0,
        &target,
        &prometheus,
        "[metrics]\nseries_per_metric = 50\n",
    );
    let mut loadd = Loadd::daemon(&room.write("test.toml", &text));
    loadd
        .finish(Duration::from_secs(60))
        .expect(0, &["too many series", "loadd_series_overflowed_total"]);
    let series = "count(last_over_time(k6_http_reqs_total{overflow=\"\"}[5m]))";
    assert_eq!(prometheus.number(series), Some(50.0));
    assert_eq!(
        prometheus.number("sum(last_over_time(k6_http_reqs_total[5m]))"),
        Some(800.0)
    );
    let folded = "sum(last_over_time(k6_http_reqs_total{overflow=\"true\"}[5m]))";
    let counted = "sum(last_over_time(loadd_series_overflowed_total{metric=\"http_reqs\"}[5m]))";
    assert_eq!(prometheus.number(folded), Some(750.0));
    assert_eq!(prometheus.number(counted), Some(750.0));
}
