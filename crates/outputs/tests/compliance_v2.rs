//! Remote write 2.0 as senders are to speak it: the cases of Prometheus' compliance suite that are 2.0's own, judged on what
//! a receiver in this process captured of a whole run. What holds in both versions is judged in `compliance_both.rs`;
//! `docs/compliance.md` has the whole list. Levels: `M` must, `S` should, `Y` may, `R` recommended.

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
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use loadd_metrics::{Kind, TagSetId, metric};
use loadd_outputs::{FlushReport, PipelineCounters, ProtocolVersion, RemoteWriteSettings, v1, v2};

use pipeline::{LONG, Pipeline, STALE, balanced};
use receiver::{Answer, Captured, Receiver};

const TYPE: &str = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

fn counts(request: &v2::Request) -> (usize, usize) {
    let series = request.timeseries.iter();
    series.fold((0, 0), |(samples, histograms), one| {
        (
            samples + one.samples.len(),
            histograms + one.histograms.len(),
        )
    })
}

/// Two pushes of everything, in version 2.0.
fn run(receiver: &Receiver) -> (FlushReport, Arc<PipelineCounters>) {
    let mut pipeline = Pipeline::new();
    let mut settings = RemoteWriteSettings::new(&receiver.url);
    settings.version = ProtocolVersion::V2;
    let output = pipeline.sender(settings, None);
    let counters = output.counters();
    let handle = output.start().unwrap();
    for (push, last) in [(1, false), (2, true)] {
        for user in ["one", "two", "three"] {
            let tags = [("Zone", "a"), ("user", user), ("empty", "")];
            pipeline.add("orders", Kind::Counter, &tags, 1.5);
            pipeline.add("good", Kind::Rate, &tags, 1.0);
            pipeline.add("level", Kind::Gauge, &tags, -15.5);
            pipeline.add("wait", Kind::Trend, &tags, 250.5);
        }
        for builtin in [metric::ITERATION_DURATION, metric::DATA_RECEIVED] {
            let series = pipeline.recorder.series(builtin, TagSetId::EMPTY);
            pipeline.recorder.add(series, 7.0);
        }
        pipeline.push(&counters, push * 5_000, last);
    }
    let report = handle.finish(LONG);
    balanced(report, &counters);
    (report, counters)
}

struct Seen {
    captured: Vec<Captured>,
    requests: Vec<v2::Request>,
}

impl Seen {
    fn series(&self) -> impl Iterator<Item = (&v2::Request, &v2::TimeSeries)> {
        self.requests.iter().flat_map(|request| {
            request
                .timeseries
                .iter()
                .map(move |series| (request, series))
        })
    }

    /// Series of this metric, with their requests.
    fn of(&self, name: &str) -> Vec<(&v2::Request, &v2::TimeSeries)> {
        self.series()
            .filter(|(request, series)| labels(request, series).contains(&("__name__", name)))
            .collect()
    }

    fn metadata(&self, name: &str) -> HashSet<(i32, &str, &str)> {
        let of = self.of(name);
        assert!(!of.is_empty(), "{name}");
        of.iter()
            .map(|(request, series)| {
                let metadata = series.metadata.as_ref().unwrap();
                let text = |at: u32| request.symbols[at as usize].as_str();
                (
                    metadata.r#type,
                    text(metadata.help_ref),
                    text(metadata.unit_ref),
                )
            })
            .collect()
    }
}

fn labels<'a>(request: &'a v2::Request, series: &'a v2::TimeSeries) -> Vec<(&'a str, &'a str)> {
    let text = |at: u32| request.symbols[at as usize].as_str();
    series
        .labels_refs
        .chunks(2)
        .map(|pair| (text(pair[0]), text(pair[1])))
        .collect()
}

type Row = (&'static str, char, fn(&Seen) -> bool);

/// All that one whole run shows (`real_world_scenario`), case by case.
#[test]
fn a_run_in_version_2_is_what_receivers_of_version_2_want() {
    let receiver = Receiver::start(|_, captured| Answer::taken(captured));
    let (report, counters) = run(&receiver);
    assert_eq!((report.failed, report.dropped, report.pending), (0, 0, 0));
    assert_eq!(counters.fallbacks.load(Relaxed), 0);
    let captured = receiver.seen();
    let seen = Seen {
        requests: captured.iter().map(Captured::v2).collect(),
        captured,
    };
    let rows: [Row; 23] = [
        ("content_type_with_proto_param", 'S', |seen| {
            seen.captured
                .iter()
                .all(|one| one.header("content-type") == Some(TYPE))
        }),
        ("version_header_value", 'S', |seen| {
            seen.captured.iter().all(|one| one.version() == "2.0.0")
        }),
        ("content_encoding_snappy", 'M', |seen| {
            seen.captured
                .iter()
                .all(|one| one.header("content-encoding") == Some("snappy"))
        }),
        ("NoFallbackOn2xx, accept_success", 'M', |seen| {
            seen.captured.len() > 2 && seen.captured.iter().all(|one| one.version() == "2.0.0")
        }),
        ("empty_string_at_index_zero", 'M', |seen| {
            seen.requests.iter().all(|one| one.symbols[0].is_empty())
        }),
        (
            "string_deduplication, efficient_symbol_reuse",
            'R',
            |seen| {
                seen.requests.iter().all(|one| {
                    one.symbols.iter().collect::<HashSet<_>>().len() == one.symbols.len()
                })
            },
        ),
        ("labels_refs_valid_indices", 'M', |seen| {
            seen.series().all(|(request, series)| {
                series
                    .labels_refs
                    .iter()
                    .all(|at| (*at as usize) < request.symbols.len())
            })
        }),
        ("labels_refs_even_length", 'M', |seen| {
            seen.series()
                .all(|(_, series)| series.labels_refs.len() % 2 == 0)
        }),
        ("label_lexicographic_ordering", 'M', |seen| {
            seen.series().all(|(request, series)| {
                labels(request, series)
                    .windows(2)
                    .all(|pair| pair[0].0 < pair[1].0)
            })
        }),
        (
            "no_empty_values, job_instance_labels_present",
            'S',
            |seen| {
                seen.series().all(|(request, series)| {
                    let labels = labels(request, series);
                    labels.iter().all(|(_, value)| !value.is_empty())
                        && ["job", "instance", "testid"]
                            .iter()
                            .all(|wanted| labels.iter().any(|(name, _)| name == wanted))
                })
            },
        ),
        ("histogram_no_mixed_with_samples", 'M', |seen| {
            seen.series()
                .all(|(_, series)| series.samples.is_empty() != series.histograms.is_empty())
        }),
        ("start_timestamp_for_counters", 'Y', |seen| {
            let of = seen.of("k6_orders_total");
            of.iter()
                .flat_map(|(_, series)| &series.samples)
                .all(|one| {
                    one.start_timestamp > 1_000_000_000_000 && one.start_timestamp <= one.timestamp
                })
        }),
        ("start_timestamp_for_histograms", 'Y', |seen| {
            let of = seen.of("k6_wait");
            of.iter()
                .flat_map(|(_, series)| &series.histograms)
                .all(|one| {
                    one.start_timestamp > 1_000_000_000_000 && one.start_timestamp <= one.timestamp
                })
        }),
        ("start_timestamp_zero_handling", 'S', |seen| {
            let gauges = [seen.of("k6_level"), seen.of("k6_good_rate")].concat();
            gauges
                .iter()
                .flat_map(|(_, series)| &series.samples)
                .all(|one| one.start_timestamp == 0)
        }),
        ("field 6 kills Prometheus 3.5", 'M', |seen| {
            seen.series()
                .all(|(_, series)| series.created_timestamp == 0)
        }),
        (
            "metadata_type_*, metadata_consistent_across_series",
            'S',
            |seen| {
                [
                    ("k6_orders_total", 1),
                    ("k6_good_total", 1),
                    ("k6_good_rate", 2),
                    ("k6_level", 2),
                    ("k6_wait", 3),
                ]
                .iter()
                .all(|(name, kind)| {
                    let metadata = seen.metadata(name);
                    metadata.len() == 1 && metadata.iter().all(|(found, ..)| found == kind)
                })
            },
        ),
        ("metadata_help_text", 'S', |seen| {
            let metadata = seen.metadata("loadd_series");
            metadata.iter().all(|(_, help, _)| help.contains("series"))
        }),
        ("metadata_unit", 'Y', |seen| {
            [
                ("k6_iteration_duration_seconds", "seconds"),
                ("k6_data_received_total", "bytes"),
            ]
            .iter()
            .all(|(name, unit)| seen.metadata(name).iter().all(|(.., found)| found == unit))
        }),
        ("metadata_help_refs_valid", 'M', |seen| {
            seen.series().all(|(request, series)| {
                let metadata = series.metadata.as_ref().unwrap();
                [metadata.help_ref, metadata.unit_ref]
                    .iter()
                    .all(|at| (*at as usize) < request.symbols.len())
            })
        }),
        ("metadata_batching", 'R', |seen| {
            seen.series().all(|(_, series)| series.metadata.is_some())
        }),
        ("metadata_empty_help_allowed", 'Y', |seen| {
            seen.of("k6_orders_total")
                .iter()
                .all(|(_, series)| series.metadata.as_ref().unwrap().help_ref == 0)
        }),
        ("stale_marker", 'S', |seen| {
            let float = seen.of("k6_orders_total").last().unwrap().1.clone();
            let native = seen.of("k6_wait").last().unwrap().1.clone();
            float.samples.last().unwrap().value.to_bits() == STALE
                && native.histograms.last().unwrap().sum.to_bits() == STALE
        }),
        (
            "multiple_metric_types, samples_with_metadata",
            'M',
            |seen| {
                let types: HashSet<i32> = seen
                    .series()
                    .map(|(_, series)| series.metadata.as_ref().unwrap().r#type)
                    .collect();
                types.len() == 3
            },
        ),
    ];
    let broken: Vec<String> = rows
        .iter()
        .filter(|(_, _, holds)| !holds(&seen))
        .map(|(case, level, _)| format!("{case} ({level})"))
        .collect();
    assert!(broken.is_empty(), "not compliant: {}", broken.join(", "));
}

#[test]
fn what_series_share_is_said_once() {
    // SymbolTableEfficiency: four series with shared labels.
    let receiver = Receiver::start(|_, captured| Answer::taken(captured));
    let mut pipeline = Pipeline::new();
    let mut settings = RemoteWriteSettings::new(&receiver.url);
    settings.version = ProtocolVersion::V2;
    let output = pipeline.sender(settings, None);
    let counters = output.counters();
    let handle = output.start().unwrap();
    for user in ["one", "two", "three", "four"] {
        let tags = [("method", "GET"), ("status", "200"), ("user", user)];
        pipeline.add("orders", Kind::Counter, &tags, 1.0);
    }
    pipeline.push(&counters, 5_000, true);
    balanced(handle.finish(LONG), &counters);
    let request = receiver.seen()[0].v2();
    let of_orders: HashSet<&str> = request
        .timeseries
        .iter()
        .map(|series| labels(&request, series))
        .filter(|labels| labels.contains(&("__name__", "k6_orders_total")))
        .flatten()
        .flat_map(|(name, value)| [name, value])
        .collect();
    // Seven names, six values that all share, four users.
    assert_eq!(of_orders.len(), 17);
    let all: HashSet<&str> = request.symbols.iter().map(String::as_str).collect();
    assert_eq!(all.len(), request.symbols.len());
}

/// All requests after a first answer; decoded as 1.0.
fn fallen_back(first: impl Fn(&Captured) -> Answer + Send + 'static) -> (Receiver, FlushReport) {
    let receiver = Receiver::start(move |number, captured| {
        if number == 0 {
            first(captured)
        } else {
            Answer::status(204)
        }
    });
    let (report, counters) = run(&receiver);
    assert_eq!(counters.fallbacks.load(Relaxed), 1);
    (receiver, report)
}

/// Cases `fallback_on_415_unsupported_media_type`, `retry_with_different_version`, `accept_success_after_fallback`.
#[test]
fn fallback_on_415_and_on_a_success_without_the_headers_lasts() {
    for status in [415, 204, 200] {
        let (receiver, report) = fallen_back(move |_| Answer::status(status));
        assert_eq!((report.failed, report.dropped, report.pending), (0, 0, 0));
        let seen = receiver.seen();
        assert_eq!(seen[0].version(), "2.0.0");
        let first = seen[0].v2();
        assert!(seen.len() > 2);
        for captured in &seen[1..] {
            assert_eq!(captured.version(), "0.1.0", "persistent_fallback_choice");
            assert_eq!(
                captured.header("content-type"),
                Some("application/x-protobuf"),
                "fallback_header_changes"
            );
        }
        let again: v1::WriteRequest = seen[1].request();
        let samples: usize = again.timeseries.iter().map(|one| one.samples.len()).sum();
        let native: usize = again
            .timeseries
            .iter()
            .map(|one| one.histograms.len())
            .sum();
        assert_eq!((samples, native), counts(&first), "the same samples");
    }
}

/// Cases `process_written_count_headers`, `handle_partial_write_response`, `handle_204_no_content`.
#[test]
fn what_the_receiver_did_not_write_has_failed_and_the_rest_was_sent() {
    let accepted = Arc::new(AtomicUsize::new(0));
    let shared = Arc::clone(&accepted);
    let receiver = Receiver::start(move |number, captured| {
        let (samples, histograms) = counts(&captured.v2());
        let short = usize::from(number < 2);
        shared.fetch_add(samples + histograms - short, Relaxed);
        // handle_partial_write_response: once as a refusal, once as a success.
        Answer::written(captured, if number == 0 { 400 } else { 204 }, short)
    });
    let (report, counters) = run(&receiver);
    assert_eq!(report.failed, 2);
    assert_eq!(counters.failed_rejected.load(Relaxed), 1);
    assert_eq!(counters.failed_partial.load(Relaxed), 1);
    assert_eq!(report.sent, accepted.load(Relaxed) as u64);
    let bodies: HashSet<Vec<u8>> = receiver.seen().into_iter().map(|one| one.body).collect();
    assert_eq!(
        bodies.len(),
        receiver.seen().len(),
        "nothing was sent twice"
    );
}

/// Cases `handle_missing_written_headers`.
#[test]
fn a_refusal_without_the_headers_fails_all_of_its_request_and_is_not_split() {
    let receiver = Receiver::start(|number, captured| {
        if number == 0 {
            Answer::status(400)
        } else {
            Answer::taken(captured)
        }
    });
    let (report, counters) = run(&receiver);
    let (samples, histograms) = counts(&receiver.seen()[0].v2());
    assert_eq!(report.failed, (samples + histograms) as u64);
    assert_eq!(counters.fallbacks.load(Relaxed), 0, "a 400 is no reason");
}

#[test]
fn a_500_is_tried_again_with_the_same_bytes_whatever_it_says_was_written() {
    let receiver = Receiver::start(|number, captured| {
        Answer::written(captured, if number == 0 { 503 } else { 204 }, 0)
    });
    let (report, _) = run(&receiver);
    assert_eq!((report.failed, report.pending), (0, 0));
    let seen = receiver.seen();
    assert_eq!(seen[0].body, seen[1].body);
}
