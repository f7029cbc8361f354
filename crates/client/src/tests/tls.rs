//! TLS: what is trusted, what is told of a session, and k6's codes for what fails.

use std::{net::SocketAddr, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::spawn_local,
};
use tokio_rustls::TlsAcceptor;

use super::kit::{fault, get, ok, run, session, session_with, text};
use crate::{ClientSettings, Session};

/// A server whose self-signed certificate is for `name`.
async fn server(name: &str) -> SocketAddr {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            spawn_local(async move {
                let mut head = Vec::new();
                while let Ok(byte) = stream.read_u8().await {
                    head.push(byte);
                    if head.ends_with(b"\r\n\r\n") {
                        head.clear();
                        stream.write_all(&ok("secret")).await.unwrap();
                    }
                }
            });
        }
    });
    address
}

fn trusting() -> Session {
    session_with(ClientSettings {
        insecure_skip_tls_verify: true,
        ..ClientSettings::default()
    })
}

#[test]
fn a_session_is_described_and_its_handshake_is_timed_once() {
    run(async {
        let address = server("127.0.0.1").await;
        let session = trusting();
        let url = format!("https://{address}/?a b");
        let first = session.send(get(&url)).await;
        assert_eq!((first.last.status, text(&first)), (200, "secret"));
        let tls = first.last.tls.as_ref().expect("facts of the session");
        assert_eq!(tls.version, "tls1.3");
        assert!(tls.cipher_suite.starts_with("TLS_"), "{}", tls.cipher_suite);
        let timings = first.last.timings;
        assert!(timings.tls_handshaking > 0);
        assert!(timings.blocked >= timings.connecting + timings.tls_handshaking);
        // Records and handshake count: more than what is inside them.
        let (sent, received) = session.take_bytes();
        assert!(sent > 200 && received > 500, "{sent} {received}");

        let second = session.send(get(&url)).await;
        assert_eq!(second.last.timings.tls_handshaking, 0);
        assert_eq!(second.last.tls, first.last.tls);
    });
}

#[test]
fn an_unknown_ca_and_a_wrong_name_have_their_codes_and_the_name_is_looked_at_first() {
    run(async {
        let table = [
            ("127.0.0.1", 1310, "x509: unknown authority"),
            (
                "other.example",
                1311,
                "x509: certificate doesn't match hostname",
            ),
        ];
        for (name, code, message) in table {
            let url = format!("https://{}/", server(name).await);
            let outcome = session().send(get(&url)).await;
            assert_eq!(fault(&outcome), (code, message), "{name}");
            assert_eq!(outcome.last.timings.duration(), 0);
            assert_eq!(trusting().send(get(&url)).await.last.status, 200, "{name}");
        }
    });
}

#[test]
fn a_server_that_hangs_up_during_the_handshake_is_an_end_of_file() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        spawn_local(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            // Everything is read first: closing with unread bytes would be a reset.
            let mut hello = [0; 4096];
            let _came = stream.read(&mut hello).await.unwrap();
        });
        let outcome = session().send(get(&format!("https://{address}/"))).await;
        assert_eq!(fault(&outcome), (1000, "EOF"));
    });
}
