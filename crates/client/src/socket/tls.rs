//! TLS: roots and session cache for all VUs, k6's order of checks, facts of a session, and k6's names for its faults.

use std::{io, rc::Rc, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error,
    ProtocolVersion, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use crate::{RequestError, TlsInfo};

/// Builds the one configuration of a context. Reads the system's roots: slow, so not on an event loop.
pub(crate) fn client_config(insecure: bool) -> Result<Arc<ClientConfig>, RequestError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = if insecure {
        Arc::new(AcceptAny(Arc::clone(&provider)))
    } else {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        name_first(Arc::new(roots), &provider)?
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| RequestError::new(1000, error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn name_first(
    roots: Arc<RootCertStore>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, RequestError> {
    if roots.is_empty() {
        return Ok(Arc::new(NameFirst(None, Arc::clone(provider))));
    }
    let chain = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider))
        .build()
        .map_err(|error| RequestError::new(1000, error.to_string()))?;
    Ok(Arc::new(NameFirst(Some(chain), Arc::clone(provider))))
}

/// Checks the name before the chain, so that a wrong name on an unknown CA is reported as the wrong name (as k6 does).
/// Without any root on this machine every chain is unknown.
#[derive(Debug)]
struct NameFirst(Option<Arc<WebPkiServerVerifier>>, Arc<CryptoProvider>);

impl ServerCertVerifier for NameFirst {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        match &self.0 {
            Some(chain) => {
                chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            None => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.1.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.1.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.1.signature_verification_algorithms.supported_schemes()
    }
}

/// `insecureSkipTLSVerify`: any certificate will do; the handshake's signature is still checked.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// What the script and the tags see of a session.
pub(crate) fn info(connection: &ClientConnection) -> Rc<TlsInfo> {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "tls1.2",
        Some(ProtocolVersion::TLSv1_3) => "tls1.3",
        Some(ProtocolVersion::TLSv1_1) => "tls1.1",
        Some(ProtocolVersion::TLSv1_0) => "tls1.0",
        Some(_) | None => "",
    };
    let suite = connection.negotiated_cipher_suite();
    Rc::new(TlsInfo {
        version,
        cipher_suite: suite.map_or("", |suite| iana_name(suite.suite())),
        ocsp_response: None,
    })
}

/// rustls names TLS 1.3 suites `TLS13_...`; IANA and k6 name them `TLS_...`.
fn iana_name(suite: rustls::CipherSuite) -> &'static str {
    let name = suite.as_str().unwrap_or("");
    match name {
        "TLS13_AES_128_GCM_SHA256" => "TLS_AES_128_GCM_SHA256",
        "TLS13_AES_256_GCM_SHA384" => "TLS_AES_256_GCM_SHA384",
        "TLS13_CHACHA20_POLY1305_SHA256" => "TLS_CHACHA20_POLY1305_SHA256",
        other => other,
    }
}

/// k6's code and text for a failed handshake.
pub(crate) fn handshake_failed(error: &io::Error) -> RequestError {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>());
    let Some(inner) = inner else {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return RequestError::new(1000, "EOF");
        }
        return RequestError::from_errno("read", error.raw_os_error(), &error.to_string());
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "both enums are non-exhaustive and only a few of their variants have a code in k6"
    )]
    match inner {
        Error::InvalidMessage(_) => {
            RequestError::new(1301, "tls: first record does not look like a TLS handshake")
        }
        Error::InvalidCertificate(fault) => match fault {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                RequestError::new(1311, "x509: certificate doesn't match hostname")
            }
            CertificateError::UnknownIssuer => RequestError::new(1310, "x509: unknown authority"),
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => {
                RequestError::new(1000, "x509: certificate has expired or is not yet valid")
            }
            other => RequestError::new(1000, format!("x509: {other}")),
        },
        Error::AlertReceived(alert) => {
            RequestError::new(1000, format!("remote error: tls: {alert:?}"))
        }
        other => RequestError::new(1000, format!("tls: {other}")),
    }
}
