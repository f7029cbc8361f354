//! The worked example byte for byte, and what never reaches the wire.

use std::sync::Arc;

use loadd_metrics::{Contains, Family, Kind};
use prost::Message;

use super::pipeline::NOW;
use crate::{
    remote_write::{
        encode::{Body, Encoder},
        histogram, v1,
    },
    spool::record::{Point, Reading, Record, Run, SeriesDef},
};

fn worked() -> serde_json::Value {
    serde_json::from_str(include_str!("../../../tests/data/worked-example.json")).unwrap()
}

#[test]
fn the_worked_example_is_encoded_byte_for_byte() {
    let example = worked();
    let hex = |key: &str| -> Vec<u8> {
        let text = example[key].as_str().unwrap();
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    };
    let expected = v1::WriteRequest::decode(hex("rw1_write_request_hex").as_slice()).unwrap();
    let histogram = v1::Histogram {
        timestamp: 0,
        ..expected.timeseries[0].histograms[0].clone()
    };
    assert_eq!(histogram::validate(&histogram), Ok(()));
    let run = Arc::new(Run {
        start_ms: 0,
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
    let body = Encoder::new("").encode(&record);
    assert_eq!(body.bytes, hex("rw1_write_request_hex"));
    assert_eq!(body.samples(), record.samples());
    assert_eq!(body.clone().cut(2).len(), 2);
    let joined: Vec<u8> = body
        .clone()
        .cut(1)
        .into_iter()
        .flat_map(|request: Body| request.bytes)
        .collect();
    assert_eq!(joined, body.bytes, "cutting loses nothing");
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
