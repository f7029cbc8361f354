//! What is said on the wire: heads, bodies, codings, redirects, cookies.

use std::rc::Rc;

use bytes::Bytes;
use flate2::{Compression as Level, write::GzEncoder};
use http::{HeaderValue, Method, header};
use std::io::Write;

use super::kit::{
    Reply, Server, answer, fault, get, ok, request, run, session, session_with, text,
};
use crate::{BodyData, ClientSettings, Compression, CookieJar, RequestCookie, ResponseType};

#[test]
fn nothing_goes_out_that_the_caller_did_not_ask_for() {
    // method, body, head after the request line
    let table = [
        (Method::GET, "", ""),
        (Method::HEAD, "", ""),
        (Method::DELETE, "", ""),
        (Method::POST, "", "Content-Length: 0\r\n"),
        (Method::PUT, "", "Content-Length: 0\r\n"),
        (Method::PATCH, "", "Content-Length: 0\r\n"),
        (Method::POST, "body", "Content-Length: 4\r\n"),
        (Method::GET, "body", "Content-Length: 4\r\n"),
        (Method::from_bytes(b"get").unwrap(), "", ""),
    ];
    run(async {
        for (method, body, lines) in table {
            let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
            let mut call = request(method.clone(), &server.url("/p?q=a b"));
            call.body = Bytes::from_static(body.as_bytes());
            call.headers
                .insert(header::USER_AGENT, HeaderValue::from_static("k"));
            session().send(call).await;
            let host = server.address;
            let expected = format!(
                "{method} /p?q=a b HTTP/1.1\r\nHost: {host}\r\nUser-Agent: k\r\n{lines}\r\n{body}"
            );
            assert_eq!(server.requests.borrow()[0], expected);
        }
    });
}

#[test]
fn a_host_header_of_the_script_is_sent_and_its_content_length_is_not() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
        let mut call = request(Method::POST, &server.url("/"));
        call.body = Bytes::from_static(b"four");
        call.headers
            .insert(header::HOST, HeaderValue::from_static("other"));
        call.headers
            .insert(header::CONTENT_LENGTH, HeaderValue::from_static("99"));
        call.headers.insert(
            header::TRANSFER_ENCODING,
            HeaderValue::from_static("chunked"),
        );
        session().send(call).await;
        let expected = "POST / HTTP/1.1\r\nHost: other\r\nContent-Length: 4\r\n\r\nfour";
        assert_eq!(server.requests.borrow()[0], expected);
    });
}

#[test]
fn credentials_of_a_url_become_basic_auth_unless_the_script_has_its_own() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
        let session = session();
        let url = format!("http://us%65r:pa%20ss@{}/", server.address);
        session.send(get(&url)).await;
        let mut own = get(&url);
        own.headers
            .insert(header::AUTHORIZATION, HeaderValue::from_static("mine"));
        session.send(own).await;
        let seen = server.requests.borrow();
        assert!(
            seen[0].contains("Authorization: Basic dXNlcjpwYSBzcw==\r\n"),
            "{}",
            seen[0]
        );
        assert!(seen[1].contains("Authorization: mine\r\n") && !seen[1].contains("Basic"));
    });
}

#[test]
fn answers_without_a_body_are_told_from_empty_ones() {
    run(async {
        let table = [
            (Method::GET, "204 No Content", BodyData::Absent),
            (Method::GET, "304 Not Modified", BodyData::Absent),
            (Method::HEAD, "200 OK", BodyData::Bytes(Bytes::new())),
            (Method::GET, "200 OK", BodyData::Bytes(Bytes::new())),
        ];
        for (method, status, expected) in table {
            let server = Server::start(move |_, _| Reply::Keep(answer(status, "", b""))).await;
            let outcome = session().send(request(method, &server.url("/"))).await;
            assert_eq!(outcome.last.body, expected, "{status}");
        }
        let hint = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
        let server = Server::start(move |_, _| Reply::Keep([hint, &ok("x")[..]].concat())).await;
        assert_eq!(text(&session().send(get(&server.url("/"))).await), "x");
    });
}

/// Compressed as a request's body would be: the decoder and the encoder are each other's test.
fn coded(codings: &[Compression], body: &[u8]) -> Vec<u8> {
    let mut call = get("http://h/");
    call.body = Bytes::copy_from_slice(body);
    call.compression = codings.to_vec();
    crate::http::decode::compress_request(&mut call);
    call.body.to_vec()
}

#[test]
fn content_codings_are_undone_in_reverse_and_unknown_ones_are_left() {
    use Compression::{Brotli, Deflate, Gzip, Zstd};
    let table: [(&str, &[Compression], &str); 8] = [
        ("gzip", &[Gzip], "hello"),
        ("deflate", &[Deflate], "hello"),
        ("br", &[Brotli], "hello"),
        ("zstd", &[Zstd], "hello"),
        ("GZIP", &[Gzip], "hello"),
        ("gzip, br", &[Gzip, Brotli], "hello"),
        ("br,zstd,deflate", &[Brotli, Zstd, Deflate], "hello"),
        ("identity2", &[], "hello"),
    ];
    run(async {
        for (name, codings, expected) in table {
            let body = coded(codings, b"hello");
            let line = format!("Content-Encoding: {name}\r\n");
            let server =
                Server::start(move |_, _| Reply::Keep(answer("200 OK", &line, &body))).await;
            let outcome = session().send(get(&server.url("/"))).await;
            assert_eq!(text(&outcome), expected, "{name}");
            assert_eq!(outcome.last.headers[header::CONTENT_ENCODING], name);
        }
    });
}

#[test]
fn a_body_that_is_not_what_it_says_is_1701_unless_nobody_wants_it() {
    run(async {
        for name in ["gzip", "deflate", "br", "zstd"] {
            let line = format!("Content-Encoding: {name}\r\n");
            let server =
                Server::start(move |_, _| Reply::Keep(answer("200 OK", &line, b"no\xff"))).await;
            let outcome = session().send(get(&server.url("/"))).await;
            let (code, message) = fault(&outcome);
            assert_eq!((code, outcome.last.status), (1701, 0), "{name}");
            assert!(message.starts_with("error decompressing response body ("));
            let mut unwanted = get(&server.url("/"));
            unwanted.response_type = ResponseType::None;
            assert_eq!(session().send(unwanted).await.last.status, 200);
        }
    });
}

#[test]
fn a_gzip_bomb_is_stopped_at_the_limit() {
    run(async {
        let mut bomb = GzEncoder::new(Vec::new(), Level::best());
        for _ in 0..50 {
            bomb.write_all(&[0; 1 << 20]).unwrap();
        }
        let bomb = bomb.finish().unwrap();
        assert!(bomb.len() < 100_000);
        let server = Server::start(move |_, _| {
            Reply::Keep(answer("200 OK", "Content-Encoding: gzip\r\n", &bomb))
        })
        .await;
        let session = session_with(ClientSettings {
            response_body_bytes: 1 << 20,
            ..ClientSettings::default()
        });
        let outcome = session.send(get(&server.url("/"))).await;
        assert_eq!(fault(&outcome).0, 1000);
    });
}

#[test]
fn a_request_body_is_compressed_as_asked_and_says_so() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
        let mut call = request(Method::POST, &server.url("/"));
        call.body = Bytes::from_static(b"hello");
        call.compression = vec![Compression::Gzip, Compression::Brotli];
        session().send(call).await;
        assert!(server.requests.borrow()[0].contains("Content-Encoding: gzip, br\r\n"));
    });
}

#[test]
fn redirects_change_method_and_body_as_k6_does() {
    // status, method, method and body of the next hop
    let table = [
        ("301 X", Method::GET, "GET", ""),
        ("302 X", Method::POST, "GET", ""),
        ("303 X", Method::PUT, "GET", ""),
        ("302 X", Method::HEAD, "HEAD", ""),
        ("307 X", Method::POST, "POST", "body"),
        ("308 X", Method::PUT, "PUT", "body"),
    ];
    for (status, method, next, body) in table {
        run(async {
            let server = Server::start(move |head, _| match head.contains(" /a ") {
                true => Reply::Keep(answer(
                    status,
                    "Location: b?x#f\r\nSet-Cookie: c=1\r\n",
                    b"",
                )),
                false => Reply::Keep(ok("")),
            })
            .await;
            let mut call = request(method.clone(), &server.url("/a"));
            if method != Method::HEAD && method != Method::GET {
                call.body = Bytes::from_static(b"body");
            }
            let outcome = session().send(call).await;
            assert_eq!(
                (outcome.redirects.len(), outcome.last.status),
                (1, 200),
                "{status}"
            );
            assert_eq!(&*outcome.last.url.text, server.url("/b?x#f"));
            assert_eq!(outcome.last.method.as_str(), next);
            let seen = &server.requests.borrow()[1];
            assert!(
                seen.starts_with(&format!("{next} /b?x HTTP/1.1\r\n")),
                "{seen}"
            );
            assert!(
                seen.contains(&format!("Referer: {}\r\n", server.url("/a"))),
                "{seen}"
            );
            assert!(seen.contains("Cookie: c=1\r\n"), "{seen}");
            assert!(seen.ends_with(&format!("\r\n\r\n{body}")), "{seen}");
            assert_eq!(*server.accepted.borrow(), 1);
        });
    }
}

#[test]
fn a_redirect_over_the_limit_or_without_location_is_the_answer() {
    run(async {
        let server =
            Server::start(|_, _| Reply::Keep(answer("302 X", "Location: /\r\n", b""))).await;
        for limit in [0, 3] {
            let mut call = get(&server.url("/"));
            call.max_redirects = limit;
            let outcome = session().send(call).await;
            assert_eq!(outcome.redirects.len(), limit as usize);
            assert_eq!((outcome.last.status, outcome.last.error), (302, None));
        }
        let nowhere = Server::start(|_, _| Reply::Keep(answer("302 X", "", b""))).await;
        let outcome = session().send(get(&nowhere.url("/"))).await;
        assert_eq!((outcome.redirects.len(), outcome.last.status), (0, 302));
    });
}

#[test]
fn secrets_do_not_cross_to_another_host_and_url_credentials_go_nowhere() {
    run(async {
        let other = Server::start(|_, _| Reply::Keep(ok(""))).await;
        let to = format!("Location: http://localhost:{}/\r\n", other.address.port());
        let server = Server::start(move |_, _| Reply::Keep(answer("302 X", &to, b""))).await;
        let mut call = get(&format!("http://u:p@{}/", server.address));
        call.headers
            .insert(header::COOKIE, HeaderValue::from_static("own=1"));
        call.headers
            .insert("x-any", HeaderValue::from_static("stays"));
        call.cookies = vec![RequestCookie {
            name: "p".into(),
            value: "1".into(),
            replace: false,
        }];
        let mut second = get(&server.url("/"));
        second
            .headers
            .insert(header::AUTHORIZATION, HeaderValue::from_static("secret"));
        let session = session();
        session.send(call).await;
        session.send(second).await;
        assert!(server.requests.borrow()[0].contains("Authorization: Basic"));
        assert!(server.requests.borrow()[0].contains("Cookie: own=1; p=1\r\n"));
        for seen in other.requests.borrow().iter() {
            assert!(
                !seen.contains("Authorization") && !seen.contains("own=1"),
                "{seen}"
            );
        }
        let seen = &other.requests.borrow()[0];
        assert!(
            seen.contains("X-Any: stays\r\n") && seen.contains("Cookie: p=1\r\n"),
            "{seen}"
        );
    });
}

#[test]
fn cookies_of_the_call_come_before_the_jars_and_may_replace_them() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
        for (replace, expected) in [(false, "a=call; a=jar; b=jar"), (true, "a=call; b=jar")] {
            let jar = Rc::new(CookieJar::new());
            let mut call = get(&server.url("/"));
            for name in ["a", "b"] {
                jar.set(&call.url, name, "jar", &crate::CookieOptions::default());
            }
            call.jar = Some(jar);
            call.cookies = vec![RequestCookie {
                name: "a".into(),
                value: "call".into(),
                replace,
            }];
            session().send(call).await;
            let seen = server.requests.borrow().last().unwrap().clone();
            assert!(seen.contains(&format!("Cookie: {expected}\r\n")), "{seen}");
        }
    });
}
