//! Proxies: forwarding, tunnels, SOCKS, and what a proxy refuses.

use std::{cell::RefCell, rc::Rc};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::spawn_local,
};
use tokio_rustls::TlsAcceptor;

use super::kit::{
    Reply, Server, fault, get, ok, run, session_with, text,
    tls::{TlsServer, config, whole},
};
use crate::{ClientSettings, Proto, Proxies, Session};

type Log = Rc<RefCell<Vec<String>>>;

/// A proxy that answers `CONNECT` with `reply` and then leads to `target`, whatever was asked for.
async fn proxy(target: String, reply: &'static str, tls: bool) -> (String, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let log = Log::default();
    let seen = Rc::clone(&log);
    let acceptor = TlsAcceptor::from(std::sync::Arc::new(config(&["http/1.1"])));
    spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (seen, target, acceptor) = (Rc::clone(&seen), target.clone(), acceptor.clone());
            spawn_local(async move {
                if tls {
                    let stream = acceptor.accept(stream).await.unwrap();
                    serve(stream, &target, reply, &seen).await;
                } else {
                    serve(stream, &target, reply, &seen).await;
                }
            });
        }
    });
    (address, log)
}

async fn serve<S>(mut stream: S, target: &str, reply: &str, seen: &Log)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    seen.borrow_mut().push(String::from_utf8(head).unwrap());
    stream.write_all(reply.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    if reply.starts_with("HTTP/1.1 200 Conn") {
        let mut target = TcpStream::connect(target).await.unwrap();
        let _ended = copy_bidirectional(&mut stream, &mut target).await;
    }
}

fn session(vars: &[(&str, String)]) -> Session {
    let var = |name: &str| {
        vars.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    };
    session_with(ClientSettings {
        insecure_skip_tls_verify: true,
        proxies: Proxies::from_vars(var).unwrap(),
        ..ClientSettings::default()
    })
}

#[test]
fn a_plain_request_names_its_whole_url_to_the_proxy_with_credentials_and_odd_bytes() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok("forwarded"))).await;
        let proxy = format!("http://me:secret@{}", server.address);
        let session = session(&[("HTTP_PROXY", proxy)]);
        for path in ["/a b?c d", "/"] {
            let outcome = session
                .send(get(&format!("http://shop.test:81{path}")))
                .await;
            assert_eq!(text(&outcome), "forwarded");
        }
        let seen = server.requests.borrow();
        let expected = "GET http://shop.test:81/a%20b?c d HTTP/1.1\r\nHost: shop.test:81\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n";
        assert_eq!(seen[0], expected);
        assert_eq!(*server.accepted.borrow(), 1);
    });
}

#[test]
fn https_goes_through_a_tunnel_also_over_the_tls_of_the_proxy_itself() {
    run(async {
        for tls in [false, true] {
            let server = TlsServer::start(config(&["h2"]), |_, _| whole("tunnelled")).await;
            let connected = "HTTP/1.1 200 Connection established\r\n\r\n";
            let (address, log) = proxy(server.address.to_string(), connected, tls).await;
            let scheme = if tls { "https" } else { "http" };
            let session = session(&[("HTTPS_PROXY", format!("{scheme}://u:p@{address}"))]);
            for _ in 0..2 {
                let outcome = session.send(get("https://shop.test/x")).await;
                assert_eq!(text(&outcome), "tunnelled");
                assert_eq!(outcome.last.proto, Some(Proto::Http2));
            }
            let expected = "CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\nProxy-Authorization: Basic dTpw\r\n\r\n";
            assert_eq!(*log.borrow(), [expected]);
            assert!(
                server.requests.borrow()[0]
                    .0
                    .contains("https://shop.test/x")
            );
        }
    });
}

#[test]
fn what_a_proxy_refuses_is_told_in_its_words() {
    run(async {
        for (reply, message) in [
            (
                "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
                "Proxy Authentication Required",
            ),
            ("nonsense\r\n\r\n", "proxy: malformed HTTP response"),
        ] {
            let (address, _) = proxy(String::new(), reply, false).await;
            let session = session(&[("HTTPS_PROXY", address)]);
            let outcome = session.send(get("https://shop.test/")).await;
            assert_eq!(fault(&outcome), (1000, message));
        }
    });
}

#[test]
fn socks_leads_to_the_name_with_and_without_a_password() {
    run(async {
        for with_password in [false, true] {
            let server = Server::start(|_, _| Reply::Keep(ok("by socks"))).await;
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let target = server.address;
            let served = spawn_local(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = vec![0; if with_password { 4 } else { 3 }];
                stream.read_exact(&mut bytes).await.unwrap();
                stream
                    .write_all(&[5, if with_password { 2 } else { 0 }])
                    .await
                    .unwrap();
                if with_password {
                    let mut login = [0; 7];
                    stream.read_exact(&mut login).await.unwrap();
                    assert_eq!(login, *b"\x01\x02me\x02pw");
                    stream.write_all(&[1, 0]).await.unwrap();
                }
                let mut wish = vec![0; 4 + 1 + 9 + 2];
                stream.read_exact(&mut wish).await.unwrap();
                assert_eq!(
                    wish,
                    [&[5, 1, 0, 3, 9][..], b"shop.test", &[0, 80]].concat()
                );
                stream
                    .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
                    .await
                    .unwrap();
                let mut target = TcpStream::connect(target).await.unwrap();
                let _ended = copy_bidirectional(&mut stream, &mut target).await;
            });
            let credentials = if with_password { "me:pw@" } else { "" };
            let session = session(&[("HTTP_PROXY", format!("socks5://{credentials}{address}"))]);
            let outcome = session.send(get("http://shop.test/")).await;
            assert_eq!(text(&outcome), "by socks");
            assert!(
                server.requests.borrow()[0].starts_with("GET / HTTP/1.1\r\nHost: shop.test\r\n")
            );
            drop(session);
            served.await.unwrap();
        }
    });
}
