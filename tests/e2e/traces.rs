//! Spans of requests: what the receiver of traces is told is what the target was shown in `traceparent`; off, nothing of
//! it is there; and a receiver that is away costs spans, never load.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::TcpListener,
    time::{Duration, Instant},
};

use loadd_tests::{
    Finished, Loadd, Receiver, Reply, Room,
    otlp::{self, Span, hex},
    paths, wait_for,
};
use prost::Message;

const KIND_CLIENT: i32 = 3;

fn texts(attributes: &[otlp::KeyValue]) -> BTreeMap<&str, String> {
    let text = |value: &otlp::AnyValue| match (&value.text, value.whole) {
        (Some(text), _) => text.clone(),
        (None, Some(whole)) => whole.to_string(),
        (None, None) => String::new(),
    };
    attributes
        .iter()
        .map(|pair| {
            (
                pair.key.as_str(),
                pair.value.as_ref().map_or_else(String::new, text),
            )
        })
        .collect()
}

/// The header that says the same as the span.
fn header(span: &Span) -> String {
    format!("00-{}-{}-01", hex(&span.trace), hex(&span.span))
}

/// All that has come in, in the order of their beginning.
fn resources(receiver: &Receiver) -> Vec<otlp::ResourceSpans> {
    let requests = receiver.received();
    requests
        .iter()
        .flat_map(|request| {
            otlp::Traces::decode(request.protobuf())
                .expect("a body of OTLP")
                .resources
        })
        .collect()
}

fn spans(receiver: &Receiver) -> Vec<Span> {
    let scopes = resources(receiver).into_iter().flat_map(|all| all.scopes);
    let mut spans: Vec<Span> = scopes.flat_map(|scope| scope.spans).collect();
    spans.sort_by_key(|span| span.start);
    spans
}

/// What the target was shown, request by request.
fn shown(target: &Receiver) -> Vec<Option<String>> {
    let header = |headers: &http::HeaderMap| {
        let text = headers.get("traceparent")?.to_str();
        Some(text.expect("a header of text").to_owned())
    };
    target
        .received()
        .iter()
        .map(|request| header(&request.headers))
        .collect()
}

fn well() -> Receiver {
    Receiver::start([], Reply::status(200))
}

/// The daemon to its end with a script that makes ten requests, and this table.
fn daemon(target: &Receiver, traces: &str) -> Finished {
    let room = Room::new();
    room.write(
        "script.js",
        "import http from 'k6/http';\nexport const options = { scenarios: { all: { executor: 'shared-iterations', vus: 2, iterations: 10 } } };\n\
         export default function () { http.get(__ENV.TARGET + '/a?b=c', { tags: { name: 'page' } }); }\n",
    );
    let config = format!(
        "test_id = \"spans\"\ninstance = \"w\"\nscript = \"script.js\"\nenv = {{ TARGET = \"http://{}\" }}\n\
         [admin]\nlisten = \"127.0.0.1:{}\"\n{traces}",
        target.address(),
        paths::free_port(),
    );
    Loadd::daemon(&room.write("test.toml", &config)).finish(Duration::from_secs(60))
}

/// `loadd run` of one iteration with this function's body.
fn run(target: &Receiver, to: &str, body: &str) -> Finished {
    let room = Room::new();
    let script = format!("import http from 'k6/http';\nexport default function () {{ {body} }}\n");
    room.write("script.js", &script);
    let url = format!("TARGET=http://{}", target.address());
    Loadd::output(
        room.path(),
        &[
            "run",
            "--quiet",
            "--traces-output",
            to,
            "-e",
            &url,
            "script.js",
        ],
    )
}

#[test]
fn each_request_has_a_span_with_the_ids_that_its_target_was_shown() {
    for protocol in ["http/protobuf", "grpc"] {
        let (target, receiver) = (well(), well());
        let table = format!(
            "[traces]\nendpoint = \"http://{}\"\nprotocol = \"{protocol}\"\nratio = 1.0\n\
             headers = {{ \"x-scope-orgid\" = \"tenant\" }}\n",
            receiver.address()
        );
        daemon(&target, &table).expect(0, &[]);
        let spans = spans(&receiver);
        let told: BTreeSet<Option<String>> = spans.iter().map(|span| Some(header(span))).collect();
        assert_eq!(told, shown(&target).into_iter().collect(), "{protocol}");
        assert_eq!(told.len(), 10, "{protocol}");
        for span in &spans {
            assert_eq!((span.name.as_str(), span.kind), ("HTTP GET", KIND_CLIENT));
            assert!(span.parent.is_empty() && span.end > span.start);
            let attributes = texts(&span.attributes);
            let url = format!("http://{}/a?b=c", target.address());
            for (key, value) in [
                ("http.request.method", "GET"),
                ("url.full", url.as_str()),
                ("http.response.status_code", "200"),
                ("server.address", "127.0.0.1"),
                ("scenario", "all"),
                ("name", "page"),
            ] {
                assert_eq!(
                    attributes.get(key).map(String::as_str),
                    Some(value),
                    "{key}"
                );
            }
            assert!(attributes.contains_key("vu") && attributes.contains_key("iteration"));
        }
        let resource = resources(&receiver).remove(0).resource.expect("a resource");
        let resource = texts(&resource.attributes);
        assert_eq!(resource["service.name"], "loadd");
        assert_eq!(resource["service.instance.id"], "w");
        for request in receiver.received() {
            assert_eq!(request.headers["x-scope-orgid"], "tenant", "{protocol}");
        }
    }
}

#[test]
fn off_there_is_no_header_and_nobody_is_told_anything() {
    for ratio in ["", "ratio = 0.0\n"] {
        let (target, receiver) = (well(), well());
        let table = format!(
            "[traces]\nendpoint = \"http://{}\"\n{ratio}",
            receiver.address()
        );
        daemon(&target, &table).expect(0, &[]);
        assert_eq!(shown(&target), vec![None; 10]);
        assert!(receiver.received().is_empty());
    }
}

#[test]
fn a_ratio_records_a_share_and_tells_the_target_which() {
    let (target, receiver) = (well(), well());
    let to = format!("otel=http://{}", receiver.address());
    run(&target, "none", "http.get(__ENV.TARGET)").expect(0, &[]);
    assert_eq!(shown(&target), [None]);
    run(&target, &to, "http.get(__ENV.TARGET)").expect(0, &[]);
    assert_eq!(shown(&target)[1], Some(header(&spans(&receiver)[0])));

    let (target, receiver) = (well(), well());
    let table = format!(
        "[traces]\nendpoint = \"http://{}\"\nratio = 0.5\n",
        receiver.address()
    );
    for _ in 0..3 {
        daemon(&target, &table).expect(0, &[]);
    }
    let (recorded, others): (Vec<String>, Vec<String>) = shown(&target)
        .into_iter()
        .flatten()
        .partition(|header| header.ends_with("-01"));
    assert_eq!(recorded.len() + others.len(), 30);
    assert!(others.iter().all(|header| header.ends_with("-00")));
    // 30 tosses of a coin: none or all of them once in 500 million runs.
    assert!(!recorded.is_empty() && !others.is_empty());
    let told: BTreeSet<String> = spans(&receiver).iter().map(header).collect();
    assert_eq!(told, recorded.into_iter().collect());
}

#[test]
fn the_hops_of_a_redirect_are_spans_of_one_trace() {
    let moved = Reply::Answer {
        status: 302,
        headers: vec![("location", "/there")],
        body: "",
    };
    let (target, receiver) = (Receiver::start([moved], Reply::status(404)), well());
    let to = format!("otel=http://{},proto=http", receiver.address());
    run(&target, &to, "http.get(__ENV.TARGET + '/here')").expect(0, &[]);
    let spans = spans(&receiver);
    let told: Vec<Option<String>> = spans.iter().map(|span| Some(header(span))).collect();
    assert_eq!(told, shown(&target));
    let [first, second] = spans.as_slice() else {
        panic!("two spans, not {}", spans.len())
    };
    assert_eq!(first.trace, second.trace);
    assert_eq!(second.parent, first.span);
    let statuses =
        [first, second].map(|span| texts(&span.attributes)["http.response.status_code"].clone());
    assert_eq!(statuses, ["302", "404"]);
    assert_eq!(texts(&second.attributes)["error.type"], "404");
}

#[test]
fn a_script_that_sets_traceparent_itself_wins() {
    const OWN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let (target, receiver) = (well(), well());
    let to = format!("otel=http://{},proto=http", receiver.address());
    let body = format!("http.get(__ENV.TARGET, {{ headers: {{ traceparent: '{OWN}' }} }})");
    run(&target, &to, &body).expect(0, &[]);
    assert_eq!(shown(&target), [Some(OWN.to_owned())]);
    let [span] = spans(&receiver).try_into().expect("one span");
    let span: Span = span;
    assert_eq!(hex(&span.trace), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(hex(&span.parent), "00f067aa0ba902b7");
}

#[test]
fn a_receiver_that_is_away_or_silent_costs_spans_and_no_load() {
    // Connections wait in the backlog, and nobody ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
    let silent = silent
        .local_addr()
        .expect("a listener has an address")
        .to_string();
    let nobody = format!("127.0.0.1:{}", paths::free_port());
    for (receiver, protocol) in [
        (&nobody, "http/protobuf"),
        (&nobody, "grpc"),
        (&silent, "http/protobuf"),
    ] {
        let (target, room) = (well(), Room::new());
        room.write(
            "script.js",
            "import http from 'k6/http';\nexport const options = { scenarios: { all: { executor: 'constant-arrival-rate', rate: 100, duration: '3s', preAllocatedVUs: 5 } } };\n\
             export default function () { http.get(__ENV.TARGET); }\n",
        );
        let admin = format!("127.0.0.1:{}", paths::free_port());
        let config = format!(
            "test_id = \"away\"\ninstance = \"w\"\nscript = \"script.js\"\nenv = {{ TARGET = \"http://{}\" }}\n\
             [daemon]\nlinger = true\n[admin]\nlisten = \"{admin}\"\n[traces]\nendpoint = \"http://{receiver}\"\nprotocol = \"{protocol}\"\nratio = 1.0\nflush_timeout = \"500ms\"\n",
            target.address(),
        );
        let mut loadd = Loadd::daemon(&room.write("test.toml", &config)).ready(&admin);
        let dropped = |loadd: &Loadd| {
            let page = loadd.get("/metrics").text();
            let line = page
                .lines()
                .find(|line| line.starts_with("loadd_spans_dropped_total"))?;
            line.rsplit(' ').next()?.parse::<f64>().ok()
        };
        wait_for("all spans to be given up", Duration::from_secs(40), || {
            (dropped(&loadd)? >= 300.0).then_some(())
        });
        let began = Instant::now();
        loadd.terminate();
        loadd
            .finish(Duration::from_secs(60))
            .expect(0, &["spans are not delivered and dropped"]);
        assert!(began.elapsed() < Duration::from_secs(20));
        assert!(
            target.received().len() >= 300,
            "{} at {protocol}",
            target.received().len()
        );
    }
}

#[test]
fn what_is_no_output_of_traces_is_refused() {
    let target = well();
    for to in ["jaeger", "otel=tempo:4317", "otel,proto=udp"] {
        run(&target, to, "http.get(__ENV.TARGET)").expect(255, &["--traces-output"]);
    }
    let bad = "[traces]\nendpoint = \"http://127.0.0.1:4318\"\nratio = 2\n";
    daemon(&target, bad).expect(104, &["ratio", "between 0 and 1"]);
    daemon(&target, "[traces]\nratio = 1.0\n").expect(104, &["endpoint"]);
    assert!(target.received().is_empty());
}
