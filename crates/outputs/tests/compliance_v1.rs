//! Remote write 1.0 as senders are to speak it: the cases of Prometheus' compliance suite, judged on what a receiver in
//! this process captured of a whole run. Each table names its cases as the suite does, with the level there: `M` must,
//! `S` should, `Y` may. Where the suite is content with "did not crash", these rows are stricter.
//!
//! One deviation, on purpose: `rw1_no_native_histograms`. Prometheus itself sends native histograms in 1.0, and so do we.

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
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use loadd_metrics::{Gauge, Kind, SeriesState, Snapshot, Value};
use loadd_outputs::{RemoteWriteSettings, v1};

use pipeline::{LONG, Pipeline, STALE, balanced, label, of};
use receiver::{Answer, Captured, Receiver};

/// What arrived of a run.
struct Seen {
    captured: Vec<Captured>,
    requests: Vec<v1::WriteRequest>,
    began_ms: i64,
}

type Row = (&'static str, char, fn(&Seen) -> bool);

fn judge(seen: &Seen, rows: &[Row]) {
    let broken: Vec<String> = rows
        .iter()
        .filter(|(_, _, holds)| !holds(seen))
        .map(|(case, level, _)| format!("{case} ({level})"))
        .collect();
    assert!(broken.is_empty(), "not compliant: {}", broken.join(", "));
}

/// Values that a gauge of their case's name has.
const FLOATS: [(&str, f64); 12] = [
    ("float_value_encoding", 123.45),
    ("integer_value_encoding", 42.0),
    ("zero_value_encoding", 0.0),
    ("negative_zero_encoding", -0.0),
    ("negative_value_encoding", -15.5),
    ("positive_infinity_encoding", f64::INFINITY),
    ("negative_infinity_encoding", f64::NEG_INFINITY),
    ("nan_encoding", f64::NAN),
    ("large_float_values", f64::MAX),
    ("small_float_values", f64::MIN_POSITIVE),
    ("scientific_notation", 1.23e-4),
    ("precision_preservation", 0.123_456_789_012_345),
];

const HOSTILE: [(&str, &str); 10] = [
    ("unicode", "負荷テスト 🚀 ü"),
    ("special", "/a=b&c=\"d\"\\\n\t'{}"),
    ("empty", ""),
    ("9 lives-of.a:cat", "digit and signs"),
    ("__name__", "impostor"),
    ("__reserved", "r"),
    ("instance", "impostor"),
    ("a.b", "one"),
    ("a-b", "two"),
    ("Große", "capital"),
];

/// Recorders refuse what is not finite, so that such values reach the wire only from within: they are put in here.
fn with_floats(snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
    let mut snapshot = Arc::into_inner(snapshot).unwrap();
    let name = |series: &SeriesState| snapshot.metric(series.metric).name.to_string();
    let names: Vec<String> = snapshot.series.iter().map(name).collect();
    for (series, name) in snapshot.series.iter_mut().zip(&names) {
        if let Some((_, value)) = FLOATS.iter().find(|(case, _)| case == name) {
            series.value = Value::Gauge(Some(Gauge::of(*value)));
        }
        if name == "histogram_large_counts"
            && let Value::Trend(histogram) = &mut series.value
        {
            let histogram = Arc::make_mut(histogram);
            while histogram.count() < 1_000_000_000 {
                let as_much = histogram.clone();
                histogram.merge(&as_much);
            }
        }
    }
    Arc::new(snapshot)
}

/// A run of two pushes with everything in it, begun now.
fn everything() -> Seen {
    let receiver = Receiver::start(|_, _| {
        let body = "ignore_response_body_on_success: \u{1f4a5} error".to_owned();
        Answer::Whole(200, Vec::new(), body)
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let began_ms = i64::try_from(now.as_millis()).unwrap() - 6_000;
    let mut pipeline = Pipeline::at(began_ms);
    let mut settings = RemoteWriteSettings::new(&receiver.url);
    settings.interval = Duration::from_secs(1);
    let output = pipeline.sender(settings, None);
    let counters = output.counters();
    let handle = output.start().unwrap();
    for (push, last) in [(1, false), (2, true)] {
        for (case, _) in FLOATS {
            pipeline.add(case, Kind::Gauge, &[], f64::from(push));
        }
        for tags in [&HOSTILE[..], &[("unicode", "other")], &[]] {
            pipeline.add("orders", Kind::Counter, tags, 1.0);
            pipeline.add("checks", Kind::Rate, tags, f64::from(push - 1));
            pipeline.add("wait", Kind::Trend, tags, 0.0);
            pipeline.add("wait", Kind::Trend, tags, -1.5);
        }
        if last {
            for _ in 0..99 {
                pipeline.add("histogram_count_present", Kind::Trend, &[], 2.5);
            }
            pipeline.add("histogram_count_present", Kind::Trend, &[], 3.0);
            pipeline.add("histogram_large_counts", Kind::Trend, &[], 0.25);
        }
        let snapshot = with_floats(pipeline.snapshot(i64::from(push) * 2_503, last));
        pipeline.push_this(&counters, snapshot);
    }
    let report = handle.finish(LONG);
    balanced(report, &counters);
    assert_eq!((report.failed, report.dropped, report.pending), (0, 0, 0));
    Seen {
        captured: receiver.seen(),
        requests: receiver.accepted(),
        began_ms,
    }
}

impl Seen {
    fn series(&self) -> impl Iterator<Item = &v1::TimeSeries> {
        self.requests.iter().flat_map(|request| &request.timeseries)
    }

    fn labels(&self) -> impl Iterator<Item = &v1::Label> {
        self.series().flat_map(|series| &series.labels)
    }

    fn header(&self, name: &str, pass: impl Fn(&str) -> bool) -> bool {
        !self.captured.is_empty()
            && self
                .captured
                .iter()
                .all(|captured| captured.header(name).is_some_and(&pass))
    }

    fn times(&self) -> impl Iterator<Item = i64> {
        self.series().flat_map(times_of)
    }

    /// The newest reading of a trend before its end.
    fn histogram(&self, name: &str) -> Option<&v1::Histogram> {
        of(&self.requests, name)
            .into_iter()
            .flat_map(|series| &series.histograms)
            .rfind(|histogram| histogram.sum.to_bits() != STALE)
    }
}

fn times_of(series: &v1::TimeSeries) -> Vec<i64> {
    let samples = series.samples.iter().map(|sample| sample.timestamp);
    let histograms = series.histograms.iter().map(|one| one.timestamp);
    samples.chain(histograms).collect()
}

/// The fields of a protobuf message, by a reader that knows no message: number and content.
fn fields(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (first, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                break;
            }
        }
        value
    }
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                let mut rest = bytes;
                varint(&mut rest);
                bytes.len() - rest.len()
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)).unwrap(),
            wire => panic!("wire type {wire}"),
        };
        let (content, rest) = bytes.split_at(length);
        all.push((key >> 3, content));
        bytes = rest;
    }
    all
}

fn is_name(name: &str, colon: bool) -> bool {
    let good = |char: char, digit: bool| {
        char == '_'
            || char.is_ascii_alphabetic()
            || (colon && char == ':')
            || (digit && char.is_ascii_digit())
    };
    name.chars().next().is_some_and(|first| good(first, false))
        && name.chars().all(|char| good(char, true))
}

#[test]
fn protocol() {
    judge(
        &everything(),
        &[
            ("HTTPMethod", 'M', |seen| {
                seen.captured.iter().all(|one| one.method == "POST")
            }),
            ("content_type_protobuf", 'M', |seen| {
                seen.header("content-type", |value| {
                    value.starts_with("application/x-protobuf")
                })
            }),
            ("rw1_content_type", 'S', |seen| {
                seen.header("content-type", |value| !value.contains("proto="))
            }),
            ("content_encoding_snappy", 'M', |seen| {
                seen.header("content-encoding", |value| value == "snappy")
            }),
            ("version_header_present, rw1_version_header", 'M', |seen| {
                seen.header("x-prometheus-remote-write-version", |value| {
                    value == "0.1.0"
                })
            }),
            ("user_agent_present", 'M', |seen| {
                seen.header("user-agent", |value| {
                    value
                        .strip_prefix("loadd/")
                        .is_some_and(|version| !version.is_empty())
                })
            }),
            ("snappy_block_format", 'M', |seen| {
                seen.captured
                    .iter()
                    .all(|one| !one.body.starts_with(b"\xff\x06\x00\x00sNaPpY"))
            }),
            ("protobuf_parseable", 'M', |seen| {
                seen.captured
                    .iter()
                    .all(|one| !fields(&one.plain()).is_empty())
            }),
            ("ignore_response_body_on_success", 'S', |seen| {
                let bodies: HashSet<&Vec<u8>> = seen.captured.iter().map(|one| &one.body).collect();
                bodies.len() == seen.captured.len()
            }),
            (
                "rw1_symbol_table_not_used, rw1_metadata_handling",
                'M',
                |seen| {
                    seen.captured
                        .iter()
                        .all(|one| fields(&one.plain()).iter().all(|(tag, _)| *tag == 1))
                },
            ),
            ("rw1_no_start_timestamp", 'M', |seen| {
                seen.captured.iter().all(|one| {
                    fields(&one.plain())
                        .into_iter()
                        .flat_map(|(_, series)| fields(series))
                        .all(|(tag, value)| match tag {
                            1 | 2 => true,
                            4 => fields(value).iter().all(|(tag, _)| *tag <= 15),
                            _ => false,
                        })
                })
            }),
        ],
    );
}

#[test]
fn samples_and_timestamps() {
    let seen = everything();
    let broken: Vec<&str> = FLOATS
        .iter()
        .filter(|(case, value)| {
            let arrived: Vec<f64> = of(&seen.requests, &format!("k6_{case}"))
                .iter()
                .flat_map(|series| &series.samples)
                .map(|sample| sample.value)
                .collect();
            // Both pushes have it, and the end is marked.
            let [first, second, end] = arrived[..] else {
                return true;
            };
            let same = |one: f64| match value.is_nan() {
                true => one.is_nan() && one.to_bits() != STALE,
                false => one.to_bits() == value.to_bits(),
            };
            !(same(first) && same(second) && end.to_bits() == STALE)
        })
        .map(|(case, _)| *case)
        .collect();
    assert!(broken.is_empty(), "not bit-exact: {broken:?}");
    judge(
        &seen,
        &[
            ("timestamp_milliseconds_format", 'M', |seen| {
                seen.times()
                    .all(|time| (1_000_000_000_000..10_000_000_000_000_000).contains(&time))
            }),
            ("timestamp_int64_milliseconds", 'M', |seen| {
                // To the millisecond: the zeros, both pushes, the markers.
                let expected = HashSet::from([0, 2_503, 5_006, 5_007]);
                let found: HashSet<i64> = seen.times().map(|time| time - seen.began_ms).collect();
                found == expected
            }),
            ("timestamp_recent", 'S', |seen| {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
                let now = i64::try_from(now.as_millis()).unwrap();
                seen.times().all(|time| (time - now).abs() < 300_000)
            }),
            (
                "SampleOrdering, timestamp_ordering_within_series",
                'M',
                |seen| {
                    let mut newest = std::collections::HashMap::new();
                    seen.series().all(|series| {
                        times_of(series).into_iter().all(|time| {
                            let key = format!("{:?}", series.labels);
                            newest.insert(key, time).unwrap_or(0) < time
                        })
                    })
                },
            ),
            ("rw1_samples_encoding", 'M', |seen| {
                seen.series().any(|series| !series.samples.is_empty())
            }),
            ("job_instance_labels_present", 'S', |seen| {
                seen.series().all(|series| {
                    label(series, "instance") == Some("w1")
                        && label(series, "testid") == Some("t")
                        && label(series, "job") == Some("loadd")
                })
            }),
        ],
    );
}

#[test]
fn labels() {
    judge(
        &everything(),
        &[
            ("label_lexicographic_ordering", 'M', |seen| {
                seen.series().all(|series| {
                    series
                        .labels
                        .windows(2)
                        .all(|pair| pair[0].name.as_bytes() < pair[1].name.as_bytes())
                })
            }),
            ("no_duplicate_label_names", 'M', |seen| {
                seen.series().all(|series| {
                    let names: HashSet<&str> =
                        series.labels.iter().map(|one| one.name.as_str()).collect();
                    names.len() == series.labels.len()
                })
            }),
            ("metric_name_label_present", 'M', |seen| {
                seen.series()
                    .all(|series| label(series, "__name__").is_some())
            }),
            ("metric_name_format_valid", 'M', |seen| {
                seen.labels()
                    .filter(|label| label.name == "__name__")
                    .all(|label| is_name(&label.value, true))
            }),
            ("label_name_format_valid", 'M', |seen| {
                seen.labels().all(|label| is_name(&label.name, false))
            }),
            ("label_names_not_empty", 'M', |seen| {
                seen.labels().all(|label| !label.name.is_empty())
            }),
            ("label_values_may_be_empty", 'Y', |seen| {
                seen.labels().all(|label| !label.value.is_empty())
            }),
            ("reserved_label_prefix", 'S', |seen| {
                seen.labels()
                    .all(|label| label.name == "__name__" || !label.name.starts_with("__"))
            }),
            (
                "unicode_in_label_values, special_chars_in_label_values",
                'M',
                |seen| {
                    of(&seen.requests, "k6_orders_total").iter().any(|series| {
                        HOSTILE[..2]
                            .iter()
                            .all(|(name, value)| label(series, name) == Some(value))
                    })
                },
            ),
            ("rw1_labels_encoding", 'M', |seen| {
                let sets: HashSet<String> = of(&seen.requests, "k6_orders_total")
                    .iter()
                    .map(|series| format!("{:?}", series.labels))
                    .collect();
                sets.len() == 3
            }),
        ],
    );
}

#[test]
fn histograms() {
    judge(
        &everything(),
        &[
            (
                "native_histogram_structure, histogram_schema",
                'M',
                |seen| {
                    seen.series()
                        .flat_map(|series| &series.histograms)
                        .all(|histogram| (-4..=8).contains(&histogram.schema))
                },
            ),
            ("histogram_count_present", 'M', |seen| {
                seen.histogram("k6_histogram_count_present")
                    .is_some_and(|found| found.count == Some(v1::Count::Int(100)))
            }),
            ("histogram_sum_present", 'M', |seen| {
                seen.histogram("k6_histogram_count_present")
                    .is_some_and(|found| found.sum.to_bits() == 250.5_f64.to_bits())
            }),
            (
                "histogram_positive_buckets, _negative_buckets, _zero_bucket",
                'Y',
                |seen| {
                    let sides = |found: &v1::Histogram| {
                        found.zero_count == Some(v1::ZeroCount::Int(2))
                            && found.negative_deltas == [2]
                    };
                    seen.histogram("k6_wait").is_some_and(sides)
                        && seen
                            .histogram("k6_histogram_count_present")
                            .is_some_and(|found| found.positive_deltas[0] == 99)
                },
            ),
            ("histogram_timestamp", 'M', |seen| {
                seen.series()
                    .flat_map(|series| &series.histograms)
                    .all(|histogram| histogram.timestamp > 0)
            }),
            ("histogram_no_mixed_with_samples", 'M', |seen| {
                seen.series()
                    .all(|series| series.samples.is_empty() != series.histograms.is_empty())
            }),
            ("histogram_empty_buckets", 'S', |seen| {
                let series = of(&seen.requests, "k6_wait");
                let born = &series[0].histograms[0];
                born.count == Some(v1::Count::Int(0))
                    && born.sum.to_bits() == 0
                    && born.positive_deltas.is_empty()
                    && born.negative_deltas.is_empty()
            }),
            ("histogram_large_counts", 'M', |seen| {
                seen.histogram("k6_histogram_large_counts")
                    .is_some_and(|found| found.count == Some(v1::Count::Int(1 << 30)))
            }),
            ("mixed_sample_and_histogram_families", 'M', |seen| {
                seen.requests.iter().any(|request| {
                    let some =
                        |pass: fn(&v1::TimeSeries) -> bool| request.timeseries.iter().any(pass);
                    some(|one| !one.samples.is_empty()) && some(|one| !one.histograms.is_empty())
                })
            }),
        ],
    );
}
