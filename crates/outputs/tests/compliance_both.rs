//! What senders are to do in either version of remote write: cases of Prometheus' compliance suite, judged on what a receiver
//! in this process captured of a whole run, once in 1.0 and once in 2.0. Each table names its cases as the suite does, with
//! the level there: `M` must, `S` should, `Y` may. Where the suite is content with "did not crash", these rows are stricter.

#![allow(
    clippy::unwrap_used,
    reason = "clippy knows test functions, but not the helpers beside them"
)]

#[path = "kit/everything.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each user of the kit takes a part of it"
)]
mod everything;
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
    time::{SystemTime, UNIX_EPOCH},
};

use loadd_outputs::{ProtocolVersion, v1};

use everything::{FLOATS, HOSTILE, Row, everything, judge, times_of};
use pipeline::{STALE, label, of};

const VERSIONS: [ProtocolVersion; 2] = [ProtocolVersion::V1, ProtocolVersion::V2];

/// Judges a run in each version.
fn both(rows: &[Row]) {
    for version in VERSIONS {
        judge(&everything(version), rows);
    }
}

/// A protobuf message, read by somebody who knows no message: whether it is well-formed to its end, and has fields.
fn is_protobuf(mut bytes: &[u8]) -> bool {
    fn varint(bytes: &mut &[u8]) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (first, rest) = bytes.split_first()?;
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
    let mut fields = 0;
    while !bytes.is_empty() {
        let length = match varint(&mut bytes).map(|key| key & 7) {
            Some(0) => varint(&mut bytes).map(|_| 0),
            Some(1) => Some(8),
            Some(2) => varint(&mut bytes).and_then(|length| usize::try_from(length).ok()),
            Some(_) | None => None,
        };
        let Some((_, rest)) = length.and_then(|length| bytes.split_at_checked(length)) else {
            return false;
        };
        bytes = rest;
        fields += 1;
    }
    fields > 0
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
    both(&[
        ("HTTPMethod", 'M', |seen| {
            seen.captured.iter().all(|one| one.method == "POST")
        }),
        ("content_type_protobuf", 'M', |seen| {
            seen.header("content-type", |value| {
                value.starts_with("application/x-protobuf")
            })
        }),
        ("content_encoding_snappy", 'M', |seen| {
            seen.header("content-encoding", |value| value == "snappy")
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
            seen.captured.iter().all(|one| is_protobuf(&one.plain()))
        }),
        (
            "ignore_response_body_on_success, handle_200_ok",
            'M',
            |seen| {
                let bodies: HashSet<&Vec<u8>> = seen.captured.iter().map(|one| &one.body).collect();
                bodies.len() == seen.captured.len()
            },
        ),
    ]);
}

#[test]
fn samples_and_timestamps() {
    for version in VERSIONS {
        let seen = everything(version);
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
        assert!(
            broken.is_empty(),
            "not bit-exact in {version:?}: {broken:?}"
        );
    }
    both(&[
        ("timestamp_milliseconds_format", 'M', |seen| {
            seen.times()
                .all(|time| (1_000_000_000_000..10_000_000_000_000_000).contains(&time))
        }),
        (
            "timestamp_int64_milliseconds, timestamp_precision",
            'M',
            |seen| {
                // To the millisecond: the zeros, both pushes, the markers.
                let expected = HashSet::from([0, 2_503, 5_006, 5_007]);
                let found: HashSet<i64> = seen.times().map(|time| time - seen.began_ms).collect();
                found == expected
            },
        ),
        ("timestamp_recent, timestamp_future_values", 'S', |seen| {
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
        ("multiple_samples_same_series", 'Y', |seen| {
            // Its zero, both pushes and its end.
            let series = of(&seen.requests, "k6_orders_total");
            let plain = series
                .iter()
                .filter(|series| label(series, "unicode").is_none());
            plain.map(|series| series.samples.len()).sum::<usize>() == 4
        }),
        ("special_float_combinations", 'M', |seen| {
            // Before it there may be one with our own metrics alone, of the moment of joining.
            let mut requests = seen.requests.iter();
            let first = requests.find(|request| {
                let mut series = request.timeseries.iter();
                series.any(|series| label(series, "__name__") == Some("k6_zero_value_encoding"))
            });
            first.is_some_and(|request| {
                let bits: HashSet<u64> = request
                    .timeseries
                    .iter()
                    .flat_map(|series| &series.samples)
                    .map(|sample| sample.value.to_bits())
                    .collect();
                [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY]
                    .iter()
                    .all(|value| bits.contains(&value.to_bits()))
                    && bits.iter().any(|bits| f64::from_bits(*bits).is_nan())
            })
        }),
        ("zero_timestamp", 'S', |seen| {
            seen.times().all(|time| time > 0)
        }),
        ("job_instance_labels_present", 'S', |seen| {
            seen.series().all(|series| {
                label(series, "instance") == Some("w1")
                    && label(series, "testid") == Some("t")
                    && label(series, "job") == Some("loadd")
            })
        }),
    ]);
}

#[test]
fn labels() {
    both(&[
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
        ("metric_name_with_colons", 'M', |seen| {
            // No metric of a script may have one: k6 refuses the name. The prefix may.
            is_name("a:b", true) && seen.labels().all(|label| !label.name.contains(':'))
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
    ]);
}

#[test]
fn histograms() {
    both(&[
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
                    found.zero_count == Some(v1::ZeroCount::Int(2)) && found.negative_deltas == [2]
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
                let some = |pass: fn(&v1::TimeSeries) -> bool| request.timeseries.iter().any(pass);
                some(|one| !one.samples.is_empty()) && some(|one| !one.histograms.is_empty())
            })
        }),
    ]);
}
