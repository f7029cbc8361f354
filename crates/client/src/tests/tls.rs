//! TLS: what is trusted, what is told of a session, who we say we are, and k6's codes for what fails.

use std::sync::Arc;

use rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier, sign::CertifiedKey};
use tokio::{io::AsyncReadExt, net::TcpListener, task::spawn_local};

use super::kit::{
    fault, get, run, session, session_with, text,
    tls::{Identity, TlsServer, config, config_for, signed, whole},
};
use crate::{
    CipherSuites, ClientCertificate, ClientSettings, HostMap, Session, TlsSettings, TlsVersion,
    TlsVersions,
};

async fn server(name: &str) -> TlsServer {
    TlsServer::start(config_for(&Identity::of(name), &[]), |_, _| whole("")).await
}

fn trusting(tls: TlsSettings) -> Session {
    session_with(ClientSettings {
        insecure_skip_tls_verify: true,
        tls,
        ..ClientSettings::default()
    })
}

fn versions(least: TlsVersion, greatest: TlsVersion) -> TlsSettings {
    TlsSettings {
        versions: TlsVersions::new(Some(least), Some(greatest)).unwrap(),
        ..TlsSettings::default()
    }
}

#[test]
fn a_session_is_described_and_its_handshake_is_timed_once() {
    run(async {
        let server = server("127.0.0.1").await;
        let session = trusting(TlsSettings::default());
        let url = server.url("/?a b");
        let first = session.send(get(&url)).await;
        assert_eq!((first.last.status, text(&first)), (200, "secret"));
        let tls = first.last.tls.as_ref().expect("facts of the session");
        assert_eq!((tls.version, &tls.ocsp), ("tls1.3", &None));
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
        assert!(
            server.requests.borrow()[0]
                .0
                .starts_with("GET /?a b HTTP/1.1\r\n")
        );
    });
}

#[test]
fn an_unknown_ca_and_a_wrong_name_have_their_codes_and_the_name_is_looked_at_first() {
    run(async {
        let mismatch = "x509: certificate doesn't match hostname";
        let table = [
            ("127.0.0.1", 1310, "x509: unknown authority"),
            ("other.example", 1311, mismatch),
        ];
        for (name, code, message) in table {
            let server = server(name).await;
            let outcome = session().send(get(&server.url("/"))).await;
            assert_eq!(fault(&outcome), (code, message), "{name}");
            assert_eq!(outcome.last.timings.duration(), 0);
            let trusted = trusting(TlsSettings::default())
                .send(get(&server.url("/")))
                .await;
            assert_eq!(trusted.last.status, 200, "{name}");
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

#[test]
fn the_version_is_one_of_those_allowed_and_the_rest_is_the_server_s_alert() {
    run(async {
        let both = TlsServer::start(config(&[]), |_, _| whole("")).await;
        for (version, name) in [(TlsVersion::Tls12, "tls1.2"), (TlsVersion::Tls13, "tls1.3")] {
            let outcome = trusting(versions(version, version))
                .send(get(&both.url("/")))
                .await;
            assert_eq!(outcome.last.tls.unwrap().version, name);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let identity = Identity::of("127.0.0.1");
        let newest = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.cert.clone()], identity.key())
            .unwrap();
        let newest = TlsServer::start(newest, |_, _| whole("")).await;
        let old = versions(TlsVersion::Tls10, TlsVersion::Tls12);
        let outcome = trusting(old).send(get(&newest.url("/"))).await;
        let expected = "remote error: tls: protocol version not supported";
        assert_eq!(fault(&outcome), (1010, expected));
    });
    assert!(TlsVersions::new(Some(TlsVersion::Tls13), Some(TlsVersion::Tls12)).is_err());
    assert!(TlsVersions::new(None, Some(TlsVersion::Tls11)).is_err());
}

#[test]
fn the_suites_of_tls12_are_those_named_and_those_of_tls13_stay() {
    run(async {
        let server = TlsServer::start(config(&[]), |_, _| whole("")).await;
        let name = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
        let settings = |greatest| TlsSettings {
            cipher_suites: Some(
                CipherSuites::of_names([name, "TLS_RSA_WITH_AES_128_CBC_SHA"]).unwrap(),
            ),
            ..versions(TlsVersion::Tls12, greatest)
        };
        let outcome = trusting(settings(TlsVersion::Tls12))
            .send(get(&server.url("/")))
            .await;
        assert_eq!(outcome.last.tls.unwrap().cipher_suite, name);
        let outcome = trusting(settings(TlsVersion::Tls13))
            .send(get(&server.url("/")))
            .await;
        assert_eq!(outcome.last.tls.unwrap().version, "tls1.3");
        let foreign = TlsSettings {
            cipher_suites: Some(
                CipherSuites::of_names(["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]).unwrap(),
            ),
            ..versions(TlsVersion::Tls12, TlsVersion::Tls12)
        };
        let outcome = trusting(foreign).send(get(&server.url("/"))).await;
        assert_eq!(
            fault(&outcome),
            (1010, "remote error: tls: handshake failure")
        );
    });
    let unknown = CipherSuites::of_names(["TLS_MADE_UP"]).unwrap_err();
    assert_eq!(unknown.to_string(), "unknown cipher suite \"TLS_MADE_UP\"");
    assert!(CipherSuites::of_names(["TLS_RSA_WITH_AES_128_CBC_SHA"]).is_err());
    assert!(CipherSuites::of_names(["TLS_AES_128_GCM_SHA256"]).is_ok());
}

fn demanding(ca: &rustls::pki_types::CertificateDer<'static>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(ca.clone()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let identity = Identity::of("127.0.0.1");
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![identity.cert.clone()], identity.key())
        .unwrap()
}

fn certificate(identity: &Identity, domains: &[&str]) -> ClientCertificate {
    let domains: Vec<_> = domains.iter().map(|name| (*name).to_owned()).collect();
    ClientCertificate::from_pem(&identity.cert_pem, &identity.key_pem, "", &domains).unwrap()
}

#[test]
fn a_server_that_asks_gets_the_certificate_of_its_ca_or_the_one_that_is_for_its_name() {
    run(async {
        let (ca, own) = signed("the CA", "client.test");
        let (_, other) = signed("another CA", "client.test");
        let server = TlsServer::start(demanding(&ca), |_, _| whole("")).await;
        let required = Some((1010, "remote error: tls: certificate required"));
        let table = [
            (vec![], required),
            (vec![certificate(&own, &[])], None),
            (vec![certificate(&other, &[]), certificate(&own, &[])], None),
            (vec![certificate(&other, &[])], required),
            (vec![certificate(&own, &["*.shop.test"])], None),
            (vec![certificate(&own, &["other.test"])], required),
        ];
        for (row, (certificates, expected)) in table.into_iter().enumerate() {
            let mut hosts = HostMap::default();
            hosts
                .insert("a.shop.test", &server.address.to_string())
                .unwrap();
            let session = session_with(ClientSettings {
                insecure_skip_tls_verify: true,
                hosts,
                tls: TlsSettings {
                    certificates,
                    ..TlsSettings::default()
                },
                ..ClientSettings::default()
            });
            let outcome = session.send(get("https://a.shop.test/")).await;
            match expected {
                None => assert_eq!(text(&outcome), "secret", "row {row}"),
                Some(expected) => assert_eq!(fault(&outcome), expected, "row {row}"),
            }
        }
    });
}

#[test]
fn a_certificate_of_ours_must_be_one_and_belong_to_its_key() {
    let (one, two) = (Identity::of("a.test"), Identity::of("b.test"));
    let table = [
        ("", one.key_pem.as_str(), "cert: no certificate in PEM form"),
        (&one.cert_pem, "", "key: "),
        (&one.cert_pem, &two.key_pem, "cert and key: "),
        (
            &one.cert_pem,
            "-----BEGIN ENCRYPTED PRIVATE KEY-----",
            "key: encrypted PKCS#8",
        ),
    ];
    for (cert, key, expected) in table {
        let error = ClientCertificate::from_pem(cert, key, "", &[])
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn what_a_server_staples_is_told_of_its_sessions_also_of_resumed_ones() {
    run(async {
        // status 2 of a responder: internal error.
        let staple = vec![0x30, 3, 0x0a, 1, 2];
        let identity = Identity::of("127.0.0.1");
        let provider = rustls::crypto::ring::default_provider();
        let mut key =
            CertifiedKey::from_der(vec![identity.cert.clone()], identity.key(), &provider).unwrap();
        key.ocsp = Some(staple);
        let config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(key)));
        let server = TlsServer::start(config, |_, _| whole("")).await;
        let session = session_with(ClientSettings {
            insecure_skip_tls_verify: true,
            no_connection_reuse: true,
            ..ClientSettings::default()
        });
        for _ in 0..2 {
            let outcome = session.send(get(&server.url("/"))).await;
            let staple = outcome.last.tls.as_ref().unwrap().ocsp.clone().unwrap();
            assert_eq!(staple.status, "server_failed");
        }
        assert_eq!(server.accepted.get(), 2);
    });
}
