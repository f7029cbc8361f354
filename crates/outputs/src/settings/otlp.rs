//! The table `[otlp]`.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::{
    BasicAuth, EndpointSettings, Faults, SettingFault, TlsSettings, Transport,
    default_flush_timeout, default_interval, default_prefix, duration, size,
};

/// Pushing metrics to an OTLP receiver.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtlpSettings {
    /// Where to. Over HTTP `/v1/metrics` is appended: `http://127.0.0.1:4318`, or `http://prometheus:9090/api/v1/otlp`.
    pub endpoint: String,
    /// How.
    #[serde(default)]
    pub protocol: OtlpProtocol,
    /// How often.
    #[serde(default = "default_interval", deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub interval: Duration,
    /// Put before k6's names.
    #[serde(default = "default_prefix", alias = "metricPrefix")]
    pub metric_prefix: String,
    /// How long the last samples may take at the end.
    #[serde(
        default = "default_flush_timeout",
        alias = "flushTimeout",
        deserialize_with = "duration"
    )]
    #[schemars(with = "String")]
    pub flush_timeout: Duration,
    /// Whether bodies are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// Bytes that may wait. Absent: 64 MiB in memory, or 256 MiB beside remote write's spool.
    #[serde(default, alias = "maxBytes", deserialize_with = "size")]
    #[schemars(with = "Option<String>")]
    pub max_bytes: Option<u64>,
    /// Extra HTTP headers, or gRPC metadata.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// File with a bearer token, read again when it changes and after a 401.
    #[serde(default, alias = "bearerTokenFile")]
    pub bearer_token_file: Option<PathBuf>,
    /// HTTP basic authentication.
    #[serde(default, alias = "basicAuth")]
    pub basic_auth: Option<BasicAuth>,
    /// TLS of an `https://` endpoint.
    #[serde(default)]
    pub tls: TlsSettings,
    /// Attributes of the resource beside those that name test and worker.
    #[serde(skip)]
    pub resource: Vec<(String, String)>,
    /// Whose names.
    #[serde(skip)]
    pub names: OtlpNames,
}

/// OTLP's transports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub enum OtlpProtocol {
    /// A POST with a protobuf body.
    #[default]
    #[serde(rename = "http/protobuf")]
    Http,
    /// `MetricsService/Export`
    #[serde(rename = "grpc")]
    Grpc,
}

/// Compression of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// None: every receiver understands it.
    #[default]
    None,
    /// gzip.
    Gzip,
}

/// Whose names and units metrics have.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum OtlpNames {
    /// Those that become remote write's names in Prometheus: seconds, exponential histograms.
    #[default]
    Prometheus,
    /// Those of `k6 run -o opentelemetry`: milliseconds, histograms with the SDK's bounds, `NAME.total` for rates.
    K6 {
        /// `service.name`
        service: String,
        /// `service.version`
        version: String,
        /// Path of the URL, whole.
        path: String,
    },
}

impl OtlpSettings {
    /// All defaults, to this endpoint.
    #[must_use]
    pub fn new(endpoint: impl Into<String>) -> OtlpSettings {
        OtlpSettings {
            endpoint: endpoint.into(),
            protocol: OtlpProtocol::Http,
            interval: default_interval(),
            metric_prefix: default_prefix(),
            flush_timeout: default_flush_timeout(),
            compression: Compression::None,
            max_bytes: None,
            headers: BTreeMap::new(),
            bearer_token_file: None,
            basic_auth: None,
            tls: TlsSettings::default(),
            resource: Vec::new(),
            names: OtlpNames::Prometheus,
        }
    }

    /// Every fault of form.
    ///
    /// # Errors
    /// All faults, each with its key.
    pub fn validate(&self) -> Result<(), Vec<SettingFault>> {
        let mut faults = Faults::of("otlp");
        faults.url("endpoint", &self.endpoint);
        faults.times(self.interval, self.flush_timeout);
        if self.names == OtlpNames::Prometheus {
            faults.prefix(&self.metric_prefix);
        }
        if self.max_bytes.is_some_and(|bytes| bytes < 1 << 20) {
            faults.add("max_bytes", "must be at least 1MiB");
        }
        faults.headers(&self.headers);
        faults.auth(self.basic_auth.as_ref(), self.bearer_token_file.as_ref());
        faults.tls(&self.tls);
        faults.result()
    }

    pub(crate) fn endpoint(&self) -> EndpointSettings {
        let base = self.endpoint.trim_end_matches('/');
        let (url, transport) = match (self.protocol, &self.names) {
            (OtlpProtocol::Http, OtlpNames::Prometheus) => {
                (format!("{base}/v1/metrics"), Transport::Post)
            }
            (OtlpProtocol::Http, OtlpNames::K6 { path, .. }) => {
                (format!("{base}{path}"), Transport::Post)
            }
            (OtlpProtocol::Grpc, _) => (base.to_owned(), Transport::Grpc),
        };
        EndpointSettings {
            url,
            transport,
            headers: self.headers.clone(),
            bearer_token: None,
            bearer_token_file: self.bearer_token_file.clone(),
            basic_auth: self.basic_auth.clone(),
            tls: self.tls.clone(),
        }
    }
}
