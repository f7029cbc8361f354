//! Spans through the real exporters, to receivers that are away or silent.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use opentelemetry::{
    global::BoxedTracer,
    trace::{Span, Tracer},
};

use super::{Traces, WAITING};
use crate::{OtlpProtocol, RunIdentity, TracesSettings};

fn identity() -> RunIdentity {
    RunIdentity {
        test_id: "spans".to_owned(),
        instance: "w".to_owned(),
        start_ms: 0,
        since_ms: 0,
        joined_ms: 0,
        labels: Vec::new(),
    }
}

fn start(endpoint: &str, protocol: OtlpProtocol, ratio: f64) -> Traces {
    let mut settings = TracesSettings::new(endpoint);
    settings.protocol = protocol;
    settings.ratio = ratio;
    Traces::start(&settings, &identity()).unwrap()
}

fn make(tracer: &BoxedTracer, spans: usize) -> usize {
    (0..spans)
        .filter(|_| {
            let mut span = tracer.start("HTTP GET");
            span.end();
            span.span_context().is_sampled()
        })
        .count()
}

/// A port where nobody listens.
fn nobody() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", port.local_addr().unwrap())
}

#[test]
fn spans_for_a_receiver_that_is_away_are_counted_as_lost_and_hold_nothing_up() {
    for protocol in [OtlpProtocol::Http, OtlpProtocol::Grpc] {
        let traces = start(&nobody(), protocol, 1.0);
        make(&traces.tracer(), 700);
        let report = traces.finish(Duration::from_secs(20));
        assert_eq!((report.sent, report.dropped), (0, 700), "{protocol:?}");
    }
}

#[test]
fn a_silent_receiver_costs_the_time_it_was_given_and_every_span_is_counted() {
    for protocol in [OtlpProtocol::Http, OtlpProtocol::Grpc] {
        // Connections wait in the backlog.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let traces = start(&url, protocol, 1.0);
        let more = 2 * WAITING;
        let began = Instant::now();
        make(&traces.tracer(), more);
        let report = traces.finish(Duration::from_millis(300));
        assert!(began.elapsed() < Duration::from_secs(8), "{protocol:?}");
        assert_eq!(
            (report.sent, report.dropped),
            (0, more as u64),
            "{protocol:?}"
        );
    }
}

#[test]
fn the_ratio_says_which_share_of_the_spans_is_recorded() {
    for (ratio, least, most) in [(1.0, 2_000, 2_000), (0.25, 380, 620)] {
        let traces = start(&nobody(), OtlpProtocol::Http, ratio);
        let recorded = make(&traces.tracer(), 2_000);
        assert!((least..=most).contains(&recorded), "{recorded} at {ratio}");
        assert_eq!(
            traces.finish(Duration::from_secs(20)).dropped,
            recorded as u64
        );
    }
}

#[test]
fn what_cannot_be_used_is_found_at_the_start() {
    let mut settings = TracesSettings::new("https://127.0.0.1:1");
    settings.tls.ca_file = Some("/nowhere.pem".into());
    assert!(Traces::start(&settings, &identity()).is_err());
    let mut settings = TracesSettings::new("http://127.0.0.1:1");
    settings.protocol = OtlpProtocol::Grpc;
    settings.headers.insert("a b".to_owned(), "c".to_owned());
    assert!(Traces::start(&settings, &identity()).is_err());
}
