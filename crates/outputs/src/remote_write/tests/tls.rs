//! TLS and mutual TLS against certificates made on the spot.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::{
    pipeline::{LONG, Pipeline, arrivals, balanced, small_run},
    receiver::{Answer, Receiver},
};
use crate::{FlushReport, RemoteWriteSettings, TlsSettings};

/// An authority that can sign.
struct Authority {
    cert: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&key).unwrap().der().clone();
        Authority {
            cert,
            issuer: Issuer::new(params, key),
        }
    }

    fn sign(&self, name: &str) -> (CertificateDer<'static>, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        (cert.der().clone(), key)
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.cert.clone()).unwrap();
        Arc::new(roots)
    }
}

fn pem(path: PathBuf, kind: &str, der: &[u8]) -> PathBuf {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    fs::write(
        &path,
        format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n"),
    )
    .unwrap();
    path
}

fn ca_file(folder: &Path, authority: &Authority) -> PathBuf {
    pem(folder.join("ca.pem"), "CERTIFICATE", &authority.cert)
}

/// A receiver with a certificate of `authority` for `name`; it wants clients of `clients`.
fn receiver(authority: &Authority, name: &str, clients: Option<&Authority>) -> Receiver {
    let (cert, key) = authority.sign(name);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        Some(clients) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(clients.roots(), provider)
                .build()
                .unwrap(),
        ),
        None => builder.with_no_client_auth(),
    };
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = builder.with_single_cert(vec![cert], key).unwrap();
    Receiver::start_tls(Arc::new(config), |_, _| Answer::status(204))
}

fn run(receiver: &Receiver, tls: TlsSettings, timeout: Duration) -> FlushReport {
    let (report, counters) = small_run(&receiver.url, |set| set.tls = tls, |_| {}, timeout);
    if report.sent == 0 {
        let codes: Vec<u16> = counters.requests().iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, [0], "no reply, and tried again");
    } else {
        assert_eq!(report.pending, 0);
        assert_eq!(
            arrivals(&receiver.accepted()).len() as u64,
            report.sent,
            "all of it arrived"
        );
    }
    report
}

const SHORT: Duration = Duration::from_millis(400);

#[test]
fn a_receiver_is_trusted_by_its_authority_and_its_name_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (Authority::new(), Authority::new());
    let trusting = || TlsSettings {
        ca_file: Some(ca_file(folder.path(), &ours)),
        ..TlsSettings::default()
    };
    assert!(run(&receiver(&ours, "localhost", None), trusting(), LONG).sent > 0);
    let stranger = receiver(&other, "localhost", None);
    let report = run(&stranger, trusting(), SHORT);
    assert_eq!(
        (report.sent, report.failed),
        (0, 0),
        "kept until it is right"
    );
    assert!(report.pending > 0 && stranger.seen().is_empty());
    let misnamed = receiver(&ours, "elsewhere.example", None);
    assert_eq!(run(&misnamed, trusting(), SHORT).sent, 0);
    assert_eq!(run(&stranger, TlsSettings::default(), SHORT).sent, 0);
    let blind = TlsSettings {
        insecure_skip_verify: true,
        ..TlsSettings::default()
    };
    assert!(run(&misnamed, blind, LONG).sent > 0);
}

#[test]
fn a_receiver_that_wants_to_know_its_clients_gets_our_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, clients, other) = (Authority::new(), Authority::new(), Authority::new());
    let receiver = receiver(&ours, "localhost", Some(&clients));
    let with = |authority: &Authority| {
        let (cert, key) = authority.sign("worker");
        TlsSettings {
            ca_file: Some(ca_file(folder.path(), &ours)),
            cert_file: Some(pem(folder.path().join("cert.pem"), "CERTIFICATE", &cert)),
            key_file: Some(pem(
                folder.path().join("key.pem"),
                "PRIVATE KEY",
                &key.serialize_der(),
            )),
            ..TlsSettings::default()
        }
    };
    let nameless = TlsSettings {
        ca_file: Some(ca_file(folder.path(), &ours)),
        ..TlsSettings::default()
    };
    assert_eq!(run(&receiver, nameless, SHORT).sent, 0);
    assert_eq!(run(&receiver, with(&other), SHORT).sent, 0);
    assert!(run(&receiver, with(&clients), LONG).sent > 0);
}

#[test]
fn a_rotated_authority_is_read_from_its_file_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (Authority::new(), Authority::new());
    let receiver = receiver(&new, "localhost", None);
    let mut settings = RemoteWriteSettings::new(&receiver.url);
    settings.tls.ca_file = Some(ca_file(folder.path(), &old));
    let mut pipeline = Pipeline::new();
    let output = pipeline.sender(settings, None);
    let counters = output.counters();
    let handle = output.start().unwrap();
    pipeline.add("orders", loadd_metrics::Kind::Counter, &[], 1.0);
    pipeline.publish(500, true);
    while counters.retries.load(std::sync::atomic::Ordering::Relaxed) < 2 {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(receiver.seen().is_empty());
    ca_file(folder.path(), &new);
    let report = handle.finish(LONG);
    balanced(report, &counters);
    assert_eq!(report.pending, 0);
    assert!(report.sent > 0);
}

#[test]
fn files_that_are_no_certificates_are_found_before_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    let pipeline = Pipeline::new();
    for path in [empty, folder.path().join("missing.pem")] {
        let mut settings = RemoteWriteSettings::new("https://localhost:1/");
        settings.tls.ca_file = Some(path.clone());
        let error = crate::remote_write(
            &settings,
            &super::pipeline::identity(),
            pipeline.publish.subscribe(),
            None,
        )
        .unwrap_err()
        .to_string();
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}
