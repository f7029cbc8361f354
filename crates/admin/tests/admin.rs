//! The admin server from outside, over its socket, on made-up statuses and snapshots.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use loadd_admin::{Admin, AdminHandle, AdminSettings, BindError, Delivery, Run, Sources, Steering};
use loadd_engine::{Command, Phase, ScenarioPhase, ScenarioStatus, Status, StopReason};
use loadd_metrics::{
    Contains, Kind, MetricsSettings, Recorder, Registry, Shelf, Snapshot, TagSetId, ThresholdSet,
    Totals, metric,
};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};

fn status(phase: Phase) -> Status {
    Status {
        phase,
        paused: false,
        stop: None,
        tainted: false,
        elapsed: Duration::from_secs(10),
        total: None,
        line_start_unix_nanos: None,
        vus: 3,
        vus_max: 5,
        vus_planned: 8,
        iterations_completed: 40,
        iterations_interrupted: 0,
        scenarios: vec![ScenarioStatus {
            name: "browse <b>".to_owned(),
            executor: "constant-arrival-rate",
            phase: ScenarioPhase::Running,
            elapsed: Duration::from_secs(10),
            duration: None,
            starts_in: Duration::ZERO,
            vus: 3,
            vus_max: 5,
            rate: Some(4.0),
            started: 43,
            dropped: 1,
            iterations: None,
            progress: 0.0,
        }],
    }
}

/// 40 requests of 100 to 139 ms, 4 of them failed; 20 checks in two groups, 5 failed; a custom counter.
struct Numbers {
    recorder: Recorder,
    totals: Totals,
    time_ms: i64,
}

impl Numbers {
    fn new() -> Numbers {
        let settings = MetricsSettings {
            series_per_metric: 100,
            histogram_schema: 7,
            histogram_max_buckets: 1000,
            ..MetricsSettings::default()
        };
        let registry = Registry::new(settings);
        Numbers {
            recorder: Recorder::new(&registry),
            totals: Totals::new(&registry),
            time_ms: 1_700_000_000_000,
        }
    }

    fn record(&mut self) {
        let registry = Arc::clone(self.recorder.registry());
        let mine = registry
            .declare("basket_size", Kind::Counter, Contains::Default)
            .expect("a good name");
        let tags = self.recorder.extend(
            TagSetId::EMPTY,
            &[("scenario", "browse"), ("odd-name", "x\"y")],
        );
        let requests = self.recorder.request_series(tags);
        for n in 0..40_u64 {
            self.recorder.count(requests.reqs);
            self.recorder
                .observe(requests.duration, (100 + n) * 1_000_000);
            self.recorder
                .add(requests.failed, f64::from(u8::from(n % 10 == 0)));
        }
        for (group, check, passed) in [("::shop", "fast", 1.0), ("::shop::pay", "paid", 0.0)] {
            let tags = self
                .recorder
                .extend(tags, &[("group", group), ("check", check)]);
            let checks = self.recorder.series(metric::CHECKS, tags);
            for n in 0..10 {
                self.recorder.add(checks, if n < 5 { 1.0 } else { passed });
            }
        }
        let baskets = self.recorder.series(mine, TagSetId::EMPTY);
        self.recorder.add(baskets, 7.0);
        let cores = self.recorder.series(metric::CPU_CORES, TagSetId::EMPTY);
        self.recorder.add(cores, 2.0);
    }

    fn snapshot(&mut self) -> Arc<Snapshot> {
        let full = self.recorder.swap(Shelf::default());
        self.totals.absorb(full);
        self.time_ms += 1000;
        self.totals
            .snapshot(self.time_ms, Duration::from_secs(10), false)
    }
}

struct Served {
    at: SocketAddr,
    admin: AdminHandle,
    run: watch::Sender<Option<Run>>,
    statuses: watch::Sender<Arc<Status>>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    commands: mpsc::UnboundedReceiver<(Command, oneshot::Sender<()>)>,
    numbers: Numbers,
    thresholds: Arc<ThresholdSet>,
    steering: mpsc::UnboundedSender<(Command, oneshot::Sender<()>)>,
}

fn serve(admin: Admin) -> Served {
    let mut numbers = Numbers::new();
    let (statuses, _) = watch::channel(Arc::new(status(Phase::Created)));
    let (snapshots, _) = watch::channel(numbers.snapshot());
    let (steering, commands) = mpsc::unbounded_channel();
    let settings = BTreeMap::from([
        (
            "http_req_duration".to_owned(),
            vec!["p(95)<500".into(), "p(95)<10".into()],
        ),
        (
            "http_reqs{scenario:browse}".to_owned(),
            vec!["count>1".into()],
        ),
    ]);
    let thresholds = Arc::new(ThresholdSet::parse(&settings).expect("good thresholds"));
    let (run, receiver) = watch::channel(None);
    let sources = Sources {
        test_id: "check<out>".to_owned(),
        instance: "worker-0".to_owned(),
        version: "0.0".to_owned(),
        run: receiver,
        registries: Vec::new(),
        test_metrics: false,
        delivery: Some(Arc::new(|| Delivery {
            pending: 12,
            failed: 0,
            dropped: 0,
        })),
    };
    let at = admin.local_addr();
    let admin = admin.serve(sources).expect("a thread");
    Served {
        at,
        admin,
        run,
        statuses,
        snapshots,
        commands,
        numbers,
        thresholds,
        steering,
    }
}

fn start() -> Served {
    serve(
        Admin::bind(AdminSettings {
            listen: "127.0.0.1:0".to_owned(),
            ..AdminSettings::default()
        })
        .expect("a free port"),
    )
}

impl Served {
    fn begin(&mut self, phase: Phase) {
        self.statuses.send_replace(Arc::new(status(phase)));
        self.numbers.record();
        self.snapshots.send_replace(self.numbers.snapshot());
        self.run.send_replace(Some(Run {
            statuses: self.statuses.subscribe(),
            snapshots: self.snapshots.subscribe(),
            thresholds: Arc::clone(&self.thresholds),
            steering: Steering::Channel(self.steering.clone()),
        }));
    }

    fn get(&self, path: &str) -> (u16, String, String) {
        send(self.at, "GET", path, "", "")
    }

    fn json(&self, path: &str) -> Value {
        let (status, _, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect(path)
    }

    /// Takes the next command up, as the engine does, while a request waits for it.
    fn asked(
        &mut self,
        method: &'static str,
        path: &'static str,
        body: &'static str,
    ) -> (Command, u16, String) {
        let at = self.at;
        let client = std::thread::spawn(move || send(at, method, path, "", body));
        let (command, reply) = self.commands.blocking_recv().expect("a command");
        reply.send(()).expect("it waits");
        let (status, _, body) = client.join().expect("no panic");
        (command, status, body)
    }
}

fn send(
    at: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> (u16, String, String) {
    let mut stream = TcpStream::connect(at).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .expect("a status");
    (status, head.to_ascii_lowercase(), body.to_owned())
}

#[test]
fn before_there_is_an_engine_it_is_alive_and_not_ready() {
    let served = start();
    assert_eq!(served.get("/healthz").0, 200);
    let (status, _, body) = served.get("/readyz");
    assert_eq!((status, body.contains("starting")), (503, true));
    assert_eq!(served.json("/v1/status")["data"]["attributes"]["status"], 0);
    assert_eq!(served.json("/v1/metrics"), json!({ "data": [] }));
    assert!(served.get("/metrics").2.ends_with("# EOF\n"));
    assert_eq!(
        send(
            served.at,
            "PATCH",
            "/v1/status",
            "",
            r#"{"data":{"attributes":{"paused":true}}}"#
        )
        .0,
        503
    );
    assert_eq!(served.get("/ping").2, "ok");
    served.admin.stop().expect("a clean end");
}

#[test]
fn it_is_ready_once_the_vus_are_made_and_the_run_is_at_work() {
    let mut served = start();
    for (phase, code, text) in [
        (Phase::Created, 503, "nothing has begun"),
        (Phase::InitVus, 503, "making VUs: 5 of 8"),
        (Phase::Waiting, 200, "waiting"),
        (Phase::Running, 200, "running"),
        (Phase::Teardown, 200, "teardown"),
        (Phase::Ended, 503, "the run has ended"),
    ] {
        served.begin(phase);
        let (status, _, body) = served.get("/readyz");
        assert_eq!(status, code, "{phase:?}");
        assert!(body.contains(text), "{phase:?}: {body}");
    }
}

#[test]
fn the_status_has_k6s_shape_in_every_phase() {
    let mut served = start();
    for (phase, paused, stop, number, running, stopped) in [
        (Phase::Created, true, None, 0, false, false),
        (Phase::InitVus, false, None, 1, false, false),
        (Phase::Waiting, true, None, 4, false, false),
        (Phase::Waiting, false, None, 3, false, false),
        (Phase::Setup, false, None, 6, true, false),
        (Phase::Running, false, None, 7, true, false),
        (Phase::Running, false, Some(StopReason::Rest), 7, true, true),
        (Phase::Teardown, false, None, 8, true, false),
        (Phase::Ended, false, None, 9, false, true),
        (Phase::Ended, false, Some(StopReason::Rest), 10, true, true),
        (
            Phase::Ended,
            false,
            Some(StopReason::Graceful),
            9,
            false,
            true,
        ),
    ] {
        served.begin(phase);
        served.statuses.send_replace(Arc::new(Status {
            paused,
            stop,
            ..status(phase)
        }));
        let expected = json!({ "data": { "type": "status", "id": "default", "attributes": {
            "status": number, "paused": paused, "vus": 3, "vus-max": 5, "stopped": stopped, "running": running, "tainted": false } } });
        assert_eq!(
            served.json("/v1/status"),
            expected,
            "{phase:?} {paused} {stop:?}"
        );
    }
}

#[test]
fn metrics_have_k6s_shape_and_add_up() {
    let mut served = start();
    served.begin(Phase::Running);
    let all = served.json("/v1/metrics");
    let of = |name: &str| {
        let found: Vec<_> = all["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|entry| entry["id"] == name)
            .collect();
        assert_eq!(found.len(), 1, "{name}");
        found[0].clone()
    };
    let attributes = |name| of(name)["attributes"].clone();
    assert_eq!(
        of("http_reqs"),
        json!({ "type": "metrics", "id": "http_reqs",
                "attributes": { "type": "counter", "contains": "default", "tainted": null, "sample": { "count": 40.0, "rate": 4.0 } } })
    );
    assert_eq!(attributes("http_reqs{scenario:browse}")["tainted"], false);
    assert_eq!(
        attributes("http_req_failed")["sample"],
        json!({ "rate": 0.1 })
    );
    assert_eq!(attributes("basket_size")["sample"]["count"], 7.0);
    let duration = attributes("http_req_duration");
    assert_eq!(
        (
            &duration["type"],
            &duration["contains"],
            &duration["tainted"]
        ),
        (&json!("trend"), &json!("time"), &json!(true))
    );
    for (name, value) in [
        ("avg", 119.5),
        ("min", 100.0),
        ("med", 119.5),
        ("max", 139.0),
        ("p(90)", 135.1),
        ("p(95)", 137.05),
    ] {
        let found = duration["sample"][name].as_f64().expect(name);
        assert!((found - value).abs() < value * 0.006, "{name}: {found}");
    }
    assert!(
        !all.to_string().contains("loadd_"),
        "k6's clients know only k6's metrics"
    );
    assert_eq!(
        served.json("/v1/metrics/http_reqs")["data"],
        of("http_reqs")
    );
    assert_eq!(
        served.json("/v1/metrics/http_reqs%7Bscenario:browse%7D")["data"]["attributes"]["sample"]["count"],
        40.0
    );
    for unknown in [
        "/v1/metrics/nothing",
        "/v1/metrics/http_reqs%7Ba:b%7D",
        "/v1/other",
        "/v1/groups/0",
    ] {
        assert_eq!(served.get(unknown).0, 404, "{unknown}");
    }
}

#[test]
fn groups_come_as_a_tree_with_their_checks() {
    let mut served = start();
    served.begin(Phase::Running);
    let groups = served.json("/v1/groups");
    let paths: Vec<_> = groups["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|group| group["attributes"]["path"].clone())
        .collect();
    assert_eq!(paths, ["", "::shop", "::shop::pay"]);
    let (root, shop, pay) = (&groups["data"][0], &groups["data"][1], &groups["data"][2]);
    assert_eq!(root["id"], "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(root["attributes"]["checks"], Value::Null);
    assert_eq!(
        root["relationships"],
        json!({ "groups": { "data": [{ "type": "groups", "id": shop["id"] }] }, "parent": { "data": null } })
    );
    assert_eq!(pay["attributes"]["name"], "pay");
    assert_eq!(pay["relationships"]["parent"]["data"]["id"], shop["id"]);
    let check = &pay["attributes"]["checks"][0];
    assert_eq!(
        (&check["path"], &check["passes"], &check["fails"]),
        (&json!("::shop::pay::paid"), &json!(5), &json!(5))
    );
    let id = shop["id"].as_str().expect("an id");
    assert_eq!(served.json(&format!("/v1/groups/{id}"))["data"], *shop);
}

#[test]
fn the_scrape_gives_self_metrics_and_the_tests_own_when_asked() {
    let mut served = start();
    served.begin(Phase::Running);
    let page = served.get("/metrics").2;
    assert!(page.contains("loadd_cpu_cores 2"), "{page}");
    assert!(!page.contains("k6_"), "{page}");
    let page = served.get("/metrics?test=1").2;
    for line in [
        "k6_http_reqs_total{odd_name=\"x\\\"y\",scenario=\"browse\"} 40",
        "k6_http_req_duration_seconds_count{odd_name=\"x\\\"y\",scenario=\"browse\"} 40",
        "le=\"+Inf\"",
        "k6_http_req_failed_rate{odd_name=\"x\\\"y\",scenario=\"browse\"} 0.1",
        "k6_http_req_failed_total{condition=\"nonzero\",odd_name=\"x\\\"y\",scenario=\"browse\"} 4",
        "k6_basket_size_total 7",
    ] {
        assert!(page.contains(line), "{line} in {page}");
    }
    assert!(page.ends_with("# EOF\n"));
}

#[test]
fn a_patch_becomes_a_command_and_answers_with_the_status() {
    let mut served = start();
    served.begin(Phase::Running);
    let (command, code, body) = served.asked(
        "PATCH",
        "/v1/status",
        r#"{"data":{"attributes":{"paused":true}}}"#,
    );
    assert!(matches!(command, Command::Pause));
    assert_eq!((code, body.contains("\"type\":\"status\"")), (200, true));
    let (command, _, _) = served.asked(
        "PATCH",
        "/v1/status",
        r#"{"data":{"attributes":{"paused":false}}}"#,
    );
    assert!(matches!(command, Command::Resume));
    let (command, code, _) = served.asked(
        "PATCH",
        "/v1/status",
        r#"{"data":{"attributes":{"stopped":true,"paused":true,"vus":9}}}"#,
    );
    assert!(matches!(command, Command::Stop(StopReason::Rest)));
    assert_eq!(code, 200);
    let (command, code, _) = served.asked("POST", "/-/quit", "");
    assert!(matches!(command, Command::Stop(StopReason::Graceful)));
    assert_eq!(code, 200);
    let (code, _, body) = send(
        served.at,
        "PATCH",
        "/v1/status",
        "",
        r#"{"data":{"attributes":{"vus":9}}}"#,
    );
    assert_eq!(code, 500);
    assert!(
        body.contains("\"title\":\"Execution config error\""),
        "{body}"
    );
    let (code, _, body) = send(served.at, "PATCH", "/v1/status", "", "{");
    assert_eq!((code, body.contains("\"status\":\"400\"")), (400, true));
    let large = format!(
        "{{\"data\":{{\"attributes\":{{\"x\":\"{}\"}}}}}}",
        "x".repeat(70_000)
    );
    assert_eq!(send(served.at, "PATCH", "/v1/status", "", &large).0, 413);
    for (method, path) in [
        ("POST", "/v1/status"),
        ("GET", "/-/quit"),
        ("DELETE", "/v1/metrics"),
        ("PUT", "/"),
    ] {
        assert_eq!(
            send(served.at, method, path, "", "").0,
            405,
            "{method} {path}"
        );
    }
}

#[test]
fn what_changes_state_is_guarded_and_reading_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, "secret\n").expect("written");
    let settings = |token: bool, read_only| AdminSettings {
        listen: "127.0.0.1:0".to_owned(),
        token_file: token.then(|| file.clone()),
        read_only,
    };
    // settings, header, status of a PATCH that asks for nothing
    let elsewhere = "Origin: https://evil.example\r\n";
    let table = [
        (settings(false, false), "", 200),
        (settings(false, false), elsewhere, 403),
        (
            settings(false, false),
            "Sec-Fetch-Site: cross-site\r\n",
            403,
        ),
        (settings(true, false), "", 401),
        (
            settings(true, false),
            "Authorization: Bearer wrong\r\n",
            401,
        ),
        (
            settings(true, false),
            "Authorization: Bearer secret\r\n",
            200,
        ),
        (settings(false, true), "", 403),
        (
            settings(true, true),
            "Authorization: Bearer secret\r\n",
            403,
        ),
    ];
    for (settings, header, expected) in table {
        let name = format!("{settings:?} {header}");
        let mut served = serve(Admin::bind(settings).expect("a free port"));
        served.begin(Phase::Running);
        let (status, _, body) = send(
            served.at,
            "PATCH",
            "/v1/status",
            header,
            r#"{"data":{"attributes":{}}}"#,
        );
        assert_eq!(status, expected, "{name}: {body}");
        assert_eq!(
            send(served.at, "GET", "/v1/status", header, "").0,
            200,
            "{name}"
        );
    }
    let mut served = serve(Admin::bind_open("127.0.0.1:0").expect("a free port"));
    served.begin(Phase::Running);
    assert_eq!(
        send(
            served.at,
            "PATCH",
            "/v1/status",
            elsewhere,
            r#"{"data":{"attributes":{}}}"#
        )
        .0,
        200
    );
}

#[test]
fn many_changes_at_once_are_refused() {
    let mut served = start();
    served.begin(Phase::Running);
    // However slow the machine is: clients at once until one of them is refused.
    let refused = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    let (code, _, _) = send(
                        served.at,
                        "PATCH",
                        "/v1/status",
                        "",
                        r#"{"data":{"attributes":{}}}"#,
                    );
                    assert!(code == 200 || code == 429, "{code}");
                    if code == 429 {
                        refused.store(true, std::sync::atomic::Ordering::Relaxed);
                    }
                    if refused.load(std::sync::atomic::Ordering::Relaxed) {
                        return;
                    }
                }
            });
        }
    });
    assert!(refused.into_inner());
}

#[test]
fn a_head_without_end_is_refused() {
    let served = start();
    let mut stream = TcpStream::connect(served.at).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    let head = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "y".repeat(100_000)
    );
    // It may hang up before all is written.
    drop(stream.write_all(head.as_bytes()));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

#[test]
fn the_page_stands_alone_and_escapes_what_it_is_told() {
    let served = start();
    let (status, head, page) = served.get("/");
    assert_eq!(status, 200);
    assert!(
        head.contains("content-security-policy: default-src 'none'"),
        "{head}"
    );
    assert!(
        page.contains("check&#60;out&#62; · worker-0")
            || page.contains("check&lt;out&gt; · worker-0"),
        "{}",
        &page[..800]
    );
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "it loads nothing from elsewhere"
    );
}

#[test]
fn the_stream_and_the_history_tell_the_same_second() {
    let mut served = start();
    served.begin(Phase::Running);
    let mut stream = TcpStream::connect(served.at).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    stream
        .write_all(b"GET /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        .expect("written");
    let mut heard = String::new();
    let mut buffer = [0; 4096];
    // Each event in which nothing has happened is followed by a snapshot in which something has.
    let data = loop {
        let read = stream.read(&mut buffer).expect("an event");
        heard.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let events = heard
            .split("data: ")
            .skip(1)
            .filter_map(|event| event.split("\n\n").next());
        let events: Vec<Value> = events
            .filter_map(|event| serde_json::from_str(event).ok())
            .collect();
        if let Some(found) = events.iter().find(|event| !event["point"].is_null()) {
            break found.clone();
        }
        if !events.is_empty() {
            served.begin(Phase::Running);
        }
    };
    assert!(heard.contains("text/event-stream"));
    assert_eq!(data["now"]["phase"], "running");
    assert_eq!(data["now"]["scenarios"][0]["name"], "browse <b>");
    assert_eq!(data["now"]["delivery"]["pending"], 12);
    assert!(
        data["now"]["thresholds"]
            .as_array()
            .is_some_and(|list| list.len() == 3)
    );
    let point = &data["point"];
    let seconds = 40.0 / point["rps"].as_f64().expect("a rate");
    assert!(
        (seconds - seconds.round()).abs() < 1e-3 && seconds >= 1.0,
        "{point}"
    );
    assert!(
        (point["p95"].as_f64().expect("a percentile") - 137.0).abs() < 2.0,
        "{point}"
    );
    let history = served.json("/v1/history");
    assert!(
        history["points"]
            .as_array()
            .expect("points")
            .contains(point)
    );
    let later = served.json(&format!("/v1/history?after={}", point["t"]));
    assert!(!later["points"].as_array().expect("points").contains(point));
}

#[test]
fn a_taken_port_and_bad_settings_are_known_at_the_bind() {
    let served = start();
    let taken = AdminSettings {
        listen: served.at.to_string(),
        ..AdminSettings::default()
    };
    assert!(
        matches!(Admin::bind(taken), Err(BindError::Listen { listen, .. }) if listen == served.at.to_string())
    );
    let exposed = AdminSettings {
        listen: "0.0.0.0:0".to_owned(),
        ..AdminSettings::default()
    };
    assert!(
        matches!(Admin::bind(exposed), Err(BindError::Settings(text)) if text.contains("token_file"))
    );
}
