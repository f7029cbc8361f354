//! Edges, batches and networks: the cases of the Prometheus project's sender compliance suite that are about what is unusual
//! rather than about one request. Both versions; the log's words (`log_error_messages_verbatim`, `handle_large_error_body`)
//! are judged where a log is, in the end-to-end tests.

#![allow(
    clippy::unwrap_used,
    reason = "clippy knows test functions, but not the helpers beside them"
)]

#[path = "kit/pipeline.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each user of the kit takes a part of it"
)]
mod pipeline;
#[path = "kit/receiver.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each user of the kit takes a part of it"
)]
mod receiver;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use loadd_metrics::Kind;
use loadd_outputs::{FlushReport, HistogramMode, ProtocolVersion, RemoteWriteSettings, v1};

use pipeline::{LONG, Pipeline, balanced, label, of, samples_of, small_run};
use receiver::{Answer, Receiver};

const VERSIONS: [ProtocolVersion; 2] = [ProtocolVersion::V1, ProtocolVersion::V2];

/// One push of what `record` records, and the requests that came of it.
fn push(
    version: ProtocolVersion,
    change: impl FnOnce(&mut RemoteWriteSettings),
    record: impl FnOnce(&mut Pipeline),
) -> (Receiver, FlushReport) {
    let receiver = Receiver::statuses(&[]);
    let mut pipeline = Pipeline::new();
    let mut settings = RemoteWriteSettings::new(&receiver.url);
    settings.version = version;
    change(&mut settings);
    let output = pipeline.sender(settings, None);
    let counters = output.counters();
    let handle = output.start().unwrap();
    record(&mut pipeline);
    pipeline.push(&counters, 5_000, true);
    let report = handle.finish(LONG);
    balanced(report, &counters);
    (receiver, report)
}

#[test]
fn long_names_and_values_are_sent_whole_or_cut_at_the_stated_limit() {
    // very_long_label_names, very_long_label_values, huge_label_values, very_long_metric_name
    for version in VERSIONS {
        let (name, value) = ("n".repeat(200), "v".repeat(10_240));
        let metric = "m".repeat(120);
        let (receiver, report) = push(
            version,
            |_| {},
            |pipeline| {
                let tags = [(name.as_str(), value.as_str()), ("url", &value)];
                pipeline.add(&metric, Kind::Counter, &tags, 1.0);
            },
        );
        assert_eq!((report.failed, report.pending), (0, 0));
        let requests = receiver.accepted();
        let series = of(&requests, &format!("k6_{metric}_total"));
        assert_eq!(label(series[0], &name), Some(value.as_str()));
        assert_eq!(label(series[0], "url"), Some(&value[..1_024]));
    }
}

#[test]
fn many_labels_arrive_all() {
    // many_labels_per_series, high_cardinality_labels, mixed_labels_and_metadata
    for version in VERSIONS {
        let names: Vec<String> = (0..10).map(|number| format!("extra_{number}")).collect();
        let (receiver, _) = push(
            version,
            |_| {},
            |pipeline| {
                for value in ["a", "b", "c", "d", "e", "f"] {
                    let tags: Vec<_> = names.iter().map(|name| (name.as_str(), value)).collect();
                    pipeline.add("orders", Kind::Counter, &tags, 1.0);
                }
            },
        );
        let requests = receiver.accepted();
        let sets: HashSet<String> = of(&requests, "k6_orders_total")
            .iter()
            .map(|series| {
                assert!(names.iter().all(|name| label(series, name).is_some()));
                format!("{:?}", series.labels)
            })
            .collect();
        assert_eq!(sets.len(), 6);
    }
}

#[test]
fn nothing_to_send_is_no_request() {
    // empty_scrape: the snapshot before anything was recorded has loadd's own series alone, and none where there are none.
    let receiver = Receiver::statuses(&[]);
    let pipeline = Pipeline::new();
    let output = pipeline.sender(RemoteWriteSettings::new(&receiver.url), None);
    let handle = output.start().unwrap();
    drop(pipeline);
    let report = handle.finish(LONG);
    let bodies = receiver.accepted();
    assert!(bodies.iter().all(|request| !request.timeseries.is_empty()));
    assert_eq!((report.failed, report.pending), (0, 0));
}

#[test]
fn many_series_arrive_all_in_requests_of_a_reasonable_size() {
    // many_timeseries, high_cardinality, RobustnessUnderLoad, multiple_series_per_request, batch_size_reasonable,
    // handles_varying_cardinality
    for version in VERSIONS {
        for count in [10, 20, 200, 2_500] {
            let (receiver, report) = push(
                version,
                |_| {},
                |pipeline| {
                    for number in 0..count {
                        let tags = [("n", &*number.to_string())];
                        pipeline.add("orders", Kind::Counter, &tags, 1.0);
                    }
                },
            );
            assert_eq!((report.failed, report.pending), (0, 0));
            let requests = receiver.accepted();
            let found: HashSet<&str> = of(&requests, "k6_orders_total")
                .into_iter()
                .filter_map(|series| label(series, "n"))
                .collect();
            assert_eq!(found.len(), count);
            let largest = requests.iter().map(|one| one.timeseries.len()).max();
            assert!(largest.is_some_and(|largest| (2..=10_000).contains(&largest)));
        }
    }
}

#[test]
fn one_request_is_in_flight() {
    // ConcurrentRequests: ours keeps one, so that each series keeps its order.
    let answered = Arc::new(Mutex::new(Vec::new()));
    let times = Arc::clone(&answered);
    let receiver = Receiver::start(move |_, _| {
        thread::sleep(Duration::from_millis(10));
        times.lock().unwrap().push(Instant::now());
        Answer::status(204)
    });
    let mut pipeline = Pipeline::new();
    let output = pipeline.sender(RemoteWriteSettings::new(&receiver.url), None);
    let counters = output.counters();
    let handle = output.start().unwrap();
    for round in 1..=3 {
        for number in 0..2_100 {
            let tags = [("n", &*number.to_string())];
            pipeline.add("orders", Kind::Counter, &tags, 1.0);
        }
        pipeline.push(&counters, round * 5_000, round == 3);
    }
    let report = handle.finish(LONG);
    assert_eq!(report.pending, 0);
    let (seen, answered) = (receiver.seen(), answered.lock().unwrap());
    assert!(seen.len() > 6);
    for (next, answer) in seen.iter().skip(1).zip(answered.iter()) {
        assert!(next.at >= *answer, "a request came before the last answer");
    }
}

#[test]
fn a_classic_family_is_whole_in_one_request_and_satisfies_version_1_to_the_letter() {
    // complete_metric_family, histogram_buckets_ordered, rw1_no_native_histograms
    for version in VERSIONS {
        let (receiver, _) = push(
            version,
            |settings| settings.histograms = HistogramMode::Classic,
            |pipeline| {
                for value in [1.0, 30.0, 700.0, 1e9] {
                    pipeline.add("wait", Kind::Trend, &[], value);
                }
            },
        );
        let requests = receiver.accepted();
        assert!(
            requests
                .iter()
                .flat_map(|request| &request.timeseries)
                .all(|series| series.histograms.is_empty())
        );
        let mut families = 0;
        for request in requests.chunks(1) {
            let buckets = of(request, "k6_wait_bucket");
            if buckets.is_empty() {
                assert!(of(request, "k6_wait_count").is_empty());
                continue;
            }
            let newest = |series: &v1::TimeSeries| {
                let mut values = series.samples.iter().map(|sample| sample.value);
                values.rfind(|value| !value.is_nan())
            };
            let Some(count) = newest(of(request, "k6_wait_count")[0]) else {
                continue;
            };
            assert!(!of(request, "k6_wait_sum").is_empty());
            let mut before = (f64::NEG_INFINITY, 0.0);
            for series in buckets {
                let edge: f64 = match label(series, "le") {
                    Some("+Inf") => f64::INFINITY,
                    Some(text) => text.parse().unwrap(),
                    None => panic!("a bucket without le"),
                };
                let value = newest(series).unwrap();
                assert!(edge > before.0 && value >= before.1, "le {edge}: {value}");
                before = (edge, value);
            }
            assert_eq!(before, (f64::INFINITY, count));
            assert_eq!(count, 4.0);
            families += 1;
        }
        assert_eq!(families, 1, "{version:?}");
    }
}

#[test]
fn a_receiver_that_cannot_be_found_or_refuses_is_asked_again_and_nothing_is_lost() {
    // connection_refused, dns_resolution_failure
    for url in [
        &*Receiver::away().url,
        "http://no-such-host.invalid/api/v1/write",
    ] {
        let (report, counters) = small_run(url, |_| {}, |_| {}, Duration::from_millis(600));
        assert_eq!((report.sent, report.failed, report.dropped), (0, 0, 0));
        assert!(report.pending > 0, "{url}");
        let requests = counters.requests();
        assert!(requests.iter().all(|(code, _)| *code == 0), "{requests:?}");
        assert!(counters.retries.load(Relaxed) > 0, "{url}");
    }
}

#[test]
fn times_are_those_of_the_samples_whatever_the_clock_says() {
    // future_timestamp, zero_timestamp, timestamp_precision: a sample is dated by its snapshot, to the millisecond, and no
    // time is ever before that of its run.
    for version in VERSIONS {
        let (receiver, _) = push(
            version,
            |_| {},
            |pipeline| pipeline.add("orders", Kind::Counter, &[], 2.0),
        );
        let samples = samples_of(&receiver.accepted(), "k6_orders_total");
        let times: Vec<i64> = samples.iter().map(|(time, _)| *time).collect();
        assert_eq!(times, [0, 5_000, 5_001]);
    }
}

#[test]
fn a_receiver_that_calls_everything_too_large_is_asked_a_bounded_number_of_times() {
    let receiver = Receiver::start(|_, _| Answer::status(413));
    let mut pipeline = Pipeline::new();
    let output = pipeline.sender(RemoteWriteSettings::new(&receiver.url), None);
    let counters = output.counters();
    let handle = output.start().unwrap();
    for number in 0..1_000 {
        let tags = [("n", &*number.to_string())];
        pipeline.add("orders", Kind::Counter, &tags, 1.0);
    }
    pipeline.push(&counters, 5_000, true);
    let report = handle.finish(LONG);
    balanced(report, &counters);
    assert_eq!((report.sent, report.pending), (0, 0));
    let requests = receiver.seen().len();
    // Two records of 1,000 series in stretches of 20, and for each of these at most 2·log2(20)+1 requests; one by one it
    // would be 4,000.
    assert!(requests < 1_100, "{requests} requests for 2 x 1,000 series");
}

#[test]
fn two_senders_do_not_wait_alike() {
    // backoff_with_jitter: the waits differ between workers.
    let gaps = |instance: &str| {
        let receiver = Receiver::start(|_, _| Answer::status(503));
        let mut pipeline = Pipeline::new();
        let identity = loadd_outputs::RunIdentity {
            instance: instance.to_owned(),
            ..pipeline::identity()
        };
        let settings = RemoteWriteSettings::new(&receiver.url);
        let output =
            loadd_outputs::remote_write(&settings, &identity, pipeline.publish.subscribe(), None);
        let handle = output.unwrap().start().unwrap();
        pipeline.add("orders", Kind::Counter, &[], 1.0);
        pipeline.publish(500, true);
        let _report = handle.finish(Duration::from_millis(1_500));
        let seen = receiver.seen();
        let gaps = seen.windows(2).map(|pair| pair[1].at - pair[0].at);
        gaps.take(4).collect::<Vec<_>>()
    };
    assert_ne!(gaps("w1"), gaps("w2"));
}
