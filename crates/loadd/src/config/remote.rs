//! The table `[remote_write]` as it stands in the file.

use std::collections::BTreeMap;

use loadd_timeline::{CountValue, DurationValue};
use schemars::JsonSchema;
use serde::Deserialize;

use super::bytes::ByteSize;

/// Pushing to Prometheus by remote write.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct RemoteWriteFile {
    /// Where to.
    pub(crate) url: String,
    /// How often. Default 5s.
    #[serde(default)]
    pub(crate) interval: Option<DurationValue>,
    /// `native`; `classic` and `both` are not supported yet. Default `native`.
    #[serde(default)]
    pub(crate) histograms: Option<String>,
    /// Resolution of histograms, -4 to 8. Default 7.
    #[serde(default)]
    pub(crate) histogram_schema: Option<CountValue>,
    /// `1.0`; `2.0` is not supported yet. Default `1.0`.
    #[serde(default)]
    pub(crate) version: Option<String>,
    /// Put before k6's names. Default `k6_`.
    #[serde(default)]
    pub(crate) metric_prefix: Option<String>,
    /// How long the last samples may take at the end. Default 30s.
    #[serde(default)]
    pub(crate) flush_timeout: Option<DurationValue>,
    /// Where samples wait that could not be sent, across restarts; absent: in memory, at most 64 MiB.
    #[serde(default)]
    pub(crate) spool: Option<SpoolFile>,
    /// Extra HTTP headers.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// File with a bearer token.
    #[serde(default)]
    pub(crate) bearer_token_file: Option<String>,
    /// HTTP basic authentication.
    #[serde(default)]
    pub(crate) basic_auth: Option<BasicAuthFile>,
    /// TLS of an `https://` URL.
    #[serde(default)]
    pub(crate) tls: Option<TlsFile>,
}

/// The spool: what could not be sent, and the checkpoint.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct SpoolFile {
    /// Folder, relative to the file.
    pub(crate) path: String,
    /// Default 256MiB.
    #[serde(default)]
    pub(crate) max_bytes: Option<ByteSize>,
}

/// HTTP basic authentication.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct BasicAuthFile {
    /// User.
    pub(crate) username: String,
    /// Password.
    #[serde(default)]
    pub(crate) password: Option<String>,
    /// File with the password.
    #[serde(default)]
    pub(crate) password_file: Option<String>,
}

/// TLS of a connection.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct TlsFile {
    /// Certificates of the authorities, PEM.
    pub(crate) ca_file: Option<String>,
    /// Own certificate, PEM.
    pub(crate) cert_file: Option<String>,
    /// Own key, PEM.
    pub(crate) key_file: Option<String>,
    /// The server's certificate is not verified.
    pub(crate) insecure_skip_verify: bool,
}

/// Bytes of a spool in memory.
pub(crate) const MEMORY_SPOOL_BYTES: u64 = 64 << 20;
