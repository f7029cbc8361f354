//! Whom we trust, in k6's order of checks; and what servers have stapled to their certificates.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use super::ocsp::OcspStaple;

/// Certificates whose staples are remembered.
const STAPLES: usize = 1024;

/// The one verifier.
#[derive(Debug)]
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    trust: Trust,
    /// By certificate: a resumed session shows what came with the full one, as Go's do. Met once per handshake.
    staples: Mutex<HashMap<u64, OcspStaple>>,
}

#[derive(Debug)]
enum Trust {
    /// `insecureSkipTLSVerify`: any certificate will do. The handshake's signatures are still checked, so that it takes the
    /// time it takes.
    Anyone,
    /// What the system's roots have signed.
    Roots(Arc<WebPkiServerVerifier>),
    /// There is no root on this machine: every chain is unknown.
    Nobody,
}

impl Verifier {
    /// Reads the system's roots unless any certificate will do.
    pub(super) fn new(provider: &Arc<CryptoProvider>, insecure: bool) -> Result<Verifier, Error> {
        let trust = if insecure {
            Trust::Anyone
        } else {
            roots(provider)?
        };
        Ok(Verifier {
            provider: Arc::clone(provider),
            trust,
            staples: Mutex::default(),
        })
    }

    /// What was last stapled to this certificate.
    pub(super) fn staple_of(&self, certificate: &[u8]) -> Option<OcspStaple> {
        let staples = self.staples.lock().unwrap_or_else(PoisonError::into_inner);
        if staples.is_empty() {
            return None;
        }
        staples.get(&key(certificate)).cloned()
    }

    fn remember(&self, certificate: &[u8], response: &[u8]) {
        if response.is_empty() {
            return;
        }
        let Some(staple) = OcspStaple::parse(response) else {
            return;
        };
        let mut staples = self.staples.lock().unwrap_or_else(PoisonError::into_inner);
        if staples.len() >= STAPLES {
            staples.clear();
        }
        staples.insert(key(certificate), staple);
    }
}

fn key(certificate: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    certificate.hash(&mut hasher);
    hasher.finish()
}

fn roots(provider: &Arc<CryptoProvider>) -> Result<Trust, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Ok(Trust::Nobody);
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map(Trust::Roots)
        .map_err(|error| Error::General(error.to_string()))
}

impl ServerCertVerifier for Verifier {
    /// Checks the name before the chain, so that a wrong name on an unknown CA is reported as the wrong name (as k6 does).
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = match &self.trust {
            Trust::Anyone => ServerCertVerified::assertion(),
            Trust::Roots(chain) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                let staple = ocsp_response;
                chain.verify_server_cert(end_entity, intermediates, server_name, staple, now)?
            }
            Trust::Nobody => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                return Err(Error::InvalidCertificate(CertificateError::UnknownIssuer));
            }
        };
        self.remember(end_entity, ocsp_response);
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
