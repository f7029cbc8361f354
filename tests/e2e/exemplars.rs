//! Exemplars: the trace of a slow request is found beside its latency, in Prometheus by remote write 1.0 and 2.0, on
//! classic buckets, and in OTLP. Without traces there are none.

use std::{collections::BTreeSet, time::Duration};

use loadd_tests::{
    Loadd, Prometheus, Receiver, Reply, Room, Target, http,
    otlp::{self, hex},
    paths,
};
use prost::Message;

/// Of each VU every second request takes 200 ms, the others 5.
const SCRIPT: &str = r"
import http from 'k6/http';
export const options = { scenarios: { all: {
  executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s', duration: '5s', preAllocatedVUs: 20 } } };
export default function () {
  http.get(`${__ENV.TARGET}/plain?ms=${__ITER % 2 === 1 ? 200 : 5}`, { tags: { name: 'page' } });
}
";

/// A run to its end with these tables.
fn run(tables: &str) {
    let (target, room) = (Target::start(), Room::new());
    room.write("script.js", SCRIPT);
    let config = format!(
        "test_id = \"slow\"\ninstance = \"w\"\nscript = \"script.js\"\nenv = {{ TARGET = \"http://{}\" }}\n{tables}\
         [admin]\nlisten = \"127.0.0.1:{}\"\n",
        target.address(),
        paths::free_port(),
    );
    let finished = Loadd::daemon(&room.write("test.toml", &config)).finish(Duration::from_secs(60));
    finished.expect(0, &[]);
    let output = finished.output();
    assert!(!output.contains("refused"), "{output}");
}

fn traces(receiver: &Receiver) -> String {
    format!(
        "[traces]\nendpoint = \"http://{}\"\nratio = 1.0\n",
        receiver.address()
    )
}

/// The traces that the receiver was told of.
fn told(receiver: &Receiver) -> BTreeSet<String> {
    let bodies = receiver.received().into_iter().map(|request| request.body);
    bodies
        .flat_map(|body| {
            otlp::Traces::decode(body)
                .expect("a body of OTLP")
                .resources
        })
        .flat_map(|resource| resource.scopes)
        .flat_map(|scope| scope.spans)
        .map(|span| hex(&span.trace))
        .collect()
}

/// Trace IDs and values of a metric's exemplars.
fn exemplars(prometheus: &Prometheus, metric: &str) -> Vec<(String, f64)> {
    let now = loadd_tests::epoch();
    let (start, end) = (now - 120.0, now + 10.0);
    let path = format!("/api/v1/query_exemplars?query={metric}&start={start:.3}&end={end:.3}");
    let answer = http::get(&prometheus.address(), &path).expect("Prometheus answers");
    let json: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let series = json["data"].as_array().unwrap_or_else(|| panic!("{json}"));
    let all = series.iter().flat_map(|one| {
        assert_eq!(one["seriesLabels"]["name"], "page", "{one}");
        one["exemplars"].as_array().expect("a list")
    });
    all.map(|one| {
        let trace = one["labels"]["trace_id"].as_str().expect("a trace");
        assert_eq!(one["labels"]["span_id"].as_str().map(str::len), Some(16));
        let value = one["value"].as_str().and_then(|text| text.parse().ok());
        (trace.to_owned(), value.expect("a value"))
    })
    .collect()
}

#[test]
fn the_trace_of_a_slow_request_stands_beside_its_latency_in_prometheus() {
    for version in ["1.0", "2.0"] {
        let (prometheus, receiver) = (
            Prometheus::start_with_exemplars(),
            Receiver::start([], Reply::status(200)),
        );
        run(&format!(
            "[remote_write]\nurl = \"{}\"\ninterval = \"1s\"\nversion = \"{version}\"\nhistograms = \"both\"\n{}",
            prometheus.write_url(),
            traces(&receiver)
        ));
        let told = told(&receiver);
        for metric in [
            "k6_http_req_duration_seconds",
            "k6_http_req_duration_seconds_bucket",
        ] {
            let found = exemplars(&prometheus, metric);
            assert!(!found.is_empty(), "{metric} by {version}");
            assert!(
                found.iter().all(|(trace, _)| told.contains(trace)),
                "{found:?}"
            );
            let slowest = found.iter().map(|(_, value)| *value).fold(0.0, f64::max);
            assert!(
                (0.2..2.0).contains(&slowest),
                "{metric} by {version}: {found:?}"
            );
        }
    }
}

#[test]
fn the_trace_of_a_slow_request_stands_beside_its_latency_in_otlp() {
    let (metrics, receiver) = (
        Receiver::start([], Reply::status(200)),
        Receiver::start([], Reply::status(200)),
    );
    run(&format!(
        "[otlp]\nendpoint = \"http://{}\"\ninterval = \"1s\"\ncompression = \"none\"\n{}",
        metrics.address(),
        traces(&receiver)
    ));
    let told = told(&receiver);
    let mut found = Vec::new();
    for request in metrics.received() {
        let request = otlp::Metrics::decode(request.body).expect("a body of OTLP");
        let scopes = request
            .resources
            .into_iter()
            .flat_map(|resource| resource.scopes);
        for metric in scopes.flat_map(|scope| scope.metrics) {
            if metric.name != "k6_http_req_duration"
                && metric.name != "k6_http_req_duration_seconds"
            {
                continue;
            }
            for point in metric.exponential.into_iter().flat_map(|all| all.points) {
                for exemplar in &point.exemplars {
                    assert!(exemplar.time > 0 && exemplar.time <= point.time);
                }
                found.extend(point.exemplars);
            }
        }
    }
    assert!(!found.is_empty());
    assert!(
        found.is_sorted_by(|one, next| one.time < next.time),
        "each once, in order"
    );
    assert!(
        found
            .iter()
            .all(|one| told.contains(&hex(&one.trace)) && one.span.len() == 8)
    );
    let slowest = found.iter().filter_map(|one| one.value).fold(0.0, f64::max);
    assert!((0.2..2.0).contains(&slowest), "{slowest}");
}

#[test]
fn without_traces_there_are_no_exemplars() {
    let metrics = Receiver::start([], Reply::status(204));
    run(&format!(
        "[remote_write]\nurl = \"{}\"\ninterval = \"1s\"\n",
        metrics.write_url()
    ));
    let accepted = metrics.accepted();
    assert!(!accepted.is_empty());
    assert!(accepted.iter().all(|series| series.exemplars.is_empty()));
}
