//! Faults: k6's codes and texts, and the times that go with them.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, net::TcpListener, task::spawn_local};

use super::kit::{Reply, Server, answer, fault, get, ok, run, session, session_with, text};
use crate::{BodyData, ClientSettings, ErrorCode, Timings};

#[test]
fn faults_of_a_connection_get_k6_codes_and_texts() {
    let malformed = "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
    let table = [
        (Reply::Close(Vec::new()), 1000, "EOF"),
        (
            Reply::Close(b"HTTP/1.1 200 OK\r\nA: b".to_vec()),
            1000,
            "unexpected EOF",
        ),
        (
            Reply::Close(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour".to_vec()),
            1000,
            "unexpected EOF",
        ),
        (
            Reply::Close(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour".to_vec(),
            ),
            1000,
            "unexpected EOF",
        ),
        (Reply::Reset, 1220, "read: connection reset by peer"),
        (Reply::Close(b"nonsense\r\n\r\n".to_vec()), 1000, malformed),
    ];
    for (reply, code, message) in table {
        run(async {
            let server = Server::start(move |_, _| reply.clone()).await;
            let outcome = session().send(get(&server.url("/"))).await;
            assert_eq!(fault(&outcome), (code, message));
            let last = &outcome.last;
            assert_eq!((last.status, last.proto, last.headers.len()), (0, None, 0));
            assert_eq!(last.error_code(), Some(ErrorCode(code)));
            assert!(last.timings.sending > 0);
        });
    }
}

#[test]
fn of_a_body_that_broke_off_what_had_come_is_kept() {
    run(async {
        let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour".to_vec();
        let server = Server::start(move |_, _| Reply::Close(cut.clone())).await;
        assert_eq!(text(&session().send(get(&server.url("/"))).await), "four");
    });
}

#[test]
fn a_refused_connection_has_its_code_and_times_of_zero() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let outcome = session().send(get(&format!("http://{address}/"))).await;
        assert_eq!(fault(&outcome), (1212, "dial: connection refused"));
        assert_eq!(outcome.last.timings, Timings::default());
        assert_eq!(outcome.last.body, BodyData::Absent);
    });
}

#[test]
fn a_time_out_covers_head_and_body_and_counts_as_waiting_or_receiving() {
    run(async {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".to_vec();
        for (reply, in_body) in [(Reply::Silence, false), (Reply::Keep(head), true)] {
            let server = Server::start(move |_, _| reply.clone()).await;
            let session = session();
            let mut call = get(&server.url("/"));
            call.timeout = Duration::from_millis(500);
            let outcome = session.send(call).await;
            assert_eq!(fault(&outcome), (1050, "request timeout"));
            let timings = outcome.last.timings;
            assert_eq!(timings.receiving > 0, in_body, "{timings:?}");
            // The whole time is accounted for, but for what the clock did between two readings.
            assert!(
                timings.blocked + timings.duration() > 490_000_000,
                "{timings:?}"
            );
        }
    });
}

#[test]
fn a_timer_of_an_earlier_call_does_not_end_a_later_one() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok("ok"))).await;
        let slow = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = slow.local_addr().unwrap();
        spawn_local(async move {
            let (mut stream, _) = slow.accept().await.unwrap();
            tokio::time::sleep(Duration::from_millis(800)).await;
            stream.write_all(&ok("late")).await.unwrap();
        });
        let session = session();
        let mut short = get(&server.url("/"));
        short.timeout = Duration::from_millis(400);
        assert_eq!(text(&session.send(short).await), "ok");
        let outcome = session.send(get(&format!("http://{address}/"))).await;
        assert_eq!(text(&outcome), "late");
    });
}

#[test]
fn a_time_out_of_zero_ends_a_call_at_once() {
    run(async {
        let server = Server::start(|_, _| Reply::Silence).await;
        let mut call = get(&server.url("/"));
        call.timeout = Duration::ZERO;
        let outcome = session().send(call).await;
        assert_eq!(fault(&outcome), (1050, "request timeout"));
    });
}

#[test]
fn a_status_of_400_and_more_is_no_fault_but_has_a_code() {
    run(async {
        for (status, code) in [
            ("399 X", None),
            ("404 Not Found", Some(1404)),
            ("503 X", Some(1503)),
        ] {
            let server = Server::start(move |_, _| Reply::Keep(answer(status, "", b"x"))).await;
            let last = session().send(get(&server.url("/"))).await.last;
            assert_eq!((last.error_code(), last.error), (code.map(ErrorCode), None));
        }
    });
}

#[test]
fn plain_text_where_tls_was_expected_is_1301() {
    run(async {
        let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = plain.local_addr().unwrap();
        spawn_local(async move {
            let (mut stream, _) = plain.accept().await.unwrap();
            stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .unwrap();
        });
        let outcome = session().send(get(&format!("https://{address}/"))).await;
        let expected = "tls: first record does not look like a TLS handshake";
        assert_eq!(fault(&outcome), (1301, expected));
    });
}

#[test]
fn a_body_over_the_limit_is_an_error_before_it_is_in_memory() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(answer("200 OK", "", &[b'x'; 5000]))).await;
        let session = session_with(ClientSettings {
            response_body_bytes: 4000,
            ..ClientSettings::default()
        });
        let outcome = session.send(get(&server.url("/"))).await;
        let expected = "response body is larger than the limit of 4000 bytes";
        assert_eq!(fault(&outcome), (1000, expected));
    });
}
