//! One run told in three ways, remote write, OTLP and scrape: the same totals and the same distribution. And the panels of
//! today's k6 dashboards, word for word, over `histograms = "both"`.

use std::time::Duration;

use loadd_tests::{Loadd, Prometheus, Receiver, Reply, Room, Target, Value, paths, wait_for};
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

/// The parts of OTLP's messages that are looked at, written by hand: nothing of the sender judges the sender.
mod otlp {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Request {
        #[prost(message, repeated, tag = "1")]
        pub(crate) resources: Vec<Resource>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Resource {
        #[prost(message, repeated, tag = "2")]
        pub(crate) scopes: Vec<Scope>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Scope {
        #[prost(message, repeated, tag = "2")]
        pub(crate) metrics: Vec<Metric>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Metric {
        #[prost(string, tag = "1")]
        pub(crate) name: String,
        #[prost(string, tag = "3")]
        pub(crate) unit: String,
        #[prost(message, optional, tag = "7")]
        pub(crate) sum: Option<Sum>,
        #[prost(message, optional, tag = "10")]
        pub(crate) exponential: Option<Exponential>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Sum {
        #[prost(message, repeated, tag = "1")]
        pub(crate) points: Vec<Number>,
        #[prost(int32, tag = "2")]
        pub(crate) temporality: i32,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Number {
        #[prost(fixed64, tag = "3")]
        pub(crate) time: u64,
        #[prost(double, optional, tag = "4")]
        pub(crate) double: Option<f64>,
        #[prost(uint32, tag = "8")]
        pub(crate) flags: u32,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Exponential {
        #[prost(message, repeated, tag = "1")]
        pub(crate) points: Vec<Distribution>,
        #[prost(int32, tag = "2")]
        pub(crate) temporality: i32,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Distribution {
        #[prost(fixed64, tag = "3")]
        pub(crate) time: u64,
        #[prost(fixed64, tag = "4")]
        pub(crate) count: u64,
        #[prost(double, optional, tag = "5")]
        pub(crate) sum: Option<f64>,
        #[prost(sint32, tag = "6")]
        pub(crate) scale: i32,
        #[prost(fixed64, tag = "7")]
        pub(crate) zero_count: u64,
        #[prost(message, optional, tag = "8")]
        pub(crate) positive: Option<Buckets>,
        #[prost(uint32, tag = "10")]
        pub(crate) flags: u32,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Buckets {
        #[prost(sint32, tag = "1")]
        pub(crate) offset: i32,
        #[prost(uint64, repeated, tag = "2")]
        pub(crate) counts: Vec<u64>,
    }
}

/// All points of the metric of this name, in the order of arrival.
fn last<T: Clone>(
    receiver: &Receiver,
    name: &str,
    points: impl Fn(&otlp::Metric) -> Vec<T>,
) -> Vec<T> {
    let mut all = Vec::new();
    for request in receiver.received() {
        let request = otlp::Request::decode(request.body).expect("a body of OTLP");
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
fn remote_write_otlp_and_scrape_tell_the_same() {
    let admin = format!("127.0.0.1:{}", paths::free_port());
    let pushed = Prometheus::start();
    let scraped = Prometheus::start_scraping(&admin);
    let collector = Receiver::start([], Reply::status(200));
    let (target, room) = (Target::start(), Room::new());
    room.write("script.js", SCRIPT);
    let config = format!(
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
endpoint = "{collector}"
interval = "1s"
[admin]
listen = "{admin}"
[daemon]
linger = true
"#,
        target = target.address(),
        write = pushed.write_url(),
        collector = collector.write_url().replace("/api/v1/write", ""),
    );
    let mut loadd = Loadd::daemon(&room.write("test.toml", &config)).ready(&admin);
    panels_of_k6s_dashboards_return_data(&pushed);
    let served = wait_for("all 400 requests", Duration::from_secs(60), || {
        let stats = target.stats();
        (stats.served >= 400 && stats.begun == stats.served).then_some(stats.served as f64)
    });
    let of = |metric: &str| format!("sum(last_over_time({metric}{{testid=\"ways\"}}[5m]))");
    wait_for("the push of the last ones", Duration::from_secs(30), || {
        (pushed.number(&of("k6_http_reqs_total")) == Some(served)).then_some(())
    });
    // A scraped page has no testid: the worker's own labels are the scraper's business.
    wait_for(
        "the scrape of the last ones",
        Duration::from_secs(30),
        || {
            let total = scraped.number("sum(last_over_time(k6_http_reqs_total[5m]))");
            (total == Some(served)).then_some(())
        },
    );
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
    let selector = |metric: &str| format!("sum(last_over_time({metric}[5m]))");
    for (name, prometheus) in [("remote write", &pushed), ("scrape", &scraped)] {
        let native = selector("k6_http_req_duration_seconds");
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
        for share in [0.5, 0.95, 0.99] {
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
    let classic = selector("k6_http_req_duration_seconds_count");
    assert_eq!(pushed.must(&classic), served);
    let most =
        pushed.must("sum(last_over_time(k6_http_req_duration_seconds_bucket{le=\"+Inf\"}[5m]))");
    assert_eq!(most, served);
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
