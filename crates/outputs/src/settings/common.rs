//! What every output's table has in common: where to, who with, how long. Forms, checks and defaults.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use loadd_metrics::naming;
use loadd_timeline::DurationValue;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::endpoint::RESERVED_HEADERS;

/// One receiver, as the connection to it needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct EndpointSettings {
    pub(crate) url: String,
    pub(crate) transport: Transport,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) bearer_token: Option<String>,
    pub(crate) bearer_token_file: Option<PathBuf>,
    pub(crate) basic_auth: Option<BasicAuth>,
    pub(crate) tls: TlsSettings,
}

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Transport {
    /// A POST over HTTP/1.1.
    #[default]
    Post,
    /// A unary call over HTTP/2.
    Grpc,
}

#[cfg(test)]
impl EndpointSettings {
    pub(crate) fn new(url: &str) -> EndpointSettings {
        EndpointSettings {
            url: url.to_owned(),
            ..EndpointSettings::default()
        }
    }
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
    /// The key, from its table on.
    pub key: String,
    /// What is wrong with it and what to use.
    pub fault: String,
}

/// Collects faults of one table.
pub(crate) struct Faults {
    table: &'static str,
    pub(crate) all: Vec<SettingFault>,
}

impl Faults {
    pub(crate) fn of(table: &'static str) -> Faults {
        Faults {
            table,
            all: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, key: &str, fault: impl Into<String>) {
        self.all.push(SettingFault {
            key: format!("{}.{key}", self.table),
            fault: fault.into(),
        });
    }

    pub(crate) fn url(&mut self, key: &str, url: &str) {
        match url.parse::<http::Uri>() {
            Ok(uri)
                if matches!(uri.scheme_str(), Some("http" | "https"))
                    && uri.host().is_some_and(|host| !host.is_empty()) =>
            {
                if uri
                    .authority()
                    .is_some_and(|authority| authority.as_str().contains('@'))
                {
                    self.add(key, "holds user and password; use basic_auth");
                }
            }
            Ok(_) => self.add(
                key,
                format!("\"{url}\" must begin with http:// or https:// and name a host"),
            ),
            Err(error) => self.add(key, format!("\"{url}\" is not a URL: {error}")),
        }
    }

    pub(crate) fn times(&mut self, interval: Duration, flush_timeout: Duration) {
        if interval < Duration::from_millis(500) || interval > Duration::from_secs(60) {
            self.add("interval", "must be between 500ms and 60s");
        }
        self.flush_timeout(flush_timeout);
    }

    pub(crate) fn flush_timeout(&mut self, flush_timeout: Duration) {
        if flush_timeout > Duration::from_secs(3600) {
            self.add("flush_timeout", "must be at most 1h");
        }
    }

    pub(crate) fn prefix(&mut self, prefix: &str) {
        if !naming::is_valid_prefix(prefix) {
            self.add(
                "metric_prefix",
                format!("\"{prefix}\" cannot begin a metric name"),
            );
        }
    }

    pub(crate) fn headers(&mut self, headers: &BTreeMap<String, String>) {
        for (name, value) in headers {
            if RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                self.add(
                    &format!("headers.{name}"),
                    "is set by the protocol itself and cannot be changed",
                );
            } else if name.parse::<http::HeaderName>().is_err()
                || value.parse::<http::HeaderValue>().is_err()
            {
                self.add(&format!("headers.{name}"), "is not a valid HTTP header");
            }
        }
    }

    pub(crate) fn auth(&mut self, basic: Option<&BasicAuth>, token_file: Option<&PathBuf>) {
        if basic.is_some() && token_file.is_some() {
            self.add(
                "bearer_token_file",
                "cannot be used together with basic_auth",
            );
        }
        if basic.is_some_and(|auth| auth.password.is_some() && auth.password_file.is_some()) {
            self.add(
                "basic_auth.password_file",
                "cannot be used together with password",
            );
        }
    }

    pub(crate) fn tls(&mut self, tls: &TlsSettings) {
        if tls.cert_file.is_some() != tls.key_file.is_some() {
            self.add("tls.key_file", "cert_file and key_file need each other");
        }
    }

    /// # Errors
    /// All of them, if there are any.
    pub(crate) fn result(self) -> Result<(), Vec<SettingFault>> {
        if self.all.is_empty() {
            Ok(())
        } else {
            Err(self.all)
        }
    }
}

/// Faults of the labels that a user sets; `key` is the table they come from.
pub(crate) fn label_faults(key: &str, set: &[(String, String)]) -> Vec<SettingFault> {
    set.iter()
        .filter(|(name, _)| !naming::is_label_name(name))
        .map(|(name, _)| SettingFault {
            key: format!("{key}.{name}"),
            fault: "is not a label name: [a-zA-Z_][a-zA-Z0-9_]*, not beginning with __".to_owned(),
        })
        .collect()
}

pub(crate) fn default_interval() -> Duration {
    Duration::from_secs(5)
}

pub(crate) fn default_flush_timeout() -> Duration {
    Duration::from_secs(30)
}

pub(crate) fn default_prefix() -> String {
    "k6_".to_owned()
}

pub(crate) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let value = DurationValue::deserialize(deserializer)?;
    value
        .as_duration()
        .ok_or_else(|| serde::de::Error::custom("a duration cannot be negative"))
}

pub(crate) fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
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
