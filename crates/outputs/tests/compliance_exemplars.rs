//! Exemplars as senders are to send them: the cases of Prometheus' compliance suite, in both versions.
//!
//! `exemplar_custom_labels`: ours are the trace and the span, nothing else.

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

use std::sync::Arc;

use loadd_metrics::{Exemplar, Exemplars, Kind};
use loadd_outputs::{HistogramMode, ProtocolVersion, RemoteWriteSettings, v1};

use pipeline::{LONG, NOW, Pipeline, balanced, label, of};
use receiver::{Answer, Receiver};

/// A run of four pushes, 5 s apart, with a slow request in the middle of each; series of `wait`, native and classic.
fn run(version: ProtocolVersion) -> Receiver {
    let receiver = Receiver::start(|_, captured| Answer::taken(captured));
    let mut pipeline = Pipeline::new();
    let exemplars = Arc::new(Exemplars::default());
    let mut settings = RemoteWriteSettings::new(&receiver.url);
    settings.version = version;
    settings.histograms = HistogramMode::Both;
    let output = pipeline
        .sender(settings, None)
        .with_exemplars(Arc::clone(&exemplars));
    let counters = output.counters();
    let handle = output.start().unwrap();
    let series = pipeline.series("wait", Kind::Trend, &[("user", "one")]);
    for push in 1_u32..=4 {
        let value = 0.25 * f64::from(push);
        pipeline.recorder.add(series, value);
        let offered = Exemplar {
            trace_id: 0xabc0 + u128::from(push),
            span_id: u64::from(push),
            value,
            time_ms: NOW + i64::from(push) * 5_000 - 2_500,
        };
        exemplars.offer(series, offered);
        pipeline.push(&counters, i64::from(push) * 5_000, push == 4);
    }
    balanced(handle.finish(LONG), &counters);
    receiver
}

#[test]
fn a_slow_request_is_found_beside_its_latency_in_both_versions() {
    for version in [ProtocolVersion::V1, ProtocolVersion::V2] {
        let receiver = run(version);
        let requests = receiver.accepted();
        let mut times = Vec::new();
        for series in of(&requests, "k6_wait") {
            let Some(newest) = series.histograms.last() else {
                panic!("exemplar_on_histogram: a native series without one")
            };
            for exemplar in &series.exemplars {
                judge(exemplar, newest.timestamp);
                times.push(exemplar.timestamp - NOW);
            }
        }
        // multiple_exemplars_per_series: each once, in order; those of the first push wait until the series is there.
        assert_eq!(times, [2_500, 7_500, 12_500, 17_500][4 - times.len()..]);
        assert!(times.len() >= 3, "{version:?}: {times:?}");
        // samples_with_exemplars, histogram_with_metadata_and_exemplars: a classic bucket has those that fell into it.
        let in_buckets: Vec<(f64, f64)> = of(&requests, "k6_wait_bucket")
            .into_iter()
            .flat_map(|series| {
                let le = label(series, "le").unwrap().parse().unwrap();
                let exemplars = series.exemplars.iter();
                exemplars.map(move |exemplar| (le, exemplar.value))
            })
            .collect();
        assert_eq!(in_buckets.len(), times.len());
        assert!(in_buckets.iter().all(|(le, value)| value <= le));
    }
}

/// exemplar_with_trace_id, exemplar_with_span_id, exemplar_value_valid, exemplar_timestamp_valid.
fn judge(exemplar: &v1::Exemplar, sample_ms: i64) {
    let labels: Vec<(&str, usize)> = exemplar
        .labels
        .iter()
        .map(|label| (label.name.as_str(), label.value.len()))
        .collect();
    assert_eq!(labels, [("span_id", 16), ("trace_id", 32)]);
    assert!(exemplar.labels[1].value.starts_with("0000"));
    assert!(exemplar.value.is_finite());
    assert!(exemplar.timestamp > 0 && exemplar.timestamp <= sample_ms);
}

#[test]
fn references_of_exemplars_are_valid() {
    // exemplar_labels_valid_refs, exemplar_labels_even_length
    let receiver = run(ProtocolVersion::V2);
    let mut found = 0;
    for captured in receiver.seen() {
        let request = captured.v2();
        for exemplar in request.timeseries.iter().flat_map(|one| &one.exemplars) {
            let references = &exemplar.labels_refs;
            assert_eq!(references.len(), 4);
            assert!(
                references
                    .iter()
                    .all(|at| (*at as usize) < request.symbols.len())
            );
            found += 1;
        }
    }
    assert!(found >= 6, "{found}: native and classic");
}
