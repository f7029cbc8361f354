//! Digest authentication and the texts of `httpDebug`, seen by servers on 127.0.0.1.

use http::{Method, header::CONTENT_TYPE};

use super::kit::{Reply, Server, answer, get, ok, request, run, session, session_with, text};
use crate::{Auth, ClientSettings, HttpDebug};

const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n";

#[test]
fn a_challenge_is_answered_with_a_proof_and_the_first_request_is_told_as_such() {
    run(async {
        let server = Server::start(|head, _| {
            if head.contains("Authorization: Digest ") {
                Reply::Keep(ok("welcome"))
            } else {
                Reply::Keep(answer("401 Unauthorized", CHALLENGE, b"no"))
            }
        })
        .await;
        let mut call = request(
            Method::POST,
            &format!("http://us%20er:secret@{}/a?b", server.address),
        );
        call.auth = Auth::Digest;
        call.body = "data".into();
        let outcome = session().send(call).await;
        assert_eq!(text(&outcome), "welcome");
        let [first] = &outcome.redirects[..] else {
            panic!("{} hops", outcome.redirects.len())
        };
        assert_eq!(first.status, 401);
        assert!(first.extra.as_ref().is_some_and(|extra| extra.challenge));
        assert!(outcome.last.extra.is_none());
        let url = format!("http://{}/a?b", server.address);
        assert_eq!((&*first.url.tag, &*outcome.last.url.text), (&*url, &*url));
        let seen = server.requests.borrow();
        assert!(
            !seen[0].contains("Authorization") && seen[0].ends_with("data"),
            "{}",
            seen[0]
        );
        assert!(
            seen[1].contains(
                "Digest username=\"us er\", realm=\"r\", nonce=\"n\", uri=\"/a?b\", response=\""
            ),
            "{}",
            seen[1]
        );
        assert!(seen[1].ends_with("data"));
        assert_eq!(*server.accepted.borrow(), 1);
    });
}

#[test]
fn any_other_first_answer_is_the_result_and_is_still_the_first_request() {
    run(async {
        for (status, headers) in [
            ("200 OK", ""),
            (
                "401 Unauthorized",
                "WWW-Authenticate: Basic realm=\"r\"\r\n",
            ),
        ] {
            let server =
                Server::start(move |_, _| Reply::Keep(answer(status, headers, b"x"))).await;
            let mut call = get(&format!("http://u:p@{}/", server.address));
            call.auth = Auth::Digest;
            let outcome = session().send(call).await;
            assert_eq!((outcome.redirects.len(), server.seen()), (0, 1));
            assert!(outcome.last.extra.is_some_and(|extra| extra.challenge));
        }
    });
}

#[test]
fn each_hop_carries_its_texts_where_they_are_asked_for() {
    run(async {
        let table = [
            (None, None),
            (Some(HttpDebug::Headers), Some(("", ""))),
            (Some(HttpDebug::Full), Some(("in", "out"))),
        ];
        for (http_debug, bodies) in table {
            let server = Server::start(|head, _| {
                if head.starts_with("POST") {
                    Reply::Keep(answer(
                        "302 Found",
                        "Location: /b\r\nSet-Cookie: c=1\r\n",
                        b"",
                    ))
                } else {
                    Reply::Keep(answer("200 OK", "x-b: 2\r\nA: 1\r\n", b"out"))
                }
            })
            .await;
            let session = session_with(ClientSettings {
                http_debug,
                ..ClientSettings::default()
            });
            let mut call = request(Method::POST, &server.url("/a"));
            call.body = "in".into();
            call.headers
                .insert(CONTENT_TYPE, "text/plain".parse().unwrap());
            let outcome = session.send(call).await;
            let Some((sent, came)) = bodies else {
                assert!(outcome.redirects[0].extra.is_none() && outcome.last.extra.is_none());
                continue;
            };
            let first = outcome.redirects[0].extra.as_ref().unwrap();
            let expected = format!(
                "POST /a HTTP/1.1\nHost: {}\nContent-Length: 2\nContent-Type: text/plain\n\n{sent}",
                server.address
            );
            assert_eq!(first.request.as_ref(), Some(&expected));
            let last = outcome.last.extra.as_ref().unwrap();
            assert!(last.request.as_ref().unwrap().contains("\nCookie: c=1\n"));
            let expected = format!("HTTP/1.1 200 OK\nA: 1\nContent-Length: 3\nX-B: 2\n\n{came}");
            assert_eq!(last.response.as_ref(), Some(&expected));
        }
    });
}
