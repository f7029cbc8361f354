//! The demo service from outside, over its socket.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    num::{NonZeroU16, NonZeroU64},
    time::{Duration, Instant},
};

use loadd_target::{Error, Target, TargetHandle, TargetSettings};
use serde_json::Value;

fn start(threads: u16) -> TargetHandle {
    let mut settings = TargetSettings::on("127.0.0.1:0");
    settings.threads = NonZeroU16::new(threads);
    settings.seed = NonZeroU64::new(7);
    Target::bind(settings)
        .expect("a free port")
        .run_in_background()
        .expect("threads")
}

/// One exchange on a connection of its own: head and body as they came.
fn raw(address: SocketAddr, request: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    stream.write_all(request.as_bytes()).expect("written");
    let mut answer = Vec::new();
    // A connection that is cut off may end in an error, too: what came before counts.
    drop(stream.read_to_end(&mut answer));
    let split = answer
        .windows(4)
        .position(|at| at == b"\r\n\r\n")
        .map_or(answer.len(), |at| at + 4);
    let body = answer.split_off(split);
    (String::from_utf8(answer).expect("a head is text"), body)
}

fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> (u16, String, Vec<u8>) {
    let length = body.len();
    let (head, body) = raw(
        address,
        &format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        ),
    );
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0);
    (status, head.to_ascii_lowercase(), body)
}

fn get(address: SocketAddr, path: &str) -> (u16, String, Vec<u8>) {
    send(address, "GET", path, "", "")
}

fn json(address: SocketAddr, path: &str) -> Value {
    serde_json::from_slice(&get(address, path).2).expect(path)
}

#[test]
fn every_path_answers_as_its_help_says() {
    let target = start(2);
    let at = target.local_addr();
    // path, status, part of head, length of body where it is told
    let table: &[(&str, u16, &str, Option<usize>)] = &[
        ("/", 200, "text/plain", Some(loadd_target::HELP.len())),
        ("/plain", 200, "content-length: 3", Some(3)),
        ("/plain?page=2&q=shoes", 200, "", Some(3)),
        ("/get?a=1", 200, "application/json", None),
        ("/post", 405, "", Some(0)),
        ("/nowhere", 404, "", None),
        ("/status/503", 503, "", None),
        ("/status/204", 204, "", Some(0)),
        ("/status/302", 302, "location: /get", None),
        ("/status/99", 400, "", None),
        ("/plain?status=418", 418, "", None),
        ("/bytes/0", 200, "content-length: 0", Some(0)),
        ("/bytes/1024", 200, "content-length: 1024", Some(1024)),
        ("/bytes/300000", 200, "", Some(300_000)),
        ("/bytes/many", 400, "", None),
        ("/delay/0.01", 200, "", Some(3)),
        ("/delay?ms=5", 200, "", Some(3)),
        ("/delay?ms=soon", 400, "", None),
        ("/ip", 200, "application/json", None),
        ("/headers", 200, "", None),
        ("/stream/3", 200, "transfer-encoding: chunked", None),
        (
            "/slow-body?bytes=100&for=20ms&chunks=4",
            200,
            "content-length: 100",
            Some(100),
        ),
        ("/redirect/3", 302, "location: /redirect/2", None),
        ("/redirect/1", 302, "location: /get", None),
        (
            "/redirect-to?url=http%3A%2F%2Fexample.com%2F&status_code=307",
            307,
            "location: http://example.com/",
            None,
        ),
        (
            "/cookies/set?flavour=oat",
            302,
            "set-cookie: flavour=oat; path=/",
            None,
        ),
        ("/cookies/set?bad%0d%0aname=1", 400, "", None),
        ("/gzip", 200, "content-encoding: gzip", None),
        ("/deflate", 200, "content-encoding: deflate", None),
        (
            "/basic-auth/ada/secret",
            401,
            "www-authenticate: basic",
            None,
        ),
        ("/account", 401, "", None),
    ];
    for (path, status, part, length) in table {
        let (found, head, body) = get(at, path);
        assert_eq!(found, *status, "{path}");
        assert!(head.contains(part), "{path}: {head}");
        assert!(
            length.is_none_or(|length| length == body.len()),
            "{path}: {} bytes",
            body.len()
        );
    }
    assert!((9_000..14_000).contains(&get(at, "/json").2.len()));
}

#[test]
fn the_echo_shows_method_query_headers_and_body() {
    let target = start(1);
    let (status, _, body) = send(
        target.local_addr(),
        "PUT",
        "/echo?a=1&a=2&b=x%20y",
        "X-One: 1\r\nContent-Type: application/json\r\n",
        "{\"k\":[1]}",
    );
    let echo: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(status, 200);
    assert_eq!(echo["method"], "PUT");
    assert_eq!(
        echo["args"],
        serde_json::json!({ "a": ["1", "2"], "b": "x y" })
    );
    assert_eq!(echo["headers"]["X-One"], "1");
    assert_eq!(echo["json"]["k"][0], 1);
    assert_eq!(echo["data"], "{\"k\":[1]}");
    let (_, _, body) = send(
        target.local_addr(),
        "POST",
        "/post",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "user=ada&x=a+b",
    );
    let echo: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(
        echo["form"],
        serde_json::json!({ "user": "ada", "x": "a b" })
    );
}

#[test]
fn a_user_can_log_in_by_form_and_by_token() {
    let target = start(2);
    let at = target.local_addr();
    let form = String::from_utf8(get(at, "/login").2).expect("text");
    let csrf = form
        .split("csrf_token\" ")
        .nth(1)
        .or(form.split("value=\"").nth(1))
        .and_then(|rest| rest.split('"').next())
        .expect("a token");
    let urlencoded = "Content-Type: application/x-www-form-urlencoded\r\n";
    let (status, head, _) = send(
        at,
        "POST",
        "/login",
        urlencoded,
        &format!("csrf_token={csrf}&username=ada&password=demo"),
    );
    assert_eq!(status, 303, "{head}");
    let cookie = head
        .split("set-cookie: ")
        .nth(1)
        .and_then(|rest| rest.split(';').next())
        .expect("a cookie");
    let (status, _, body) = send(
        at,
        "GET",
        "/account",
        &format!("Cookie: a=b; {cookie}\r\n"),
        "",
    );
    assert_eq!(
        (status, String::from_utf8_lossy(&body).contains("ada")),
        (200, true)
    );
    assert_eq!(
        send(
            at,
            "POST",
            "/login",
            urlencoded,
            "username=ada&password=demo"
        )
        .0,
        403
    );
    assert_eq!(
        send(
            at,
            "POST",
            "/login",
            urlencoded,
            &format!("csrf_token={csrf}&username=ada&password=x")
        )
        .0,
        401
    );
    let json = "Content-Type: application/json\r\n";
    let (status, _, body) = send(
        at,
        "POST",
        "/login",
        json,
        r#"{"username":"eve","password":"demo"}"#,
    );
    let token: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(status, 200);
    let bearer = format!(
        "Authorization: Bearer {}\r\n",
        token["token"].as_str().expect("a token")
    );
    assert_eq!(send(at, "GET", "/account", &bearer, "").0, 200);
    assert_eq!(
        send(
            at,
            "GET",
            "/basic-auth/ada/secret",
            "Authorization: Basic YWRhOnNlY3JldA==\r\n",
            ""
        )
        .0,
        200
    );
}

#[test]
fn fifty_clients_at_once_and_the_counts_add_up() {
    let target = start(3);
    let at = target.local_addr();
    std::thread::scope(|scope| {
        for client in 0..50 {
            scope.spawn(move || {
                for n in 0..20 {
                    let path = match n % 4 {
                        0 => "/get",
                        1 => "/plain?error_rate=0.5",
                        2 => "/delay?dist=uniform&min=0&max=5",
                        _ => "/bytes/2000",
                    };
                    let (status, _, _) = if client % 2 == 0 {
                        get(at, path)
                    } else {
                        send(at, "GET", path, "X: y\r\n", "")
                    };
                    assert!(status == 200 || status == 500, "{status}");
                }
            });
        }
    });
    let stats = json(at, "/stats?quantile=0.42");
    assert_eq!(stats["served"], 1000);
    assert_eq!(stats["begun"], 1000);
    assert_eq!(stats["in_flight"], 0);
    assert_eq!(
        stats["by_path"],
        serde_json::json!({ "/get": 250, "/plain": 250, "/delay": 250, "/bytes/2000": 250 })
    );
    let errors = stats["by_status"]["500"].as_u64().expect("some errors");
    assert!((50..200).contains(&errors), "{errors}");
    assert_eq!(
        stats["by_status"]["200"].as_u64().expect("a count") + errors,
        1000
    );
    assert_eq!(stats["connections"]["accepted"], 1000);
    assert_eq!(stats["delay_ms"]["count"], 1000);
    assert!(stats["delay_ms"]["quantiles"]["0.42"].is_number());
    assert!(stats["bytes"]["sent"].as_u64() > Some(500_000));
    // asking changed nothing
    let mut again = json(at, "/stats?quantile=0.42");
    again["uptime_seconds"] = stats["uptime_seconds"].clone();
    again["connections"] = stats["connections"].clone();
    assert_eq!(again, stats);
    let metrics = String::from_utf8(get(at, "/metrics").2).expect("text");
    for line in [
        format!("target_requests_total{{status=\"500\"}} {errors}"),
        "target_request_duration_seconds_count 1000".to_owned(),
        "target_request_duration_seconds_bucket{le=\"+Inf\"} 1000".to_owned(),
        "target_requests_begun_total 1000".to_owned(),
        "# EOF".to_owned(),
    ] {
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    assert_eq!(send(at, "DELETE", "/stats", "", "").0, 204);
    assert_eq!(json(at, "/stats")["served"], 0);
    get(at, "/get");
    assert_eq!(target.stats().expect("it runs").served, 1);
}

#[test]
fn requests_on_one_connection_sent_ahead_are_all_counted() {
    let target = start(1);
    let one = "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n";
    let last = "GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let (_, body) = raw(target.local_addr(), &format!("{}{last}", one.repeat(9)));
    assert_eq!(String::from_utf8_lossy(&body).matches("ok\n").count(), 10);
    let stats = json(target.local_addr(), "/stats");
    assert_eq!(
        (&stats["served"], &stats["connections"]["accepted"]),
        (&10.into(), &1.into())
    );
}

#[test]
fn a_head_request_gets_the_length_and_no_body_and_is_served() {
    let target = start(1);
    let (status, head, body) = send(target.local_addr(), "HEAD", "/bytes/5000", "", "");
    assert_eq!((status, body.len()), (200, 0));
    assert!(head.contains("content-length: 5000"), "{head}");
    assert_eq!(json(target.local_addr(), "/stats")["served"], 1);
}

#[test]
fn a_dropped_answer_gives_its_bytes_and_is_not_served() {
    let target = start(2);
    let at = target.local_addr();
    for (path, bytes) in [
        ("/drop?after=700", 700),
        ("/drop", 512),
        ("/drop?after=60000", 60_000),
        ("/drop?after=0", 0),
    ] {
        let (status, head, body) = get(at, path);
        assert_eq!(body.len(), bytes, "{path}");
        assert_eq!(
            (status == 0, head.is_empty()),
            (bytes == 0, bytes == 0),
            "{path}"
        );
    }
    let stats = json(at, "/stats");
    assert_eq!(
        (&stats["begun"], &stats["served"], &stats["aborted"]),
        (&4.into(), &0.into(), &4.into())
    );
}

#[test]
fn the_delays_given_are_known_to_a_thousandth_and_never_shorter_than_asked() {
    let target = start(2);
    let at = target.local_addr();
    for ms in [30, 60, 90] {
        let before = Instant::now();
        assert_eq!(get(at, &format!("/get?ms={ms}")).0, 200);
        assert!(before.elapsed() >= Duration::from_millis(ms));
    }
    let stats = target.stats().expect("it runs");
    assert_eq!(stats.delay_ms.max, Some(90.0));
    assert_eq!(stats.delay_ms.min, Some(30.0));
    let median = stats.delay_quantile(0.5).expect("values").as_secs_f64();
    assert!((median - 0.06).abs() <= 0.00006, "{median}");
    assert!(stats.duration_quantile(0.5) >= Some(Duration::from_micros(59_940)));
}

#[test]
fn whoever_comes_in_a_stall_waits_for_its_end() {
    let target = start(2);
    let at = target.local_addr();
    std::thread::scope(|scope| {
        for n in 0..12 {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(n * 25));
                assert_eq!(get(at, "/plain?stall_every=300ms&stall_for=290ms").0, 200);
            });
        }
    });
    // In 300 ms of arrivals at most a few fall in the 10 ms between stalls; all the others have waited, none beyond the stall.
    let stats = target.stats().expect("it runs");
    assert!(
        stats
            .delay_ms
            .max
            .is_some_and(|max| max > 100.0 && max <= 600.0),
        "{stats:?}"
    );
}

#[test]
fn one_seed_gives_the_same_faults_again() {
    let run = || {
        let target = start(1);
        (0..40)
            .map(|_| get(target.local_addr(), "/plain?error_rate=0.5").0)
            .collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn an_embedded_service_stops_cleanly_and_lets_answers_finish() {
    let target = start(2);
    let at = target.local_addr();
    let client = std::thread::spawn(move || get(at, "/plain?ms=150").0);
    while target.stats().expect("it runs").in_flight == 0 {
        std::thread::yield_now();
    }
    let idle = TcpStream::connect(at).expect("it listens");
    target.stop();
    let stats = target.join().expect("no worker failed");
    assert_eq!(client.join().expect("no panic"), 200);
    assert_eq!((stats.served, stats.in_flight), (1, 0));
    drop(idle);
    assert!(TcpStream::connect(at).is_err(), "the port is free again");
}

#[test]
fn a_taken_port_is_an_error_that_names_it() {
    let target = start(1);
    let taken = target.local_addr().to_string();
    let error = Target::bind(TargetSettings::on(taken.clone())).expect_err("it is taken");
    assert!(matches!(&error, Error::Listen { listen, .. } if *listen == taken));
    assert!(error.to_string().contains(&taken), "{error}");
    assert!(Target::bind(TargetSettings::on("nonsense")).is_err());
}
