//! The worked example byte for byte, what never reaches the wire, and the writer beside a naive twin.

use std::sync::Arc;

use loadd_metrics::{Contains, Family, Histogram, Kind, Spans};
use proptest::prelude::*;
use prost::Message;

use super::pipeline::NOW;
use crate::{
    batch::Batch,
    remote_write::{classic::Bounds, encode::RemoteWriteCodec, histogram, v1, v2},
    settings::{HistogramMode, ProtocolVersion},
    spool::record::{Point, Reading, Record, Run, SeriesDef},
};

fn worked() -> serde_json::Value {
    serde_json::from_str(include_str!("../../../tests/data/worked-example.json")).unwrap()
}

fn hex(key: &str) -> Vec<u8> {
    let example = worked();
    let text = example[key].as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn codec(mode: HistogramMode, version: ProtocolVersion) -> RemoteWriteCodec {
    let bounds = Bounds::new(Some(&[0.1, 0.3, 2.0]), None);
    RemoteWriteCodec::new("", mode, bounds, version, &[])
}

/// The worked example's three series as a record.
fn worked_record() -> Arc<Record> {
    let expected = v1::WriteRequest::decode(hex("rw1_write_request_hex").as_slice()).unwrap();
    let histogram = v1::Histogram {
        timestamp: 0,
        ..expected.timeseries[0].histograms[0].clone()
    };
    assert_eq!(histogram::validate(&histogram), Ok(()));
    let run = Arc::new(Run {
        start_ms: 0,
        since_ms: NOW - 5_000,
        labels: vec![
            ("testid".to_owned(), "t".to_owned()),
            ("instance".to_owned(), "w1".to_owned()),
        ],
    });
    let def = |metric: &str, kind, contains| {
        let (run, metric) = (Arc::clone(&run), metric.to_owned());
        Arc::new(SeriesDef {
            run,
            metric,
            kind,
            contains,
            family: Family::K6,
            tags: Vec::new(),
            help: "What was\nworked".to_owned(),
        })
    };
    let (trend, counter) = (
        def("worked", Kind::Trend, Contains::Time),
        def("worked", Kind::Counter, Contains::Default),
    );
    let stale = def("worked_stale", Kind::Gauge, Contains::Default);
    let point = |series: &Arc<SeriesDef>, age: i64, reading| Point {
        series: Arc::clone(series),
        time_ms: NOW - age,
        reading,
        exemplar: None,
    };
    let points = vec![
        point(
            &trend,
            0,
            Reading::Histogram(histogram.encode_to_vec().into()),
        ),
        point(&counter, 1000, Reading::Number(1.0)),
        point(&counter, 0, Reading::Number(13.0)),
        point(&stale, 0, Reading::Stale),
    ];
    let record = Record {
        seq: 1,
        time_ms: NOW,
        run,
        last: false,
        points,
    };
    Arc::new(record)
}

#[test]
fn the_worked_example_is_encoded_byte_for_byte() {
    let record = worked_record();
    let mut codec = codec(HistogramMode::Native, ProtocolVersion::V1);
    let (plain, offered) = codec.plain(&record.points);
    assert_eq!(plain, hex("rw1_write_request_hex"));
    assert_eq!(offered, record.samples());
    let batches = |max| {
        Batch::cut(&record, max, |_| crate::batch::Weight {
            series: 1,
            bytes: 9,
        })
    };
    assert_eq!(batches(2).len(), 2);
    let joined: Vec<u8> = batches(1)
        .iter()
        .flat_map(|batch| codec.plain(batch.points()).0.to_vec())
        .collect();
    assert_eq!(
        joined,
        hex("rw1_write_request_hex"),
        "cutting loses nothing"
    );
    let [whole] = &batches(9)[..] else {
        panic!("one batch")
    };
    let (first, second) = whole.halves().unwrap();
    assert_eq!((first.series(), second.series()), (1, 2));
    assert_eq!(first.samples() + second.samples(), record.samples());
}

/// Labels, samples and histograms of each series, references resolved.
type Resolved = Vec<(Vec<String>, Vec<v2::Sample>, Vec<v1::Histogram>)>;

fn resolved(request: &v2::Request) -> Resolved {
    let series = request.timeseries.iter().map(|series| {
        let labels = series.labels_refs.iter();
        let labels = labels.map(|at| request.symbols[*at as usize].clone());
        let histograms = series.histograms.iter().cloned();
        let undated = |histogram| v1::Histogram {
            start_timestamp: 0,
            ..histogram
        };
        let samples = series.samples.iter().cloned();
        let undated_sample = |sample| v2::Sample {
            start_timestamp: 0,
            ..sample
        };
        (
            labels.collect(),
            samples.map(undated_sample).collect(),
            histograms.map(undated).collect(),
        )
    });
    series.collect()
}

#[test]
fn version_2_says_the_same_with_symbols_and_start_times() {
    let record = worked_record();
    let mut codec = codec(HistogramMode::Native, ProtocolVersion::V2);
    let (plain, offered) = codec.plain(&record.points);
    assert_eq!(offered, record.samples());
    let ours = v2::Request::decode(plain).unwrap();
    assert_eq!(ours.encode_to_vec(), plain, "canonical bytes");
    let theirs = v2::Request::decode(hex("rw2_request_hex").as_slice()).unwrap();
    // The stale marker is a NaN, which equals nothing: compare as text.
    assert_eq!(
        format!("{:?}", resolved(&ours)),
        format!("{:?}", resolved(&theirs))
    );
    assert_eq!(ours.symbols[0], "");
    let since = NOW - 5_000;
    for series in &ours.timeseries {
        assert_eq!(series.created_timestamp, 0, "field 6 kills Prometheus 3.5");
        let metadata = series.metadata.as_ref().unwrap();
        let is_gauge = metadata.r#type == 2;
        let starts = series.samples.iter().map(|sample| sample.start_timestamp);
        let more = series.histograms.iter().map(|one| one.start_timestamp);
        for start in starts.chain(more) {
            assert_eq!(start, if is_gauge { 0 } else { since });
        }
    }
    let unit = ours.timeseries[0].metadata.as_ref().unwrap().unit_ref;
    assert_eq!(ours.symbols[unit as usize], "seconds");
    let help = ours.timeseries[1].metadata.as_ref().unwrap().help_ref;
    assert_eq!(ours.symbols[help as usize], "What was\nworked");
}

#[test]
fn classic_histograms_are_a_family_of_counters_that_ends_with_it() {
    let record = worked_record();
    for (mode, native) in [(HistogramMode::Classic, false), (HistogramMode::Both, true)] {
        let mut codec = codec(mode, ProtocolVersion::V1);
        let (plain, _) = codec.plain(&record.points);
        let request = v1::WriteRequest::decode(plain).unwrap();
        let mut lines = Vec::new();
        for series in &request.timeseries {
            let text = |label: &v1::Label| format!("{}={}", label.name, label.value);
            let labels: Vec<String> = series.labels.iter().map(text).collect();
            let mut sorted = labels.clone();
            sorted.sort();
            assert_eq!(labels, sorted, "sorted with le among them");
            let value = series.samples.last().map(|sample| sample.value);
            lines.push((labels.join(","), value));
        }
        let count_of = |what: &str| {
            lines
                .iter()
                .find(|(labels, _)| labels.contains(what))
                .unwrap()
                .1
        };
        for (le, expected) in [("0.1", 4.0), ("0.3", 8.0), ("2.0", 12.0), ("+Inf", 13.0)] {
            assert_eq!(
                count_of(&format!("worked_seconds_bucket,instance=w1,le={le},")),
                Some(expected),
                "le={le}"
            );
        }
        assert_eq!(count_of("worked_seconds_sum"), Some(47.9));
        assert_eq!(count_of("worked_seconds_count"), Some(13.0));
        let is_native = lines
            .iter()
            .any(|(labels, _)| labels.contains("worked_seconds,"));
        assert_eq!(is_native, native);
    }
    let stale: Vec<Point> = record.points[..1]
        .iter()
        .map(|point| Point {
            reading: Reading::Stale,
            ..point.clone()
        })
        .collect();
    let mut codec = codec(HistogramMode::Classic, ProtocolVersion::V1);
    let request = v1::WriteRequest::decode(codec.plain(&stale).0).unwrap();
    assert_eq!(request.timeseries.len(), 6);
    for series in &request.timeseries {
        assert_eq!(series.samples[0].value.to_bits(), super::pipeline::STALE);
    }
}

#[test]
fn statistics_of_trends_are_gauges_by_k6s_names_beside_the_histogram() {
    let record = worked_record();
    let stats = ["p(50)", "p(99.9)", "count", "avg", "med"].map(str::to_owned);
    let mut codec = RemoteWriteCodec::new(
        "k6_",
        HistogramMode::Native,
        Bounds::default(),
        ProtocolVersion::V1,
        &stats,
    );
    let request = v1::WriteRequest::decode(codec.plain(&record.points).0).unwrap();
    let value = |name: &str| {
        let named =
            |series: &&v1::TimeSeries| series.labels.iter().any(|label| label.value == name);
        let found = request.timeseries.iter().find(named);
        found.unwrap_or_else(|| panic!("{name}")).samples[0].value
    };
    assert_eq!(value("k6_worked_count"), 13.0);
    assert!((value("k6_worked_avg") - 47.9 / 13.0).abs() < 1e-12);
    assert_eq!(value("k6_worked_p50"), value("k6_worked_med"));
    assert!(value("k6_worked_p999") > 30.0);
    assert!(request.timeseries[0].histograms.len() == 1);
}

/// Side by side with prost and the other encoder of spans.
fn naive(histogram: &Histogram) -> Vec<u8> {
    let spans = |side: &Spans| {
        let spans = side.spans.iter();
        spans
            .map(|span| v1::BucketSpan {
                offset: span.offset,
                length: span.length,
            })
            .collect()
    };
    let (positive, negative) = histogram.spans_deltas();
    v1::Histogram {
        count: Some(v1::Count::Int(histogram.count())),
        sum: histogram.sum(),
        schema: i32::from(histogram.schema()),
        zero_threshold: histogram.zero_threshold(),
        zero_count: Some(v1::ZeroCount::Int(histogram.zero_count())),
        negative_spans: spans(&negative),
        negative_deltas: negative.deltas,
        positive_spans: spans(&positive),
        positive_deltas: positive.deltas,
        ..v1::Histogram::default()
    }
    .encode_to_vec()
}

proptest! {
    #[test]
    fn the_writer_writes_what_its_naive_twin_does(
        schema in -4_i8..=8,
        values in prop::collection::vec(
            prop_oneof![Just(0.0), -1e3..1e3_f64, 1e-9..1e-3_f64, 1e6..1e12_f64, Just(1.0)], 0..200),
        times in 1_u32..400,
    ) {
        let mut histogram = Histogram::plain(schema);
        for value in &values {
            for _ in 0..times % 7 {
                histogram.add(*value);
            }
        }
        let written = histogram::Writer::default().write(&histogram).unwrap();
        prop_assert_eq!(&written[..], &naive(&histogram)[..]);
        let read = v1::Histogram::decode(&written[..]).unwrap();
        prop_assert_eq!(histogram::validate(&read), Ok(()));
    }
}

#[test]
fn a_malformed_histogram_never_reaches_the_wire() {
    let span = |offset, length| v1::BucketSpan { offset, length };
    let sound = v1::Histogram {
        count: Some(v1::Count::Int(6)),
        zero_count: Some(v1::ZeroCount::Int(1)),
        positive_spans: vec![span(0, 2), span(3, 1)],
        positive_deltas: vec![1, 1, 0],
        ..v1::Histogram::default()
    };
    assert_eq!(histogram::validate(&sound), Ok(()));
    type Damage = fn(&mut v1::Histogram);
    let rows: [(Damage, histogram::Invalid); 9] = [
        (|h| h.schema = 9, histogram::Invalid::Schema),
        (|h| h.schema = -5, histogram::Invalid::Schema),
        (
            |h| h.zero_threshold = -1.0,
            histogram::Invalid::ZeroThreshold,
        ),
        (|h| h.sum = f64::NAN, histogram::Invalid::Sum),
        (|h| h.positive_deltas.push(1), histogram::Invalid::Spans),
        (
            |h| h.positive_spans[1].offset = -1,
            histogram::Invalid::Spans,
        ),
        (
            |h| h.positive_deltas[1] = -5,
            histogram::Invalid::NegativeBucket,
        ),
        (
            |h| h.positive_spans[0].offset = 2_000,
            histogram::Invalid::Index,
        ),
        (
            |h| h.count = Some(v1::Count::Int(7)),
            histogram::Invalid::Count,
        ),
    ];
    for (damage, expected) in rows {
        let mut message = sound.clone();
        damage(&mut message);
        assert_eq!(histogram::validate(&message), Err(expected));
    }
}
