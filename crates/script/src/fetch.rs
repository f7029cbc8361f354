//! An HTTP client for what is fetched beside the load: modules and secrets. It blocks, and knows the machine's authorities.

use std::{sync::Arc, time::Duration};

use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig},
};

/// A client that gives up after `timeout`, and gives every answer back, whatever its status.
///
/// # Errors
/// This machine has no certificates of authorities.
pub(crate) fn agent(timeout: Duration, https_only: bool) -> Result<Agent, String> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() && https_only {
        let why = found
            .errors
            .first()
            .map_or_else(String::new, |error| format!(" ({error})"));
        return Err(format!(
            "this machine has no certificates of authorities{why}; install ca-certificates, or name a file in SSL_CERT_FILE"
        ));
    }
    let roots = found
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .https_only(https_only)
        .http_status_as_error(false)
        .timeout_global(Some(timeout))
        .user_agent(concat!("loadd/", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(config.new_agent())
}
