//! HTTP/2: one connection for each origin and VU, k6's codes for what ends a stream, and what is sent again.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use h2::Reason;
use http::Method;

use super::kit::{
    fault, get, request, run, session_with, text,
    tls::{Answer, TlsServer, config, whole},
};
use crate::{ClientSettings, Proto, ResponseType, Session, TlsSettings};

async fn server(answer: impl Fn(&str, usize) -> Answer + 'static) -> TlsServer {
    TlsServer::start(config(&["h2", "http/1.1"]), answer).await
}

fn session(change: impl FnOnce(&mut ClientSettings)) -> Session {
    let mut settings = ClientSettings {
        insecure_skip_tls_verify: true,
        ..ClientSettings::default()
    };
    change(&mut settings);
    session_with(settings)
}

#[test]
fn alpn_chooses_http2_and_requests_share_one_connection_whose_costs_are_told_once() {
    run(async {
        let server = server(|_, at| whole(&at.to_string())).await;
        let session = session(|_| {});
        for at in 1..=5 {
            let outcome = session.send(get(&server.url("/a?b=c"))).await;
            let last = &outcome.last;
            assert_eq!((last.status, text(&outcome)), (200, &*at.to_string()));
            assert_eq!(last.proto, Some(Proto::Http2));
            assert_eq!(last.tls.as_ref().unwrap().version, "tls1.3");
            let timings = last.timings;
            assert_eq!(timings.connecting > 0, at == 1);
            assert_eq!(timings.tls_handshaking > 0, at == 1);
            assert!(timings.blocked >= timings.connecting + timings.tls_handshaking);
            assert!(timings.waiting > 0, "{timings:?}");
            assert_eq!(last.remote, Some(server.address));
        }
        assert_eq!(server.accepted.get(), 1);
        let (sent, received) = session.take_bytes();
        assert!(sent > 300 && received > 500, "{sent} {received}");
        let seen = &server.requests.borrow()[0].0;
        assert_eq!(*seen, format!("GET {}\n", server.url("/a?b=c")));
    });
}

#[test]
fn a_batch_is_multiplexed_over_one_connection_even_where_none_was_there() {
    run(async {
        let server = server(|_, _| Answer::After(Duration::from_millis(100), "late")).await;
        let session = session(|_| {});
        let began = std::time::Instant::now();
        let calls = (0..6).map(|_| session.send(get(&server.url("/"))));
        let outcomes = join_all(calls).await;
        assert!(outcomes.iter().all(|outcome| text(outcome) == "late"));
        assert!(
            began.elapsed() < Duration::from_millis(550),
            "one after the other"
        );
        assert_eq!((server.accepted.get(), server.seen()), (1, 6));
        let new = |outcome: &&crate::Outcome| outcome.last.timings.connecting > 0;
        assert_eq!(outcomes.iter().filter(new).count(), 1);
    });
}

#[test]
fn bodies_headers_and_cookies_go_both_ways() {
    run(async {
        let server = server(|_, _| {
            let headers = vec![
                ("set-cookie", "a=1".to_owned()),
                ("x-reply", "yes".to_owned()),
            ];
            Answer::Whole(201, headers, Bytes::from_static(b"made"))
        })
        .await;
        let session = session(|_| {});
        let mut post = request(Method::POST, &server.url("/\u{e9}?a b"));
        post.body = vec![b'x'; 300_000].into();
        post.headers.insert("host", "shop.test".parse().unwrap());
        post.headers
            .insert("connection", "keep-alive".parse().unwrap());
        let jar = post.jar.clone();
        let outcome = session.send(post).await;
        assert_eq!((outcome.last.status, text(&outcome)), (201, "made"));
        assert_eq!(outcome.last.headers["x-reply"], "yes");
        let mut again = request(Method::POST, &server.url("/"));
        again.jar = jar;
        session.send(again).await;
        let seen = server.requests.borrow();
        assert_eq!(
            seen[0].0,
            "POST https://shop.test/%C3%A9?a%20b\ncontent-length: 300000\n"
        );
        assert_eq!(seen[0].1.len(), 300_000);
        assert!(
            seen[1].0.ends_with("content-length: 0\ncookie: a=1\n"),
            "{}",
            seen[1].0
        );
    });
}

#[test]
fn a_long_body_passes_every_window_whether_it_is_kept_or_not() {
    run(async {
        let server = server(|_, _| Answer::Long(9 << 20)).await;
        let session = session(|_| {});
        for kept in [ResponseType::Binary, ResponseType::None, ResponseType::Text] {
            let mut call = get(&server.url("/"));
            call.response_type = kept;
            let outcome = session.send(call).await;
            assert_eq!(outcome.last.status, 200);
            if kept != ResponseType::None {
                assert_eq!(text(&outcome).len(), 9 << 20);
            }
            assert!(session.take_bytes().1 > 9 << 20);
        }
        assert_eq!(server.accepted.get(), 1);
    });
}

#[test]
fn what_ends_a_stream_or_a_connection_has_k6_codes() {
    let table = [
        (
            Answer::Reset(Reason::INTERNAL_ERROR),
            1633,
            "http2: stream error with http2 ErrCode INTERNAL_ERROR",
        ),
        (
            Answer::Reset(Reason::CANCEL),
            1639,
            "http2: stream error with http2 ErrCode CANCEL",
        ),
        (
            Answer::Reset(Reason::from(99)),
            1630,
            "http2: stream error with http2 ErrCode unknown error code 0x63",
        ),
        (
            Answer::GoAway(Reason::ENHANCE_YOUR_CALM),
            1622,
            "http2: received GoAway with http2 ErrCode ENHANCE_YOUR_CALM",
        ),
        (
            Answer::GoAway(Reason::NO_ERROR),
            1611,
            "http2: received GoAway with http2 ErrCode NO_ERROR",
        ),
        (Answer::Hangup, 1000, "unexpected EOF"),
        (
            Answer::Half(Reason::INTERNAL_ERROR),
            1633,
            "http2: stream error with http2 ErrCode INTERNAL_ERROR",
        ),
    ];
    for (answer, code, message) in table {
        run(async {
            let half = matches!(answer, Answer::Half(_));
            let server = server(move |_, _| answer.clone()).await;
            let outcome = session(|_| {}).send(get(&server.url("/"))).await;
            assert_eq!(fault(&outcome), (code, message));
            let last = &outcome.last;
            assert_eq!((last.status, last.proto), (0, None));
            assert_eq!(text(&outcome), if half { "half" } else { "(absent)" });
            assert_eq!(server.seen(), 1);
        });
    }
}

#[test]
fn a_refused_stream_is_sent_again_and_a_lost_connection_only_where_go_would_replay() {
    let table = [
        (
            Method::POST,
            Answer::Reset(Reason::REFUSED_STREAM),
            None,
            false,
        ),
        (
            Method::GET,
            Answer::Reset(Reason::REFUSED_STREAM),
            None,
            false,
        ),
        (Method::GET, Answer::Hangup, None, true),
        (Method::POST, Answer::Hangup, Some(1000), false),
    ];
    for (method, second, expected, retried) in table {
        run(async {
            let row = format!("{method} {expected:?}");
            let server =
                server(move |_, at| if at == 2 { second.clone() } else { whole("ok") }).await;
            let session = session(|_| {});
            session.send(get(&server.url("/"))).await;
            let outcome = session.send(request(method, &server.url("/"))).await;
            assert_eq!(outcome.last.retried, retried, "{row}");
            match expected {
                None => assert_eq!((text(&outcome), server.seen()), ("ok", 3), "{row}"),
                Some(code) => assert_eq!((fault(&outcome).0, server.seen()), (code, 2), "{row}"),
            }
            assert_eq!(
                text(&session.send(get(&server.url("/"))).await),
                "ok",
                "{row}"
            );
        });
    }
}

#[test]
fn a_call_that_times_out_leaves_the_connection_to_the_others() {
    run(async {
        let server = server(|head, _| {
            if head.contains("/slow") {
                Answer::After(Duration::from_secs(9), "")
            } else {
                whole("ok")
            }
        })
        .await;
        let session = session(|_| {});
        let mut slow = get(&server.url("/slow"));
        slow.timeout = Duration::from_millis(400);
        let (slow, quick) = tokio::join!(session.send(slow), session.send(get(&server.url("/"))));
        assert_eq!(fault(&slow), (1050, "request timeout"));
        assert!(slow.last.timings.duration() > 200_000_000);
        assert_eq!(text(&quick), "ok");
        assert_eq!(text(&session.send(get(&server.url("/"))).await), "ok");
        assert_eq!(server.accepted.get(), 1);
    });
}

#[test]
fn reuse_age_and_the_end_of_an_iteration_hold_for_http2_too() {
    run(async {
        type Change = fn(&mut ClientSettings);
        let table: [(Change, usize); 4] = [
            (|_| {}, 1),
            (|settings| settings.no_connection_reuse = true, 3),
            (|settings| settings.no_vu_connection_reuse = true, 3),
            (
                |settings| settings.connection_max_age = Some(Duration::ZERO),
                3,
            ),
        ];
        for (row, (change, connections)) in table.into_iter().enumerate() {
            let server = server(|_, _| whole("ok")).await;
            let session = session(change);
            for _ in 0..3 {
                assert_eq!(text(&session.send(get(&server.url("/"))).await), "ok");
                session.iteration_ended();
            }
            assert_eq!(server.accepted.get(), connections, "row {row}");
        }
    });
}

#[test]
fn without_http2_on_either_side_http1_is_spoken_and_a_batch_opens_its_connections() {
    run(async {
        for (alpn, http2) in [
            (&["h2", "http/1.1"][..], false),
            (&["http/1.1"], true),
            (&[], true),
        ] {
            let server = TlsServer::start(config(alpn), |_, _| whole("never")).await;
            let session = session(|settings| {
                settings.tls = TlsSettings {
                    http2,
                    ..TlsSettings::default()
                }
            });
            let calls = (0..3).map(|_| session.send(get(&server.url("/"))));
            for outcome in join_all(calls).await {
                assert_eq!(text(&outcome), "secret");
                assert_eq!(outcome.last.proto, Some(Proto::Http11));
            }
            assert!((1..=3).contains(&server.accepted.get()));
        }
    });
}
