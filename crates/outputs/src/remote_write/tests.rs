//! The sender against a receiver in this process that misbehaves by script, and the worked example byte for byte.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use loadd_metrics::{
    Contains, Family, Kind, MetricsSettings, Recorder, Registry, Shelf, TagSetId, Totals,
};
use prost::Message;

use super::{
    encode::{Body, Encoder, STALE},
    *,
};
use crate::spool::record::{Point, Reading, Record, SeriesDef};

#[derive(Debug, Clone)]
struct Captured {
    at: Instant,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Captured {
    fn request(&self) -> v1::WriteRequest {
        assert!(
            !self.body.starts_with(b"\xff\x06\x00\x00sNaPpY"),
            "never the framed format"
        );
        let plain = snap::raw::Decoder::new()
            .decompress_vec(&self.body)
            .unwrap();
        v1::WriteRequest::decode(plain.as_slice()).unwrap()
    }
}

/// Answers each request with the next line of the script, then 204 for ever.
struct Receiver {
    url: String,
    seen: Arc<Mutex<Vec<Captured>>>,
}

type Script = Box<dyn FnMut(usize, &Captured) -> (u16, Vec<(&'static str, String)>, String) + Send>;

impl Receiver {
    fn start(mut script: Script) -> Receiver {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/api/v1/write", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Captured>>> = Arc::default();
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let (calls, mut called) = tokio::sync::mpsc::unbounded_channel::<(
                Captured,
                oneshot::Sender<Response<Full<Bytes>>>,
            )>();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::spawn(async move {
                    while let Some((captured, reply)) = called.recv().await {
                        let number = log.lock().unwrap().len();
                        let (status, headers, body) = script(number, &captured);
                        log.lock().unwrap().push(captured);
                        let mut response = Response::builder().status(status);
                        for (name, value) in headers {
                            response = response.header(name, value);
                        }
                        let _ = reply.send(response.body(Full::new(Bytes::from(body))).unwrap());
                    }
                });
                while let Ok((stream, _)) = listener.accept().await {
                    let calls = calls.clone();
                    let service = service_fn(move |request: Request<Incoming>| {
                        let calls = calls.clone();
                        async move {
                            assert_eq!(request.method(), "POST");
                            let (head, body) = request.into_parts();
                            let body = body.collect().await.unwrap().to_bytes();
                            let (reply, answer) = oneshot::channel();
                            calls
                                .send((
                                    Captured {
                                        at: Instant::now(),
                                        headers: head.headers,
                                        body,
                                    },
                                    reply,
                                ))
                                .unwrap();
                            Ok::<_, Infallible>(answer.await.unwrap())
                        }
                    });
                    tokio::spawn(
                        hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service),
                    );
                }
            });
        });
        Receiver { url, seen }
    }

    fn statuses(statuses: &'static [u16]) -> Receiver {
        Receiver::start(Box::new(move |number, _| {
            (
                statuses.get(number).copied().unwrap_or(204),
                Vec::new(),
                "body".to_owned(),
            )
        }))
    }

    fn seen(&self) -> Vec<Captured> {
        self.seen.lock().unwrap().clone()
    }
}

fn identity() -> RunIdentity {
    RunIdentity {
        test_id: "t".to_owned(),
        instance: "w1".to_owned(),
        start_ms: 1_000,
        joined_ms: NOW,
        labels: Vec::new(),
    }
}

const NOW: i64 = 1_700_000_000_000;

struct Pipeline {
    recorder: Recorder,
    totals: Totals,
    publish: watch::Sender<Arc<Snapshot>>,
}

fn pipeline() -> (Arc<Registry>, Pipeline) {
    let registry = Registry::new(MetricsSettings::default());
    let mut totals = Totals::new(&registry);
    let first = totals.snapshot(NOW, Duration::ZERO, false);
    (
        Arc::clone(&registry),
        Pipeline {
            recorder: Recorder::new(&registry),
            totals,
            publish: watch::channel(first).0,
        },
    )
}

impl Pipeline {
    fn publish(&mut self, after_ms: i64, last: bool) {
        let shelf = self.recorder.swap(Shelf::default());
        self.totals.absorb(shelf);
        self.publish
            .send_replace(self.totals.snapshot(NOW + after_ms, Duration::ZERO, last));
    }
}

/// One counter with 3 samples and a trend, pushed to `receiver` to the end.
fn run(
    receiver: &Receiver,
    change: impl FnOnce(&mut RemoteWriteSettings),
    timeout: Duration,
) -> (FlushReport, Arc<PipelineCounters>) {
    let (registry, mut pipeline) = pipeline();
    let mut settings = RemoteWriteSettings::new(&receiver.url);
    change(&mut settings);
    let output = remote_write(settings, &identity(), pipeline.publish.subscribe(), None).unwrap();
    let counters = output.counters();
    let handle = output.start().unwrap();
    let tags = pipeline
        .recorder
        .extend(TagSetId::EMPTY, &[("a b", "ü=&\"\n"), ("empty", "")]);
    let orders = registry
        .declare("orders", Kind::Counter, Contains::Default)
        .unwrap();
    let wait = registry
        .declare("wait", Kind::Trend, Contains::Default)
        .unwrap();
    let (orders, wait) = (
        pipeline.recorder.series(orders, tags),
        pipeline.recorder.series(wait, tags),
    );
    pipeline.recorder.add(orders, 3.0);
    pipeline.recorder.add(wait, 250.5);
    pipeline.publish(500, true);
    let report = handle.finish(timeout);
    (report, counters)
}

fn balanced(report: FlushReport, counters: &PipelineCounters) {
    assert_eq!(
        counters.recorded.load(Relaxed),
        report.sent + report.failed + report.dropped + report.pending,
        "recorded = sent + failed + dropped + pending: {report:?}"
    );
}

fn of<'a>(requests: &'a [v1::WriteRequest], name: &str) -> Vec<&'a v1::TimeSeries> {
    let named = |series: &&v1::TimeSeries| {
        series
            .labels
            .iter()
            .any(|label| label.name == "__name__" && label.value == name)
    };
    requests
        .iter()
        .flat_map(|request| &request.timeseries)
        .filter(named)
        .collect()
}

#[test]
fn a_run_arrives_with_zeros_before_it_and_markers_after_it() {
    let receiver = Receiver::statuses(&[]);
    let (report, counters) = run(&receiver, |_| {}, Duration::from_secs(20));
    balanced(report, &counters);
    assert_eq!((report.failed, report.dropped, report.pending), (0, 0, 0));
    let seen = receiver.seen();
    for captured in &seen {
        let header = |name: &str| {
            captured
                .headers
                .get(name)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(header("content-encoding"), "snappy");
        assert_eq!(header("content-type"), "application/x-protobuf");
        assert_eq!(header("x-prometheus-remote-write-version"), "0.1.0");
        assert!(header("user-agent").starts_with("loadd/"));
        assert!(captured.headers.contains_key("content-length"));
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
            assert!(
                series
                    .labels
                    .iter()
                    .any(|label| label.name == name && label.value == value)
            );
        }
    }
    let orders = of(&requests, "k6_orders_total");
    let samples: Vec<(i64, u64)> = orders
        .iter()
        .flat_map(|series| &series.samples)
        .map(|sample| (sample.timestamp - NOW, sample.value.to_bits()))
        .collect();
    assert_eq!(samples, [(0, 0), (500, 3.0_f64.to_bits()), (501, STALE)]);
    assert!(
        orders[0]
            .labels
            .iter()
            .any(|label| label.name == "a_b" && label.value == "ü=&\"\n")
    );
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
        let receiver = Receiver::start(Box::new(move |number, _| {
            (
                if number < 3 { status } else { 204 },
                Vec::new(),
                String::new(),
            )
        }));
        let (report, counters) = run(&receiver, |_| {}, Duration::from_secs(20));
        balanced(report, &counters);
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
    let script: Script = Box::new(|number, _| {
        (
            if number == 0 { 429 } else { 204 },
            vec![("retry-after", "1".to_owned())],
            String::new(),
        )
    });
    let receiver = Receiver::start(script);
    let (report, _) = run(&receiver, |_| {}, Duration::from_secs(20));
    assert_eq!(report.pending, 0);
    let seen = receiver.seen();
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(1));
}

#[test]
fn refused_bytes_are_never_sent_again_and_counted() {
    for status in [400_u16, 404, 413, 422] {
        let receiver = Receiver::start(Box::new(move |_, _| {
            (status, Vec::new(), "no".repeat(15_000))
        }));
        let (report, counters) = run(&receiver, |_| {}, Duration::from_secs(20));
        balanced(report, &counters);
        assert_eq!((report.sent, report.pending), (0, 0), "{status}");
        assert!(report.failed > 0);
        let bodies: Vec<Bytes> = receiver
            .seen()
            .into_iter()
            .map(|captured| captured.body)
            .collect();
        let distinct: std::collections::HashSet<&Bytes> = bodies.iter().collect();
        assert_eq!(distinct.len(), bodies.len(), "{status}: no bytes twice");
    }
}

#[test]
fn one_bad_series_does_not_cost_the_others() {
    let receiver = Receiver::start(Box::new(|_, captured| {
        let bad = !of(&[captured.request()], "k6_orders_total").is_empty();
        (if bad { 400 } else { 204 }, Vec::new(), String::new())
    }));
    let (report, counters) = run(&receiver, |_| {}, Duration::from_secs(20));
    balanced(report, &counters);
    assert_eq!(report.failed, 3, "zero, value and marker of the one series");
    assert_eq!(report.pending, 0);
    assert!(report.sent > 0);
}

#[test]
fn a_receiver_that_is_away_costs_no_more_than_the_time_allowed_and_everything_still_waits() {
    let receiver = Receiver {
        url: "http://127.0.0.1:1/".to_owned(),
        seen: Arc::default(),
    };
    let (report, counters) = run(&receiver, |_| {}, Duration::from_millis(300));
    balanced(report, &counters);
    assert_eq!((report.sent, report.failed, report.dropped), (0, 0, 0));
    assert!(report.pending > 0);
}

#[test]
fn settings_that_cannot_be_honoured_are_refused() {
    let (_, pipeline) = pipeline();
    let mut settings = RemoteWriteSettings::new("http://127.0.0.1:1/");
    settings.version = crate::ProtocolVersion::V2;
    let mut named = identity();
    named.labels.push(("9".to_owned(), "x".to_owned()));
    let error = remote_write(settings, &named, pipeline.publish.subscribe(), None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("remote_write.version") && error.contains("labels.9"),
        "{error}"
    );
}

fn worked() -> serde_json::Value {
    serde_json::from_str(include_str!("../../tests/data/worked-example.json")).unwrap()
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
