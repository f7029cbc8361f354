//! `tlsVersion`, `tlsCipherSuites`, `tlsAuth`: what is offered in a handshake and who we say we are.

use std::sync::Arc;

use rustls::{
    CipherSuite, Error, InconsistentKeys, SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

use super::{OptionError, hosts::HostPatterns, pem};

/// What is offered in a handshake and who we say we are.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// Versions that are offered.
    pub versions: TlsVersions,
    /// TLS 1.2 suites that are offered; `None`: all. Those of TLS 1.3 always are, as in Go.
    pub cipher_suites: Option<CipherSuites>,
    /// Certificates of this side, in the order in which they are tried.
    pub certificates: Vec<ClientCertificate>,
    /// Whether HTTP/2 is offered by ALPN.
    pub http2: bool,
}

impl Default for TlsSettings {
    fn default() -> Self {
        TlsSettings {
            versions: TlsVersions::default(),
            cipher_suites: None,
            certificates: Vec::new(),
            http2: true,
        }
    }
}

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// `tls1.0`
    Tls10,
    /// `tls1.1`
    Tls11,
    /// `tls1.2`
    Tls12,
    /// `tls1.3`
    Tls13,
}

/// A span of versions of which at least one is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsVersions {
    least: TlsVersion,
    greatest: TlsVersion,
}

/// TLS 1.2 suites by name, at least one of which is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CipherSuites(Vec<CipherSuite>);

/// A certificate with its key, and the names of servers that get to see it.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    pub(crate) key: Arc<CertifiedKey>,
    /// `None`: whoever asks.
    pub(crate) servers: Option<HostPatterns>,
}

impl std::str::FromStr for TlsVersion {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<TlsVersion, OptionError> {
        match text {
            "tls1.0" => Ok(TlsVersion::Tls10),
            "tls1.1" => Ok(TlsVersion::Tls11),
            "tls1.2" => Ok(TlsVersion::Tls12),
            "tls1.3" => Ok(TlsVersion::Tls13),
            other => Err(OptionError::new(format!(
                "unknown TLS version \"{other}\": it is tls1.0, tls1.1, tls1.2 or tls1.3"
            ))),
        }
    }
}

impl Default for TlsVersions {
    fn default() -> Self {
        TlsVersions {
            least: TlsVersion::Tls12,
            greatest: TlsVersion::Tls13,
        }
    }
}

impl TlsVersions {
    /// From `least` to `greatest`, both included; `None` leaves a side open.
    ///
    /// # Errors
    /// Where the span is empty, or has nothing that is spoken: TLS 1.0 and 1.1 are not.
    pub fn new(
        least: Option<TlsVersion>,
        greatest: Option<TlsVersion>,
    ) -> Result<TlsVersions, OptionError> {
        let least = least.unwrap_or(TlsVersion::Tls10);
        let greatest = greatest.unwrap_or(TlsVersion::Tls13);
        if least > greatest {
            return Err(OptionError::new("its min is above its max"));
        }
        if greatest < TlsVersion::Tls12 {
            let text = "TLS 1.0 and 1.1 are not spoken by loadd; allow tls1.2 or tls1.3";
            return Err(OptionError::new(text));
        }
        Ok(TlsVersions { least, greatest })
    }

    pub(crate) fn supported(self) -> Vec<&'static SupportedProtocolVersion> {
        let all = [
            (TlsVersion::Tls13, &rustls::version::TLS13),
            (TlsVersion::Tls12, &rustls::version::TLS12),
        ];
        let inside = |version| self.least <= version && version <= self.greatest;
        all.into_iter()
            .filter(|(version, _)| inside(*version))
            .map(|(_, supported)| supported)
            .collect()
    }
}

/// Names that Go knows and this side does not speak: nobody should any more.
const UNSPOKEN: &[&str] = &[
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
];

/// TLS 1.3 suites: known, and without effect, since all of them are always offered.
const OF_TLS13: &[&str] = &[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
];

impl CipherSuites {
    /// The suites with these IANA names.
    ///
    /// # Errors
    /// Where a name is unknown, or none of them is spoken.
    pub fn of_names<'n>(
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<CipherSuites, OptionError> {
        let spoken = ring::default_provider().cipher_suites;
        let (mut suites, mut of_13) = (Vec::new(), false);
        for name in names {
            let found = spoken
                .iter()
                .map(SupportedCipherSuite::suite)
                .find(|suite| {
                    let known = suite.as_str().unwrap_or("");
                    known == name || known.strip_suffix("_SHA256") == Some(name)
                });
            match found {
                Some(suite) => suites.push(suite),
                None if OF_TLS13.contains(&name) => of_13 = true,
                None if UNSPOKEN.contains(&name) => {}
                None => {
                    let text = format!("unknown cipher suite \"{name}\"");
                    return Err(OptionError::new(text));
                }
            }
        }
        if suites.is_empty() && !of_13 {
            let text = "none of these cipher suites is spoken by loadd; it has the ECDHE ones with AES-GCM or ChaCha20";
            return Err(OptionError::new(text));
        }
        Ok(CipherSuites(suites))
    }
}

impl TlsSettings {
    /// The provider with what is offered.
    pub(crate) fn provider(&self) -> CryptoProvider {
        let mut provider = ring::default_provider();
        if let Some(CipherSuites(chosen)) = &self.cipher_suites {
            provider
                .cipher_suites
                .retain(|suite| suite.tls13().is_some() || chosen.contains(&suite.suite()));
        }
        provider
    }
}

impl ClientCertificate {
    /// From PEM texts; the password is for a key that PEM has encrypted. `domains`: names of servers (exact or `*.x`) that get to see it; empty: whoever asks.
    ///
    /// # Errors
    /// Where one of the texts is not what it should be, or they do not belong together.
    pub fn from_pem(
        cert: &str,
        key: &str,
        password: &str,
        domains: &[String],
    ) -> Result<ClientCertificate, OptionError> {
        let certs: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(cert.as_bytes()).collect();
        let certs = certs.map_err(|error| OptionError::new(format!("cert: {error}")))?;
        if certs.is_empty() {
            return Err(OptionError::new("cert: no certificate in PEM form"));
        }
        if key.contains("BEGIN ENCRYPTED PRIVATE KEY") {
            let text = "key: encrypted PKCS#8 keys are not supported, by k6 neither";
            return Err(OptionError::new(text));
        }
        let key = if pem::is_encrypted(key) {
            pem::decrypt(key, password)?
        } else {
            PrivateKeyDer::from_pem_slice(key.as_bytes())
                .map_err(|error| OptionError::new(format!("key: {error}")))?
        };
        let key = ring::default_provider()
            .key_provider
            .load_private_key(key)
            .map_err(|error| OptionError::new(format!("key: {error}")))?;
        let key = CertifiedKey::new(certs, key);
        if let Err(error) = key.keys_match()
            && !is_tolerable(&error)
        {
            return Err(OptionError::new(format!("cert and key: {error}")));
        }
        let servers = if domains.is_empty() {
            None
        } else {
            let mut servers = HostPatterns::default();
            for domain in domains {
                servers.insert(domain)?;
            }
            Some(servers)
        };
        Ok(ClientCertificate {
            key: Arc::new(key),
            servers,
        })
    }
}

/// What may be wrong with a certificate of ours that the server does not mind: `openssl x509 -req` makes certificates of
/// version 1, which cannot be looked into here.
fn is_tolerable(error: &Error) -> bool {
    match error {
        Error::InconsistentKeys(InconsistentKeys::Unknown) => true,
        Error::InvalidCertificate(fault) => format!("{fault:?}").contains("UnsupportedCertVersion"),
        _ => false,
    }
}
