//! One run told in three ways, remote write and scrape in one Prometheus and OTLP over either of its transports: the same
//! totals and the same distribution. And the panels of today's k6 dashboards, word for word, over `histograms = "both"`.

use std::time::Duration;

use loadd_tests::{Loadd, Prometheus, Receiver, Reply, Room, Target, Value, otlp, paths, wait_for};
use prost::Message;

const SCRIPT: &str = r"
import http from 'k6/http';
import { check } from 'k6';
export const options = { scenarios: { all: {
  executor: 'constant-arrival-rate', rate: 50, timeUnit: '1s', duration: '8s', preAllocatedVUs: 50 } } };
export default function () {
  const answer = http.get(`${__ENV.TARGET}/plain?dist=uniform&min=5&max=200`);
  check(answer, { 'is 200': (r) => r.status === 200 });
}
";

/// All points of the metric of this name, in the order of arrival.
fn last<T: Clone>(
    receiver: &Receiver,
    name: &str,
    points: impl Fn(&otlp::Metric) -> Vec<T>,
) -> Vec<T> {
    let mut all = Vec::new();
    for request in receiver.received() {
        let request = otlp::Metrics::decode(request.protobuf()).expect("a body of OTLP");
        let resources = request.resources.iter();
        let scopes = resources.flat_map(|resource| &resource.scopes);
        for metric in scopes.flat_map(|scope| &scope.metrics) {
            if metric.name == name {
                all.extend(points(metric));
            }
        }
    }
    all
}

/// Quantiles whose rank among 400 is no whole number: one between two observations is any value from the one to the
/// other, and each side takes its own.
const SHARES: [f64; 3] = [0.501, 0.951, 0.991];

/// The upper edge of the bucket that holds the quantile.
fn quantile(distribution: &otlp::Distribution, quantile: f64) -> f64 {
    let base = 2.0_f64.powf(2.0_f64.powi(-distribution.scale));
    let positive = distribution.positive.clone().unwrap_or_default();
    let mut below = distribution.zero_count as f64;
    for (place, count) in positive.counts.iter().enumerate() {
        below += *count as f64;
        if below >= quantile * distribution.count as f64 {
            return base.powi(positive.offset + i32::try_from(place).expect("few buckets") + 1);
        }
    }
    f64::NAN
}

#[test]
fn remote_write_scrape_and_otlp_over_http_tell_the_same() {
    told_alike("http/protobuf");
}

#[test]
fn remote_write_scrape_and_otlp_over_grpc_tell_the_same() {
    told_alike("grpc");
}

/// The configuration of a run that tells of itself in all ways, and waits after its end.
fn config(target: &Target, prometheus: &Prometheus, otlp: &str, admin: &str) -> String {
    format!(
        r#"
test_id = "ways"
instance = "worker-0"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
[remote_write]
url = "{write}"
interval = "1s"
histograms = "both"
[otlp]
{otlp}
interval = "1s"
[admin]
listen = "{admin}"
[daemon]
linger = true
"#,
        target = target.address(),
        write = prometheus.write_url(),
    )
}

/// What the pushed series of a metric come to, and what the scraped ones do: a scraped page has no testid.
fn pushed(metric: &str) -> String {
    format!("sum(last_over_time({metric}{{testid=\"ways\"}}[5m]))")
}

fn scraped(metric: &str) -> String {
    format!("sum(last_over_time({metric}{{testid=\"\"}}[5m]))")
}

/// All that the target served, once it is 400 and Prometheus has it both ways.
fn served_and_known(target: &Target, prometheus: &Prometheus) -> f64 {
    let served = wait_for("all 400 requests", Duration::from_secs(60), || {
        let stats = target.stats();
        (stats.served >= 400 && stats.begun == stats.served).then_some(stats.served as f64)
    });
    for of in [pushed, scraped] {
        let query = of("k6_http_reqs_total");
        wait_for(&query, Duration::from_secs(30), || {
            (prometheus.number(&query) == Some(served)).then_some(())
        });
    }
    served
}

fn told_alike(protocol: &str) {
    let admin = format!("127.0.0.1:{}", paths::free_port());
    let prometheus = Prometheus::start_scraping(&admin);
    let collector = Receiver::start([], Reply::status(200));
    let (target, room) = (Target::start(), Room::new());
    room.write("script.js", SCRIPT);
    let otlp = format!(
        "endpoint = \"http://{}\"\nprotocol = \"{protocol}\"",
        collector.address()
    );
    let config = config(&target, &prometheus, &otlp, &admin);
    let mut loadd = Loadd::daemon(&room.write("test.toml", &config)).ready(&admin);
    panels_of_k6s_dashboards_return_data(&prometheus);
    let served = served_and_known(&target, &prometheus);
    loadd.terminate();
    loadd.finish(Duration::from_secs(60)).expect(0, &[]);

    let sums = last(&collector, "k6_http_reqs", |metric| {
        let sum = metric.sum.clone().expect("a sum");
        assert_eq!(sum.temporality, 2);
        sum.points
    });
    let values: Vec<f64> = sums.iter().filter_map(|point| point.double).collect();
    assert_eq!(values.first(), Some(&0.0), "begins with zero");
    assert_eq!(values.last(), Some(&served));
    assert_eq!(sums.last().map(|point| point.flags), Some(1), "has ended");

    let told = last(&collector, "k6_http_req_duration", |metric| {
        assert_eq!(metric.unit, "s");
        metric.exponential.clone().expect("a histogram").points
    });
    let whole = told
        .iter()
        .rev()
        .find(|point| point.flags == 0)
        .expect("one with values");
    for of in [pushed, scraped] {
        let native = of("k6_http_req_duration_seconds");
        let name = &native;
        let number = |query: String| prometheus.must(&query);
        assert_eq!(
            number(format!("histogram_count({native})")),
            whole.count as f64,
            "{name}"
        );
        let sum = number(format!("histogram_sum({native})"));
        assert!(
            (sum - whole.sum.expect("a sum")).abs() < 1e-9,
            "{name}: {sum}"
        );
        for share in SHARES {
            let here = number(format!("histogram_quantile({share}, {native})"));
            let there = quantile(whole, share);
            assert!(
                (here / there - 1.0).abs() < 0.006,
                "{name}: {here} beside {there} at {share}"
            );
        }
        let mut edges = prometheus.query(&native).expect("a histogram");
        let Some(Value::Histogram { buckets, .. }) = edges
            .pop()
            .and_then(|series| series.points.into_iter().next_back())
            .map(|point| point.value)
        else {
            panic!("{name}: no histogram")
        };
        let positive = whole.positive.clone().expect("buckets").counts;
        let counts: Vec<f64> = buckets
            .iter()
            .map(|(_, _, count)| *count)
            .filter(|count| *count > 0.0)
            .collect();
        let mut expected: Vec<f64> = positive.iter().map(|count| *count as f64).collect();
        expected.retain(|count| *count > 0.0);
        if whole.zero_count > 0 {
            expected.insert(0, whole.zero_count as f64);
        }
        assert_eq!(counts, expected, "{name}: bucket by bucket");
    }
    // Classic and native of one push are the same counts.
    for metric in [
        "k6_http_req_duration_seconds_count",
        "k6_http_req_duration_seconds_bucket",
    ] {
        let query = pushed(metric).replace("}[", ",le=~\"[+]Inf|\"}[");
        assert_eq!(prometheus.must(&query), served, "{query}");
    }
}

/// Debian's Prometheus is built without this receiver: runs where `LOADD_TEST_PROMETHEUS` names an upstream one.
#[test]
fn an_upstream_prometheus_is_told_the_same_by_otlp() {
    if std::env::var_os("LOADD_TEST_PROMETHEUS").is_none() {
        eprintln!("LOADD_TEST_PROMETHEUS names no upstream Prometheus: nothing to compare");
        return;
    }
    let admin = format!("127.0.0.1:{}", paths::free_port());
    let prometheus = Prometheus::start_scraping(&admin);
    let upstream = Prometheus::start_with_otlp();
    let (target, room) = (Target::start(), Room::new());
    room.write("script.js", SCRIPT);
    let otlp = format!("endpoint = \"{}\"", upstream.otlp_url());
    let config = config(&target, &prometheus, &otlp, &admin);
    let mut loadd = Loadd::daemon(&room.write("test.toml", &config)).ready(&admin);
    let served = served_and_known(&target, &prometheus);
    loadd.terminate();
    loadd.finish(Duration::from_secs(60)).expect(0, &[]);
    let by_otlp = |metric: &str| format!("sum(last_over_time({metric}[5m]))");
    assert_eq!(upstream.must(&by_otlp("k6_http_reqs_total")), served);
    let metric = "k6_http_req_duration_seconds";
    for function in [
        "histogram_count(",
        "histogram_quantile(0.501, ",
        "histogram_quantile(0.991, ",
    ] {
        let ask = |of: String| format!("{function}{of})");
        let (here, there) = (
            prometheus.must(&ask(pushed(metric))),
            upstream.must(&ask(by_otlp(metric))),
        );
        assert!(
            (here / there - 1.0).abs() < 0.006,
            "{function}: {here} beside {there}"
        );
    }
}

fn panels_of_k6s_dashboards_return_data(prometheus: &Prometheus) {
    for panel in [
        "sum(rate(k6_http_reqs_total[1m]))",
        "sum(rate(k6_http_reqs_total[1m])) by (instance)",
        "histogram_quantile(0.95, sum(rate(k6_http_req_duration_seconds_bucket[1m])) by (le))",
    ] {
        let value = wait_for(panel, Duration::from_secs(60), || {
            let answer = prometheus.query(panel).ok()?;
            let value = answer.first()?.last().float();
            (value > 0.0).then_some(value)
        });
        assert!(value.is_finite(), "{panel}: {value}");
    }
}
