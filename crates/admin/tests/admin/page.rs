//! The page, its stream and history, and the bind.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use loadd_admin::{Admin, AdminSettings, BindError};
use loadd_engine::Phase;
use serde_json::Value;

use crate::kit::start;

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
