//! Settings of the table `[remote_write]`, and the check that names every fault at once.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use loadd_timeline::DurationValue;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::{endpoint::RESERVED_HEADERS, labels, naming};

/// Bytes that wait in memory where no folder is set.
pub const MEMORY_SPOOL_BYTES: u64 = 64 << 20;
/// Bytes that wait on disk where no limit is set.
pub const DISK_SPOOL_BYTES: u64 = 256 << 20;

/// Pushing to a receiver by Prometheus remote write.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoteWriteSettings {
    /// Where to, `http://` or `https://`.
    pub url: String,
    /// How often a record is made and sent.
    #[serde(default = "default_interval", deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub interval: Duration,
    /// How histograms are sent.
    #[serde(default)]
    pub histograms: HistogramMode,
    /// Version of the protocol.
    #[serde(default)]
    pub version: ProtocolVersion,
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
    /// Bytes that may wait: in memory, or in the run's folder where there is one. Absent: 64 MiB or 256 MiB.
    #[serde(default, alias = "maxBytes", deserialize_with = "size")]
    #[schemars(with = "Option<String>")]
    pub max_bytes: Option<u64>,
    /// Extra HTTP headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// File with a bearer token, read again when it changes and after a 401.
    #[serde(default, alias = "bearerTokenFile")]
    pub bearer_token_file: Option<PathBuf>,
    /// HTTP basic authentication.
    #[serde(default, alias = "basicAuth")]
    pub basic_auth: Option<BasicAuth>,
    /// TLS of an `https://` URL.
    #[serde(default)]
    pub tls: TlsSettings,
}

/// How histograms are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistogramMode {
    /// Native histograms.
    #[default]
    Native,
    /// Classic buckets. Not supported yet: refused.
    Classic,
    /// Both. Not supported yet: refused.
    Both,
}

/// Version of remote write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub enum ProtocolVersion {
    /// `prometheus.WriteRequest`
    #[default]
    #[serde(rename = "1.0")]
    V1,
    /// `io.prometheus.write.v2.Request`. Not supported yet: refused.
    #[serde(rename = "2.0")]
    V2,
}

/// HTTP basic authentication.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicAuth {
    /// User.
    pub username: String,
    /// Password.
    #[serde(default)]
    pub password: Option<String>,
    /// File with the password, read like the token file.
    #[serde(default, alias = "passwordFile")]
    pub password_file: Option<PathBuf>,
}

impl std::fmt::Debug for BasicAuth {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Settings are logged; a password is not.
        formatter
            .debug_struct("BasicAuth")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// TLS of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TlsSettings {
    /// Certificates of the authorities, PEM; take the place of the system's.
    #[serde(alias = "caFile")]
    pub ca_file: Option<PathBuf>,
    /// Own certificate, PEM.
    #[serde(alias = "certFile")]
    pub cert_file: Option<PathBuf>,
    /// Own key, PEM.
    #[serde(alias = "keyFile")]
    pub key_file: Option<PathBuf>,
    /// The server's certificate is not verified.
    #[serde(alias = "insecureSkipVerify")]
    pub insecure_skip_verify: bool,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {fault}")]
pub struct SettingFault {
    /// The key, from `remote_write` on.
    pub key: String,
    /// What is wrong with it and what to use.
    pub fault: String,
}

impl RemoteWriteSettings {
    /// All defaults, to this URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> RemoteWriteSettings {
        RemoteWriteSettings {
            url: url.into(),
            interval: default_interval(),
            histograms: HistogramMode::Native,
            version: ProtocolVersion::V1,
            metric_prefix: default_prefix(),
            flush_timeout: default_flush_timeout(),
            max_bytes: None,
            headers: BTreeMap::new(),
            bearer_token_file: None,
            basic_auth: None,
            tls: TlsSettings::default(),
        }
    }

    /// Every fault of form; whether files are there shows when the output is built.
    ///
    /// # Errors
    /// All faults, each with its key.
    pub fn validate(&self) -> Result<(), Vec<SettingFault>> {
        let mut faults = Vec::new();
        let mut fault = |key: &str, fault: String| {
            faults.push(SettingFault {
                key: format!("remote_write.{key}"),
                fault,
            });
        };
        match self.url.parse::<http::Uri>() {
            Ok(uri)
                if matches!(uri.scheme_str(), Some("http" | "https"))
                    && uri.host().is_some_and(|host| !host.is_empty()) =>
            {
                if uri
                    .authority()
                    .is_some_and(|authority| authority.as_str().contains('@'))
                {
                    fault("url", "holds user and password; use basic_auth".to_owned());
                }
            }
            Ok(_) => fault(
                "url",
                format!(
                    "\"{}\" must begin with http:// or https:// and name a host",
                    self.url
                ),
            ),
            Err(error) => fault("url", format!("\"{}\" is not a URL: {error}", self.url)),
        }
        if self.interval < Duration::from_millis(500) || self.interval > Duration::from_secs(60) {
            fault("interval", "must be between 500ms and 60s".to_owned());
        }
        if self.flush_timeout > Duration::from_secs(3600) {
            fault("flush_timeout", "must be at most 1h".to_owned());
        }
        if self.histograms != HistogramMode::Native {
            fault(
                "histograms",
                "only \"native\" is supported yet; \"classic\" and \"both\" come with issue 7"
                    .to_owned(),
            );
        }
        if self.version != ProtocolVersion::V1 {
            fault(
                "version",
                "only \"1.0\" is supported yet; \"2.0\" comes with issue 7".to_owned(),
            );
        }
        if !naming::is_valid_prefix(&self.metric_prefix) {
            fault(
                "metric_prefix",
                format!("\"{}\" cannot begin a metric name", self.metric_prefix),
            );
        }
        if self.max_bytes.is_some_and(|bytes| bytes < 1 << 20) {
            fault("spool.max_bytes", "must be at least 1MiB".to_owned());
        }
        for (name, value) in &self.headers {
            if RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                fault(
                    &format!("headers.{name}"),
                    "is set by remote write itself and cannot be changed".to_owned(),
                );
            } else if name.parse::<http::HeaderName>().is_err()
                || value.parse::<http::HeaderValue>().is_err()
            {
                fault(
                    &format!("headers.{name}"),
                    "is not a valid HTTP header".to_owned(),
                );
            }
        }
        if self.basic_auth.is_some() && self.bearer_token_file.is_some() {
            fault(
                "bearer_token_file",
                "cannot be used together with basic_auth".to_owned(),
            );
        }
        if self
            .basic_auth
            .as_ref()
            .is_some_and(|auth| auth.password.is_some() && auth.password_file.is_some())
        {
            fault(
                "basic_auth.password_file",
                "cannot be used together with password".to_owned(),
            );
        }
        if self.tls.cert_file.is_some() != self.tls.key_file.is_some() {
            fault(
                "tls.key_file",
                "cert_file and key_file need each other".to_owned(),
            );
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }
}

/// Faults of the labels that a user sets; `key` is the table they come from.
pub(crate) fn label_faults(key: &str, set: &[(String, String)]) -> Vec<SettingFault> {
    set.iter()
        .filter(|(name, _)| !labels::is_valid_name(name))
        .map(|(name, _)| SettingFault {
            key: format!("{key}.{name}"),
            fault: "is not a label name: [a-zA-Z_][a-zA-Z0-9_]*, not beginning with __".to_owned(),
        })
        .collect()
}

fn default_interval() -> Duration {
    Duration::from_secs(5)
}

fn default_flush_timeout() -> Duration {
    Duration::from_secs(30)
}

fn default_prefix() -> String {
    "k6_".to_owned()
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let value = DurationValue::deserialize(deserializer)?;
    value
        .as_duration()
        .ok_or_else(|| serde::de::Error::custom("a duration cannot be negative"))
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Size {
        Bytes(u64),
        Text(String),
    }
    match Option::<Size>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Size::Bytes(bytes)) => Ok(Some(bytes)),
        Some(Size::Text(text)) => parse_size(&text).map(Some).ok_or_else(|| {
            serde::de::Error::custom(format!("\"{text}\" is not a size such as 256MiB"))
        }),
    }
}

fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|char: char| !char.is_ascii_digit())
        .unwrap_or(text.len());
    let unit = match text[digits..].trim() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1_u64 << 30,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Result<RemoteWriteSettings, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn defaults_are_those_of_the_contract_and_camel_case_is_an_alias() {
        assert_eq!(
            parsed(r#"{"url":"http://a/w"}"#).unwrap(),
            RemoteWriteSettings::new("http://a/w")
        );
        let set = parsed(
            r#"{"url":"http://a/w","flushTimeout":"1m","interval":"10s","maxBytes":"256MiB"}"#,
        )
        .unwrap();
        assert_eq!(
            (set.flush_timeout, set.interval),
            (Duration::from_secs(60), Duration::from_secs(10))
        );
        assert_eq!(set.max_bytes, Some(256 << 20));
        assert!(
            parsed(r#"{"url":"http://a/w","intervall":"1s"}"#).is_err(),
            "unknown keys are errors"
        );
    }

    #[test]
    fn every_fault_is_named_at_once_with_its_key() {
        let mut settings =
            parsed(r#"{"url":"ftp://a","version":"2.0","histograms":"both","metric_prefix":"9 "}"#)
                .unwrap();
        settings
            .headers
            .insert("User-Agent".to_owned(), "x".to_owned());
        settings.tls.cert_file = Some("a.pem".into());
        let keys: Vec<String> = settings
            .validate()
            .unwrap_err()
            .into_iter()
            .map(|fault| fault.key)
            .collect();
        let expected = [
            "url",
            "histograms",
            "version",
            "metric_prefix",
            "headers.User-Agent",
            "tls.key_file",
        ];
        assert_eq!(keys, expected.map(|key| format!("remote_write.{key}")));
    }
}
