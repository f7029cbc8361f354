//! TLS: one set-up for all VUs (roots, versions, certificates, session cache), and the handshake.

mod certificates;
pub(crate) mod der;
pub(crate) mod facts;
pub(crate) mod ocsp;
mod verify;

use std::{
    collections::HashMap,
    io,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsConnector, client::TlsStream};

use self::verify::Verifier;
use crate::{ClientCertificate, ClientSettings, RequestError, TlsInfo};

/// Servers for which a configuration of their own is kept; only certificates that are for certain names need any.
const SERVERS: usize = 1024;

/// Which protocols a handshake offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alpn {
    /// Those of the settings.
    Offered,
    /// HTTP/1.1 alone: proxies.
    Http1,
}

/// What all sessions of a context share.
#[derive(Debug)]
pub(crate) struct TlsSetup {
    config: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
    certificates: Vec<ClientCertificate>,
    /// Whether what we show depends on the server's name.
    by_name: bool,
    // A std mutex: held for a look-up, only while a connection is made, and only with certificates for certain names.
    of_servers: Mutex<HashMap<Box<str>, Arc<ClientConfig>>>,
}

impl TlsSetup {
    /// Reads the system's roots: slow, so not on an event loop.
    pub(crate) fn new(settings: &ClientSettings) -> Result<TlsSetup, RequestError> {
        let failed = |error: rustls::Error| RequestError::new(1000, format!("tls: {error}"));
        let provider = Arc::new(settings.tls.provider());
        let verifier = Verifier::new(&provider, settings.insecure_skip_tls_verify);
        let verifier = Arc::new(verifier.map_err(failed)?);
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&settings.tls.versions.supported())
            .map_err(failed)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as _);
        let certificates = settings.tls.certificates.clone();
        let by_name = certificates.iter().any(|one| one.servers.is_some());
        let mut config = if certificates.is_empty() {
            builder.with_no_client_auth()
        } else {
            builder.with_client_cert_resolver(certificates::for_server("", &certificates))
        };
        config.alpn_protocols = if settings.tls.http2 {
            vec![b"h2".to_vec(), b"http/1.1".to_vec()]
        } else {
            vec![b"http/1.1".to_vec()]
        };
        Ok(TlsSetup {
            config: Arc::new(config),
            verifier,
            certificates,
            by_name,
            of_servers: Mutex::default(),
        })
    }

    fn config_for(&self, host: &str) -> Arc<ClientConfig> {
        if !self.by_name {
            return Arc::clone(&self.config);
        }
        let known = self.of_servers.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = known.get(host) {
            return Arc::clone(config);
        }
        let mut config = ClientConfig::clone(&self.config);
        config.client_auth_cert_resolver = certificates::for_server(host, &self.certificates);
        let config = Arc::new(config);
        if known.len() >= SERVERS {
            known.clear();
        }
        known.insert(host.into(), Arc::clone(&config));
        config
    }

    /// Shakes hands over `stream` with the server of this name.
    pub(crate) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        host: &str,
        stream: S,
        alpn: Alpn,
    ) -> Result<(TlsStream<S>, Rc<TlsInfo>), RequestError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_invalid| {
            RequestError::new(1311, "x509: certificate doesn't match hostname")
        })?;
        let mut config = self.config_for(host);
        if alpn == Alpn::Http1 {
            Arc::make_mut(&mut config).alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        let stream = TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(|error: io::Error| facts::handshake_failed(&error))?;
        let info = facts::info(stream.get_ref().1, &self.verifier);
        Ok((stream, info))
    }
}
