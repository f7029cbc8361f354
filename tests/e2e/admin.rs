//! The admin server of a running daemon, from outside: health, status, metrics, page.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use loadd_tests::{Loadd, Room, Target, http, paths, wait_for};

struct Daemon {
    loadd: Loadd,
    address: String,
    target: Target,
    _room: Room,
}

fn daemon() -> Daemon {
    let (target, room) = (Target::start(), Room::new());
    let address = format!("127.0.0.1:{}", paths::free_port());
    room.write(
        "script.js",
        "import http from 'k6/http';\nexport default function () { http.get(`${__ENV.TARGET}/plain`); }\n",
    );
    let config = format!(
        r#"
test_id = "admin"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
[scenarios.steady]
executor = "constant-arrival-rate"
rate = 50
duration = "forever"
pre_allocated_vus = 10
[thresholds]
http_req_duration = ["p(95)<60000"]
[admin]
listen = "{address}"
"#,
        target = target.address(),
    );
    let loadd = Loadd::daemon(&room.write("admin.toml", &config)).ready(&address);
    wait_for("some load", Duration::from_secs(20), || {
        (target.stats().served > 60).then_some(())
    });
    Daemon {
        loadd,
        address,
        target,
        _room: room,
    }
}

#[test]
fn a_running_daemon_shows_how_it_is() {
    let mut daemon = daemon();
    health(&daemon);
    status_in_k6s_shape(&daemon);
    metrics_in_k6s_shape(&daemon);
    exposition(&daemon);
    page_that_needs_nothing_else(&daemon);
    strangers_are_refused(&daemon);
    pause_and_resume(&daemon);
    daemon.loadd.terminate();
    daemon.loadd.finish(Duration::from_secs(60)).expect(0, &[]);
    assert!(
        http::get(&daemon.address, "/healthz").is_err(),
        "the port is free again"
    );
}

fn health(daemon: &Daemon) {
    assert_eq!(daemon.loadd.get("/healthz").status, 200);
    assert_eq!(daemon.loadd.get("/readyz").status, 200);
    assert_eq!(daemon.loadd.get("/v1/nonsense").status, 404);
}

fn status_in_k6s_shape(daemon: &Daemon) {
    let status = daemon.loadd.get("/v1/status").json();
    assert_eq!(status["data"]["type"], "status");
    assert_eq!(status["data"]["id"], "default");
    let attributes = &status["data"]["attributes"];
    assert_eq!(attributes["status"], 7, "running");
    assert_eq!(attributes["running"], true);
    assert_eq!(attributes["paused"], false);
    assert_eq!(attributes["stopped"], false);
    assert_eq!(attributes["tainted"], false);
    assert!(
        attributes["vus"].is_u64() && attributes["vus-max"].as_u64() >= Some(10),
        "{attributes}"
    );
}

fn metrics_in_k6s_shape(daemon: &Daemon) {
    let all = daemon.loadd.get("/v1/metrics").json();
    let names: Vec<_> = all["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|m| m["id"].clone())
        .collect();
    for name in ["http_reqs", "http_req_duration", "iterations", "vus"] {
        assert!(
            names.iter().any(|id| id == name),
            "{name} is missing among {names:?}"
        );
    }
    let one = daemon.loadd.get("/v1/metrics/http_req_duration").json();
    let attributes = &one["data"]["attributes"];
    assert_eq!(attributes["type"], "trend");
    assert_eq!(attributes["contains"], "time");
    for stat in ["avg", "min", "med", "max", "p(90)", "p(95)"] {
        assert!(
            attributes["sample"][stat].is_number(),
            "{stat}: {attributes}"
        );
    }
    assert_eq!(daemon.loadd.get("/v1/metrics/nonsense").status, 404);
}

/// Without remote write the page holds the test's metrics as well as loadd's own.
fn exposition(daemon: &Daemon) {
    let page = daemon.loadd.get("/metrics").text();
    for name in [
        "k6_http_reqs_total",
        "loadd_process_resident_memory_bytes",
        "loadd_build_info",
    ] {
        assert!(page.contains(name), "{name} is missing in:\n{page}");
    }
}

fn page_that_needs_nothing_else(daemon: &Daemon) {
    let page = daemon.loadd.get("/");
    assert_eq!(page.status, 200);
    assert!(
        page.headers["content-type"]
            .to_str()
            .expect("text")
            .starts_with("text/html")
    );
    let text = page.text();
    for outside in [
        "src=\"http",
        "src='http",
        "src=\"//",
        "url(http",
        "<link href=\"http",
        "@import",
    ] {
        assert!(
            !text.contains(outside),
            "the page loads from elsewhere: {outside}"
        );
    }
    assert!(text.contains("admin"), "the page names the test");
}

fn patch(daemon: &Daemon, body: &str, headers: &[(&str, &str)]) -> u16 {
    let body = body.to_owned().into();
    http::request("PATCH", &daemon.address, "/v1/status", headers, body)
        .expect("an answer")
        .status
}

/// The status of a PATCH with a body of that size, of which as much is sent as the daemon takes.
fn oversized(daemon: &Daemon, length: usize) -> u16 {
    let mut stream = TcpStream::connect(&daemon.address).expect("a connection");
    let head = format!(
        "PATCH /v1/status HTTP/1.1\r\nhost: {}\r\ncontent-length: {length}\r\n\r\n",
        daemon.address
    );
    stream.write_all(head.as_bytes()).expect("a head goes out");
    stream
        .set_read_timeout(Some(Duration::from_millis(200)))
        .expect("a time-out");
    let (mut sent, mut answer) = (0, vec![0; 64]);
    // Piece by piece, with an ear for the answer: what is sent after it would reset the connection, and the answer with it.
    loop {
        if let Ok(read) = stream.read(&mut answer) {
            let line = String::from_utf8_lossy(&answer[..read]).into_owned();
            let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
            return status.unwrap_or_else(|| panic!("no status: {line:?}"));
        }
        assert!(sent < length, "no answer to {sent} bytes");
        let piece = (length / 8).min(length - sent);
        stream
            .write_all(&vec![b'x'; piece])
            .expect("the body goes on");
        sent += piece;
    }
}

fn strangers_are_refused(daemon: &Daemon) {
    let body = r#"{"data":{"attributes":{"paused":true}}}"#;
    let stranger = [
        ("origin", "http://example.org"),
        ("content-type", "application/json"),
    ];
    assert_eq!(
        patch(daemon, body, &stranger),
        403,
        "another site's page may change nothing"
    );
    assert_eq!(
        oversized(daemon, 4 << 20),
        413,
        "a body of that size is not read to its end"
    );
    assert_eq!(patch(daemon, "{", &[]), 400);
}

fn pause_and_resume(daemon: &Daemon) {
    assert_eq!(
        patch(daemon, r#"{"data":{"attributes":{"paused":true}}}"#, &[]),
        200
    );
    wait_for("the load to stand still", Duration::from_secs(20), || {
        let before = daemon.target.stats().begun;
        std::thread::sleep(Duration::from_millis(400));
        (daemon.target.stats().begun == before).then_some(())
    });
    assert_eq!(
        daemon.loadd.get("/v1/status").json()["data"]["attributes"]["paused"],
        true
    );
    let before = daemon.target.stats().begun;
    assert_eq!(
        patch(daemon, r#"{"data":{"attributes":{"paused":false}}}"#, &[]),
        200
    );
    wait_for("the load to go on", Duration::from_secs(20), || {
        (daemon.target.stats().begun > before + 20).then_some(())
    });
}
