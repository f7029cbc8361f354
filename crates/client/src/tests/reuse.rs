//! Connections: kept, limited, closed, found dead, cancelled; and the bytes and times on them.

use http::Method;
use tokio::task::yield_now;

use super::kit::{
    Reply, Server, answer, fault, get, ok, request, run, session, session_with, text,
};
use crate::{ClientSettings, ResponseType};

#[test]
fn requests_to_one_host_share_one_connection_and_its_costs_are_told_once() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok("hello"))).await;
        let session = session();
        for count in 1..=20 {
            let outcome = session.send(get(&server.url("/"))).await;
            assert_eq!((outcome.last.status, text(&outcome)), (200, "hello"));
            assert!(!outcome.last.retried);
            let timings = outcome.last.timings;
            assert_eq!(timings.connecting > 0, count == 1);
            assert_eq!(timings.blocked > 0, count == 1);
            assert!(timings.blocked >= timings.connecting);
            assert!(timings.sending > 0 && timings.receiving > 0);
            let sum = timings.sending + timings.waiting + timings.receiving;
            assert_eq!(timings.duration(), sum);
        }
        assert_eq!(*server.accepted.borrow(), 1);
        assert_eq!(server.seen(), 20);
    });
}

#[test]
fn bytes_are_those_on_the_wire_and_are_taken_once() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok("hello"))).await;
        let session = session();
        session.send(get(&server.url("/"))).await;
        session.send(get(&server.url("/x"))).await;
        let sent: usize = server.requests.borrow().iter().map(String::len).sum();
        let expected = (sent as u64, 2 * ok("hello").len() as u64);
        assert_eq!(session.take_bytes(), expected);
        assert_eq!(session.take_bytes(), (0, 0));
    });
}

#[test]
fn without_reuse_each_request_opens_a_connection_and_says_close() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
        let session = session_with(ClientSettings {
            no_connection_reuse: true,
            ..ClientSettings::default()
        });
        for _ in 0..3 {
            session.send(get(&server.url("/"))).await;
        }
        assert_eq!(*server.accepted.borrow(), 3);
        assert!(server.requests.borrow()[0].contains("Connection: close\r\n"));
    });
}

#[test]
fn the_end_of_an_iteration_closes_idle_connections_only_where_asked() {
    run(async {
        for (asked, expected) in [(false, 1), (true, 2)] {
            let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
            let session = session_with(ClientSettings {
                no_vu_connection_reuse: asked,
                ..ClientSettings::default()
            });
            session.send(get(&server.url("/"))).await;
            session.iteration_ended();
            session.send(get(&server.url("/"))).await;
            assert_eq!(*server.accepted.borrow(), expected);
        }
    });
}

#[test]
fn a_batch_runs_at_once_and_leaves_no_more_idle_connections_than_allowed() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
        let session = session_with(ClientSettings {
            max_idle_per_host: 2,
            ..ClientSettings::default()
        });
        let calls = (0..5).map(|_| session.send(get(&server.url("/"))));
        futures_util::future::join_all(calls).await;
        assert_eq!(*server.accepted.borrow(), 5);
        while *server.ended.borrow() < 3 {
            yield_now().await;
        }
        session.send(get(&server.url("/"))).await;
        assert_eq!(*server.accepted.borrow(), 5);
    });
}

#[test]
fn a_connection_that_the_server_closed_while_idle_is_replaced_without_a_retry() {
    run(async {
        let server = Server::start(|_, _| Reply::Close(ok("x"))).await;
        let session = session();
        for method in [Method::GET, Method::POST, Method::POST] {
            let outcome = session.send(request(method, &server.url("/"))).await;
            assert_eq!((outcome.last.status, outcome.last.retried), (200, false));
            let served = server.seen();
            while *server.ended.borrow() < served {
                yield_now().await;
            }
            // The end of the connection must have reached this side before the next request.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!((server.seen(), *server.accepted.borrow()), (3, 3));
    });
}

#[test]
fn a_reused_connection_that_dies_before_an_answer_is_retried_once_if_go_would_replay_it() {
    // method, what the second request meets, whether it is sent again, status or code
    let table = [
        (Method::GET, Reply::Close(Vec::new()), true, 200),
        (Method::GET, Reply::Reset, true, 200),
        (Method::HEAD, Reply::Reset, true, 200),
        (Method::OPTIONS, Reply::Reset, true, 200),
        (Method::TRACE, Reply::Reset, true, 200),
        (Method::POST, Reply::Close(Vec::new()), false, 1000),
        (Method::POST, Reply::Reset, false, 1220),
        (Method::PATCH, Reply::Reset, false, 1220),
        (Method::PUT, Reply::Reset, false, 1220),
        (Method::DELETE, Reply::Reset, false, 1220),
        (
            Method::GET,
            Reply::Close(b"HTTP/1.1 2".to_vec()),
            false,
            1000,
        ),
    ];
    for (method, second, retried, result) in table {
        run(async {
            let row = format!("{method} {result}");
            let server = Server::start(move |_, count| match count {
                2 => second.clone(),
                _ => Reply::Keep(ok("")),
            })
            .await;
            let session = session();
            session.send(get(&server.url("/"))).await;
            let outcome = session.send(request(method, &server.url("/"))).await;
            assert_eq!(outcome.last.retried, retried, "{row}");
            assert_eq!(server.seen(), if retried { 3 } else { 2 }, "{row}");
            if retried {
                assert_eq!(outcome.last.status, result, "{row}");
            } else {
                assert_eq!(fault(&outcome).0, result, "{row}");
            }
        });
    }
}

#[test]
fn a_new_connection_that_dies_is_not_retried() {
    run(async {
        let server = Server::start(|_, _| Reply::Close(Vec::new())).await;
        let outcome = session().send(get(&server.url("/"))).await;
        assert_eq!(fault(&outcome), (1000, "EOF"));
        assert_eq!((server.seen(), outcome.last.retried), (1, false));
    });
}

#[test]
fn dropping_a_call_closes_its_connection_and_leaves_the_session_usable() {
    run(async {
        let server = Server::start(|_, count| match count {
            1 => Reply::Silence,
            _ => Reply::Keep(ok("ok")),
        })
        .await;
        let session = session();
        let mut call = Box::pin(session.send(get(&server.url("/"))));
        while server.seen() == 0 {
            tokio::select! {
                biased;
                _ = &mut call => panic!("the server never answers"),
                () = yield_now() => {}
            }
        }
        drop(call);
        while *server.ended.borrow() == 0 {
            yield_now().await;
        }
        assert_eq!(text(&session.send(get(&server.url("/"))).await), "ok");
    });
}

#[test]
fn a_discarded_body_is_read_to_its_end_so_that_the_connection_lives_on() {
    run(async {
        let body = vec![b'x'; 300_000];
        let length = body.len() as u64;
        let server = Server::start(move |_, _| Reply::Keep(answer("200 OK", "", &body))).await;
        let session = session();
        for _ in 0..2 {
            let mut call = get(&server.url("/"));
            call.response_type = ResponseType::None;
            let outcome = session.send(call).await;
            assert_eq!(text(&outcome), "(absent)");
            assert!(session.take_bytes().1 > length);
        }
        assert_eq!(*server.accepted.borrow(), 1);
    });
}

#[test]
fn the_future_of_a_call_stays_small() {
    let session = session();
    let call = session.send(get("http://127.0.0.1:1/"));
    let bytes = size_of_val(&call);
    assert!(bytes < 6000, "{bytes}");
}
