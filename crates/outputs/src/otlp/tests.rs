//! The exporter against receivers in this process: HTTP by hand, gRPC by hyper's server.

mod grpc;

use std::{
    io::Read,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use loadd_metrics::Kind;
use opentelemetry_proto::tonic::{
    collector::metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    },
    common::v1::{KeyValue, any_value},
    metrics::v1::{Metric, metric::Data, number_data_point},
};
use prost::Message;

use super::*;
use crate::{
    counters::PipelineCounters,
    output::FlushReport,
    remote_write::tests::{
        pipeline::{self, LONG, NOW, Pipeline, balanced, identity},
        receiver::{Answer, Captured, Receiver},
    },
    settings::{Compression, OtlpNames, OtlpProtocol},
};

/// One push to the end: a counter of 3, a rate of 2 in 3, a gauge of 7 and a trend of 0 and 320.5.
fn run(settings: &OtlpSettings) -> (FlushReport, Arc<PipelineCounters>) {
    let mut pipeline = Pipeline::new();
    let output = otlp(settings, &identity(), pipeline.publish.subscribe(), None).unwrap();
    let counters = output.counters();
    let handle = output.start().unwrap();
    let tags = [("a b", "x"), ("empty", "")];
    pipeline.add("orders", Kind::Counter, &tags, 3.0);
    for value in [1.0, 0.0, 1.0] {
        pipeline.add("good", Kind::Rate, &tags, value);
    }
    pipeline.add("level", Kind::Gauge, &tags, 7.0);
    for value in [0.0, 320.5] {
        pipeline.add("wait", Kind::Trend, &tags, value);
    }
    pipeline.publish(500, true);
    let report = handle.finish(LONG);
    balanced(report, &counters);
    (report, counters)
}

fn decoded(captured: &Captured) -> ExportMetricsServiceRequest {
    ExportMetricsServiceRequest::decode(captured.body.as_slice()).unwrap()
}

fn metrics(requests: &[ExportMetricsServiceRequest], name: &str) -> Vec<Metric> {
    let all = requests
        .iter()
        .flat_map(|request| &request.resource_metrics)
        .flat_map(|resource| &resource.scope_metrics)
        .flat_map(|scope| &scope.metrics);
    all.filter(|metric| metric.name == name).cloned().collect()
}

fn value_of<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// Unix milliseconds after [`NOW`] and value of each point of a sum or gauge.
fn numbers(metrics: &[Metric], condition: Option<&str>) -> Vec<(i64, Option<f64>)> {
    let mut all = Vec::new();
    for metric in metrics {
        let points = match &metric.data {
            Some(Data::Sum(sum)) => {
                assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (2, true));
                &sum.data_points
            }
            Some(Data::Gauge(gauge)) => &gauge.data_points,
            other => panic!("{other:?}"),
        };
        for point in points {
            if value_of(&point.attributes, "condition") != condition {
                continue;
            }
            assert!(point.start_time_unix_nano <= point.time_unix_nano);
            let time_ms = i64::try_from(point.time_unix_nano / 1_000_000).unwrap();
            let value = point.value.map(|value| match value {
                number_data_point::Value::AsDouble(value) => value,
                number_data_point::Value::AsInt(value) => value as f64,
            });
            assert_eq!(value.is_none(), point.flags == 1, "only ends have no value");
            all.push((time_ms - NOW, value));
        }
    }
    all
}

#[test]
fn http_carries_zeros_values_and_ends_of_every_kind() {
    let receiver = Receiver::start(|_, _| Answer::Whole(200, Vec::new(), String::new()));
    let base = receiver.url.replace("/api/v1/write", "");
    let (report, _) = run(&OtlpSettings::new(&base));
    assert_eq!((report.failed, report.dropped, report.pending), (0, 0, 0));
    let seen = receiver.seen();
    assert!(seen.iter().all(|captured| captured.path == "/v1/metrics"));
    assert_eq!(seen[0].method, "POST");
    assert_eq!(
        seen[0].header("content-type"),
        Some("application/x-protobuf")
    );
    assert_eq!(seen[0].header("content-encoding"), None);
    let requests: Vec<_> = seen.iter().map(decoded).collect();
    let resource = requests[0].resource_metrics[0].resource.clone().unwrap();
    let of_resource = |key| value_of(&resource.attributes, key);
    assert_eq!(of_resource("service.name"), Some("loadd"));
    assert_eq!(of_resource("service.instance.id"), Some("w1"));
    assert_eq!(of_resource("testid"), Some("t"));

    let orders = metrics(&requests, "k6_orders");
    assert_eq!(
        numbers(&orders, None),
        [(0, Some(0.0)), (500, Some(3.0)), (501, None)]
    );
    let Some(Data::Sum(sum)) = &orders[0].data else {
        panic!("a sum")
    };
    let attributes = &sum.data_points[0].attributes;
    assert_eq!(value_of(attributes, "a_b"), Some("x"));
    assert_eq!(value_of(attributes, "testid"), Some("t"));
    assert_eq!(
        value_of(attributes, "instance"),
        None,
        "the resource has it"
    );

    let good = metrics(&requests, "k6_good");
    assert_eq!(
        numbers(&good, Some("nonzero")),
        [(0, Some(0.0)), (500, Some(2.0)), (501, None)]
    );
    assert_eq!(
        numbers(&good, Some("zero")),
        [(0, Some(0.0)), (500, Some(1.0)), (501, None)]
    );
    let ratio = numbers(&metrics(&requests, "k6_good_rate"), None);
    assert!((ratio[0].1.unwrap() - 2.0 / 3.0).abs() < 1e-12, "{ratio:?}");
    assert_eq!(
        numbers(&metrics(&requests, "k6_level"), None),
        [(500, Some(7.0)), (501, None)]
    );

    let wait = metrics(&requests, "k6_wait");
    let Some(Data::ExponentialHistogram(histogram)) = &wait[0].data else {
        panic!("{wait:?}")
    };
    assert_eq!(histogram.aggregation_temporality, 2);
    let [zero, filled] = &histogram.data_points[..] else {
        panic!("{histogram:?}")
    };
    assert_eq!((zero.count, zero.sum), (0, Some(0.0)));
    assert_eq!(
        (filled.count, filled.zero_count, filled.sum, filled.scale),
        (2, 1, Some(320.5), 7)
    );
    // 320.5 lies above base^offset and at or below base^(offset + 1).
    let positive = filled.positive.clone().unwrap();
    let base = 2.0_f64.powf(1.0 / 128.0);
    assert_eq!(positive.bucket_counts, [1]);
    assert!(base.powi(positive.offset) < 320.5 && 320.5 <= base.powi(positive.offset + 1));
}

#[test]
fn k6s_names_have_k6s_units_bounds_and_totals() {
    let receiver = Receiver::start(|_, _| Answer::Whole(200, Vec::new(), String::new()));
    let base = receiver.url.replace("/api/v1/write", "");
    let mut settings = OtlpSettings::new(&base);
    settings.metric_prefix = String::new();
    settings.names = OtlpNames::K6 {
        service: "shop".to_owned(),
        version: "1".to_owned(),
        path: "/custom".to_owned(),
    };
    let (report, _) = run(&settings);
    assert_eq!((report.failed, report.pending), (0, 0));
    let seen = receiver.seen();
    assert_eq!(seen[0].path, "/custom");
    let requests: Vec<_> = seen.iter().map(decoded).collect();
    let resource = requests[0].resource_metrics[0].resource.clone().unwrap();
    assert_eq!(value_of(&resource.attributes, "service.name"), Some("shop"));
    assert!(metrics(&requests, "good_rate").is_empty());
    let good = metrics(&requests, "good.total");
    assert_eq!(numbers(&good, Some("nonzero"))[1], (500, Some(2.0)));
    let wait = metrics(&requests, "wait");
    let Some(Data::Histogram(histogram)) = &wait[0].data else {
        panic!("{wait:?}")
    };
    let last = histogram.data_points.last().unwrap();
    assert_eq!((last.count, last.sum), (2, Some(320.5)));
    assert_eq!(last.explicit_bounds.len(), 15);
    let mut expected = vec![0; 16];
    (expected[0], expected[8]) = (1, 1);
    assert_eq!(
        last.bucket_counts, expected,
        "0 at or below 0, 320.5 below 500"
    );
}

#[test]
fn a_gzipped_body_says_so_and_is_the_same_message() {
    let receiver = Receiver::start(|_, _| Answer::Whole(200, Vec::new(), String::new()));
    let base = receiver.url.replace("/api/v1/write", "");
    let mut settings = OtlpSettings::new(&base);
    settings.compression = Compression::Gzip;
    let (report, _) = run(&settings);
    assert_eq!((report.failed, report.pending), (0, 0));
    let seen = receiver.seen();
    assert_eq!(seen[0].header("content-encoding"), Some("gzip"));
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(seen[0].body.as_slice())
        .read_to_end(&mut plain)
        .unwrap();
    let request = ExportMetricsServiceRequest::decode(plain.as_slice()).unwrap();
    assert!(!request.resource_metrics[0].scope_metrics.is_empty());
}

#[test]
fn retryable_statuses_are_tried_again_and_others_are_counted_and_left() {
    for (status, again) in [
        (429, true),
        (502, true),
        (503, true),
        (504, true),
        (500, false),
        (400, false),
    ] {
        let receiver = Receiver::start(move |number, _| {
            Answer::Whole(
                if number == 0 { status } else { 200 },
                Vec::new(),
                String::new(),
            )
        });
        let base = receiver.url.replace("/api/v1/write", "");
        let (report, counters) = run(&OtlpSettings::new(&base));
        let seen = receiver.seen();
        assert_eq!(seen[0].body == seen[1].body, again, "{status}");
        assert_eq!(report.failed > 0, !again, "{status}: {report:?}");
        assert_eq!(counters.retries.load(Relaxed) > 0, again, "{status}");
    }
}

#[test]
fn rejected_points_of_a_partial_success_are_failed_points() {
    let receiver = Receiver::start(|number, _| {
        let response = ExportMetricsServiceResponse {
            partial_success: (number == 0).then(|| ExportMetricsPartialSuccess {
                rejected_data_points: 1,
                error_message: "one".to_owned(),
            }),
        };
        let body = String::from_utf8(response.encode_to_vec()).unwrap();
        Answer::Whole(200, Vec::new(), body)
    });
    let base = receiver.url.replace("/api/v1/write", "");
    let (report, counters) = run(&OtlpSettings::new(&base));
    assert_eq!(report.failed, 1);
    assert_eq!(counters.failed_partial.load(Relaxed), 1);
}

#[test]
fn what_waits_in_the_spool_is_sent_by_the_next_process() {
    let root = tempfile::tempdir().unwrap();
    let folder = pipeline::run_folder(root.path());
    let away = Receiver::away();
    let away = OtlpSettings::new(away.url.trim_end_matches('/'));
    let mut pipeline = Pipeline::new();
    let output = otlp(
        &away,
        &identity(),
        pipeline.publish.subscribe(),
        Some(&folder),
    )
    .unwrap();
    let handle = output.start().unwrap();
    pipeline.add("orders", Kind::Counter, &[], 3.0);
    pipeline.publish(500, true);
    let first = handle.finish(Duration::from_millis(200));
    assert_eq!(first.sent, 0);
    assert!(first.pending > 0);
    drop(folder);

    let receiver = Receiver::start(|_, _| Answer::Whole(200, Vec::new(), String::new()));
    let back = OtlpSettings::new(receiver.url.replace("/api/v1/write", ""));
    let left = crate::flush(root.path(), None, Some(&back)).unwrap();
    assert_eq!(left.len(), 1);
    let report = left[0].result.clone().unwrap();
    assert_eq!((report.sent, report.pending), (first.pending, 0));
    let requests: Vec<_> = receiver.seen().iter().map(decoded).collect();
    assert_eq!(
        numbers(&metrics(&requests, "k6_orders"), None)[1],
        (500, Some(3.0))
    );
    let again = crate::flush(root.path(), None, Some(&back)).unwrap();
    assert_eq!(again[0].result.clone().unwrap(), FlushReport::default());
}

#[test]
fn a_folder_that_a_daemon_holds_is_left_alone_by_flush() {
    let root = tempfile::tempdir().unwrap();
    let folder = pipeline::run_folder(root.path());
    std::fs::create_dir(folder.path().join("otlp")).unwrap();
    let settings = OtlpSettings::new("http://127.0.0.1:1");
    let left = crate::flush(root.path(), None, Some(&settings)).unwrap();
    let error = left[0].result.clone().unwrap_err();
    assert!(error.contains("in use by process"), "{error}");
    let nowhere = root.path().join("nowhere");
    assert!(
        crate::flush(&nowhere, None, Some(&settings))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn settings_are_checked_all_at_once() {
    let parsed: OtlpSettings = serde_json::from_str(
        r#"{"endpoint":"ftp://a","protocol":"grpc","interval":"1ms","headers":{"Content-Type":"x"}}"#,
    )
    .unwrap();
    assert_eq!(parsed.protocol, OtlpProtocol::Grpc);
    let keys: Vec<String> = parsed
        .validate()
        .unwrap_err()
        .into_iter()
        .map(|fault| fault.key)
        .collect();
    assert_eq!(
        keys,
        [
            "otlp.endpoint",
            "otlp.interval",
            "otlp.headers.Content-Type"
        ]
    );
    assert!(
        serde_json::from_str::<OtlpSettings>(r#"{"endpoint":"http://a","protocol":"json"}"#)
            .is_err()
    );
    assert!(
        serde_json::from_str::<OtlpSettings>(r#"{"endpoint":"http://a","resource":[]}"#).is_err()
    );
}
