//! What the sender does about each answer.

use std::{collections::HashSet, sync::atomic::Ordering::Relaxed, time::Duration};

use super::{
    pipeline::{LONG, Pipeline, STALE, identity, label, of, samples_of, small_run},
    receiver::{Answer, Captured, Receiver},
};
use crate::{RemoteWriteSettings, remote_write::remote_write, v1};

#[test]
fn a_run_arrives_with_zeros_before_it_and_markers_after_it() {
    let receiver = Receiver::statuses(&[]);
    let (report, _) = small_run(&receiver.url, |_| {}, |_| {}, LONG);
    assert_eq!((report.failed, report.dropped, report.pending), (0, 0, 0));
    let seen = receiver.seen();
    for captured in &seen {
        let header = |name| captured.header(name).unwrap();
        assert_eq!(header("content-encoding"), "snappy");
        assert_eq!(header("content-type"), "application/x-protobuf");
        assert_eq!(header("x-prometheus-remote-write-version"), "0.1.0");
        assert!(header("user-agent").starts_with("loadd/"));
        assert!(captured.header("content-length").is_some());
    }
    let requests: Vec<v1::WriteRequest> = seen.iter().map(Captured::request).collect();
    for series in requests.iter().flat_map(|request| &request.timeseries) {
        assert!(
            series.samples.is_empty() != series.histograms.is_empty(),
            "samples or histograms, never both"
        );
        assert!(
            series
                .labels
                .windows(2)
                .all(|pair| pair[0].name < pair[1].name),
            "{:?}",
            series.labels
        );
        for (name, value) in [("instance", "w1"), ("testid", "t"), ("job", "loadd")] {
            assert_eq!(label(series, name), Some(value));
        }
    }
    let orders = of(&requests, "k6_orders_total");
    let samples: Vec<(i64, u64)> = samples_of(&requests, "k6_orders_total")
        .into_iter()
        .map(|(time, value)| (time, value.to_bits()))
        .collect();
    assert_eq!(samples, [(0, 0), (500, 3.0_f64.to_bits()), (501, STALE)]);
    assert_eq!(label(orders[0], "a_b"), Some("ü=&\"\n"));
    let histograms: Vec<&v1::Histogram> = of(&requests, "k6_wait")
        .iter()
        .flat_map(|series| &series.histograms)
        .collect();
    assert_eq!(histograms[0].count, Some(v1::Count::Int(0)));
    assert_eq!(
        (&histograms[1].count, histograms[1].sum),
        (&Some(v1::Count::Int(1)), 250.5)
    );
    assert_eq!(histograms[2].sum.to_bits(), STALE);
}

#[test]
fn what_may_succeed_later_comes_again_with_the_same_bytes() {
    for status in [500_u16, 502, 503, 504, 408, 429, 301] {
        let receiver =
            Receiver::start(move |number, _| Answer::status(if number < 3 { status } else { 204 }));
        let (report, counters) = small_run(&receiver.url, |_| {}, |_| {}, LONG);
        assert_eq!((report.failed, report.pending), (0, 0), "{status}");
        let seen = receiver.seen();
        assert!(
            seen[1..4]
                .iter()
                .all(|captured| captured.body == seen[0].body),
            "{status}"
        );
        let gaps: Vec<Duration> = seen[..4]
            .windows(2)
            .map(|pair| pair[1].at - pair[0].at)
            .collect();
        assert!(
            gaps.iter().all(|gap| *gap > Duration::from_millis(20)),
            "{gaps:?}"
        );
        assert_eq!(counters.retries.load(Relaxed), 3);
    }
}

#[test]
fn the_receiver_s_own_wait_is_kept() {
    let receiver = Receiver::start(|number, _| {
        Answer::Whole(
            if number == 0 { 429 } else { 204 },
            vec![("retry-after", "1".to_owned())],
            String::new(),
        )
    });
    let (report, _) = small_run(&receiver.url, |_| {}, |_| {}, LONG);
    assert_eq!(report.pending, 0);
    let seen = receiver.seen();
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(1));
}

#[test]
fn refused_bytes_are_never_sent_again_and_counted() {
    for status in [400_u16, 404, 413, 422] {
        let receiver =
            Receiver::start(move |_, _| Answer::Whole(status, Vec::new(), "no".repeat(15_000)));
        let (report, _) = small_run(&receiver.url, |_| {}, |_| {}, LONG);
        assert_eq!((report.sent, report.pending), (0, 0), "{status}");
        assert!(report.failed > 0);
        let bodies: Vec<Vec<u8>> = receiver
            .seen()
            .into_iter()
            .map(|captured| captured.body)
            .collect();
        let distinct: HashSet<&Vec<u8>> = bodies.iter().collect();
        assert_eq!(distinct.len(), bodies.len(), "{status}: no bytes twice");
    }
}

#[test]
fn one_bad_series_does_not_cost_the_others() {
    let receiver = Receiver::start(|_, captured| {
        let bad = !of(&[captured.request()], "k6_orders_total").is_empty();
        Answer::status(if bad { 400 } else { 204 })
    });
    let (report, _) = small_run(&receiver.url, |_| {}, |_| {}, LONG);
    assert_eq!(report.failed, 3, "zero, value and marker of the one series");
    assert_eq!(report.pending, 0);
    assert!(report.sent > 0);
}

#[test]
fn a_receiver_that_is_away_costs_no_more_than_the_time_allowed_and_everything_still_waits() {
    let receiver = Receiver::away();
    let (report, _) = small_run(&receiver.url, |_| {}, |_| {}, Duration::from_millis(300));
    assert_eq!((report.sent, report.failed, report.dropped), (0, 0, 0));
    assert!(report.pending > 0);
}

#[test]
fn settings_that_cannot_be_honoured_are_refused() {
    let pipeline = Pipeline::new();
    let mut settings = RemoteWriteSettings::new("http://127.0.0.1:1/");
    settings.classic_buckets = Some(vec![1.0]);
    let mut named = identity();
    named.labels.push(("9".to_owned(), "x".to_owned()));
    let error = remote_write(&settings, &named, pipeline.publish.subscribe(), None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("remote_write.classic_buckets") && error.contains("labels.9"),
        "{error}"
    );
}
