//! What changes state, and who may.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use loadd_admin::{Admin, AdminSettings};
use loadd_engine::{Command, Phase, StopReason};

use crate::kit::{send, serve, start};

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
