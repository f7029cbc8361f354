//! What a sender does about replies: the retry, backoff and error cases of Prometheus' sender compliance suite, in both
//! versions.
//!
//! One deviation, on purpose: 401 and 403 are tried again, slowly, since credentials rotate.

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

use std::{collections::HashSet, sync::atomic::Ordering::Relaxed, time::Duration};

use loadd_metrics::Kind;
use loadd_outputs::{FlushReport, ProtocolVersion, RemoteWriteSettings};

use pipeline::{LONG, Pipeline, balanced, small_run};
use receiver::{Answer, Captured, Receiver};

const VERSIONS: [ProtocolVersion; 2] = [ProtocolVersion::V1, ProtocolVersion::V2];

/// A small run against a receiver that answers so; the bodies that it saw.
fn against(
    version: ProtocolVersion,
    script: impl FnMut(usize, &Captured) -> Answer + Send + 'static,
) -> (Receiver, FlushReport) {
    let receiver = Receiver::start(script);
    let speak = |settings: &mut RemoteWriteSettings| settings.version = version;
    let (report, _) = small_run(&receiver.url, speak, |_| {}, LONG);
    (receiver, report)
}

fn times_sent(receiver: &Receiver, index: usize) -> usize {
    let seen = receiver.seen();
    let same = |one: &&Captured| one.body == seen[index].body;
    seen.iter().filter(same).count()
}

#[test]
fn no_retry_of_what_is_refused_for_good() {
    for version in VERSIONS {
        for (case, status) in [
            ("no_retry_on_400", 400),
            ("no_retry_on_404", 404),
            ("no_retry_on_413", 413),
        ] {
            let (receiver, report) = against(version, move |_, _| Answer::status(status));
            assert_eq!((report.sent, report.pending), (0, 0), "{case}");
            for index in 0..receiver.seen().len() {
                assert_eq!(times_sent(&receiver, index), 1, "{case}");
            }
        }
        // Credentials rotate: a 401 is tried again, but slowly (one request in the suite's time), and nothing is lost.
        let receiver = Receiver::start(|_, _| Answer::status(401));
        let (report, _) = small_run(
            &receiver.url,
            |settings| settings.version = version,
            |_| {},
            Duration::from_secs(1),
        );
        assert_eq!(receiver.seen().len(), 1, "no_retry_on_401");
        assert_eq!((report.sent, report.failed), (0, 0), "no_retry_on_401");
    }
}

#[test]
fn retry_of_what_may_succeed_later() {
    for version in VERSIONS {
        for (case, status) in [
            ("retry_on_500", 500),
            ("retry_on_502", 502),
            ("retry_on_503", 503),
            ("retry_on_504", 504),
        ] {
            let (receiver, report) = against(version, move |number, captured| match number {
                0..4 => Answer::status(status),
                _ => Answer::taken(captured),
            });
            assert_eq!((report.failed, report.pending), (0, 0), "{case}");
            assert_eq!(times_sent(&receiver, 0), 5, "{case}: the same bytes");
            let arrived = pipeline::arrivals(&receiver.accepted());
            let once: HashSet<&(String, i64)> = arrived.iter().collect();
            assert_eq!(once.len(), arrived.len(), "{case}: nothing twice");
            assert_eq!(arrived.len() as u64, report.sent, "{case}: nothing lost");

            let seen = receiver.seen();
            let gaps: Vec<Duration> = seen[..5]
                .windows(2)
                .map(|pair| pair[1].at - pair[0].at)
                .collect();
            // A gap has the machine's own delay on top of the wait, so it is held against the waits: 30 ms, doubled each time.
            let due = [24, 48, 96, 192].map(Duration::from_millis);
            assert!(
                gaps.iter().zip(due).all(|(gap, due)| *gap >= due),
                "exponential_backoff_on_retries, backoff_required: {gaps:?}"
            );
            assert!(
                gaps.iter().all(|gap| *gap <= Duration::from_secs(60)),
                "backoff_max_delay"
            );
        }
        let (receiver, report) = against(version, |number, captured| match number {
            0 => Answer::Whole(429, vec![("Retry-After", "1".to_owned())], String::new()),
            _ => Answer::taken(captured),
        });
        assert_eq!(report.pending, 0);
        assert_eq!(times_sent(&receiver, 0), 2, "may_retry_on_429");
        let seen = receiver.seen();
        assert!(seen[1].at - seen[0].at >= Duration::from_secs(1));
    }
}

#[test]
fn error_handling() {
    type Bad = fn() -> Answer;
    let rows: [(&str, Bad); 5] = [
        ("partial_write", || Answer::Broken(b"HTTP/1.1 20".to_vec())),
        ("malformed_response", || {
            Answer::Broken(b"\0\x01 nonsense\r\n\r\n".to_vec())
        }),
        ("invalid_status_code", || Answer::status(999)),
        ("empty_response", || Answer::Broken(Vec::new())),
        ("large_error_response", || {
            Answer::Whole(503, Vec::new(), "e".repeat(1 << 20))
        }),
    ];
    for (case, bad) in rows {
        for version in VERSIONS {
            let (receiver, report) = against(version, move |number, captured| match number {
                0 => bad(),
                _ => Answer::taken(captured),
            });
            assert_eq!((report.failed, report.pending), (0, 0), "{case}");
            assert_eq!(times_sent(&receiver, 0), 2, "{case}");
        }
    }
    let error = RemoteWriteSettings::new("ftp://127.0.0.1/").validate();
    assert_eq!(
        error.unwrap_err()[0].key,
        "remote_write.url",
        "invalid_url_scheme"
    );
}

#[test]
fn sender_continues_after_errors() {
    let receiver = Receiver::start(|_, _| Answer::status(500));
    let mut pipeline = Pipeline::new();
    let mut settings = RemoteWriteSettings::new(&receiver.url);
    settings.max_bytes = Some(1 << 20);
    let output = pipeline.sender(settings, None);
    let counters = output.counters();
    let handle = output.start().unwrap();
    for push in 1..=300 {
        for number in 0..40 {
            let tags = [("n", &*number.to_string())];
            pipeline.add("orders", Kind::Counter, &tags, 1.0);
            pipeline.add("wait", Kind::Trend, &tags, f64::from(push * number));
        }
        pipeline.push(&counters, i64::from(push) * 5_000, false);
    }
    assert!(
        counters.spool_bytes.load(Relaxed) <= 1 << 20,
        "memory is flat"
    );
    let report = handle.finish(Duration::ZERO);
    balanced(report, &counters);
    assert_eq!((report.sent, report.failed), (0, 0));
    assert!(report.dropped > 0 && report.pending > 0, "{report:?}");
}

#[test]
fn user_headers_cannot_override_the_protocol_s() {
    for name in [
        "Content-Encoding",
        "content-type",
        "X-Prometheus-Remote-Write-Version",
        "User-Agent",
    ] {
        let mut settings = RemoteWriteSettings::new("http://127.0.0.1:1/");
        settings.headers.insert(name.to_owned(), "x".to_owned());
        let faults = settings.validate().unwrap_err();
        assert_eq!(faults[0].key, format!("remote_write.headers.{name}"));
    }
}
