//! The table `[traces]`.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    common::{Faults, SettingFault, TlsSettings, default_flush_timeout, duration},
    otlp::OtlpProtocol,
};

/// A span for each request, sent to an OTLP receiver.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TracesSettings {
    /// Where to. Over HTTP `/v1/traces` is appended: `http://127.0.0.1:4318`.
    pub endpoint: String,
    /// How.
    #[serde(default)]
    pub protocol: OtlpProtocol,
    /// Share of the requests whose span is recorded, 0 to 1. 0: off; else every request carries a `traceparent`.
    #[serde(default)]
    pub ratio: f64,
    /// How long the last spans may take at the end.
    #[serde(
        default = "default_flush_timeout",
        alias = "flushTimeout",
        deserialize_with = "duration"
    )]
    #[schemars(with = "String")]
    pub flush_timeout: Duration,
    /// Extra HTTP headers, or gRPC metadata.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// TLS of an `https://` endpoint.
    #[serde(default)]
    pub tls: TlsSettings,
    /// `service.name`; absent: the label `job`.
    #[serde(skip)]
    pub service: Option<String>,
}

impl TracesSettings {
    /// All requests, to this endpoint.
    #[must_use]
    pub fn new(endpoint: impl Into<String>) -> TracesSettings {
        TracesSettings {
            endpoint: endpoint.into(),
            protocol: OtlpProtocol::Http,
            ratio: 1.0,
            flush_timeout: default_flush_timeout(),
            headers: BTreeMap::new(),
            tls: TlsSettings::default(),
            service: None,
        }
    }

    /// Whether any request is traced.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.ratio > 0.0
    }

    /// Every fault of form.
    ///
    /// # Errors
    /// All faults, each with its key.
    pub fn validate(&self) -> Result<(), Vec<SettingFault>> {
        let mut faults = Faults::of("traces");
        faults.url("endpoint", &self.endpoint);
        if !(0.0..=1.0).contains(&self.ratio) {
            faults.add("ratio", format!("{} is not between 0 and 1", self.ratio));
        }
        faults.flush_timeout(self.flush_timeout);
        faults.headers(&self.headers);
        faults.tls(&self.tls);
        faults.result()
    }

    /// The URL that spans go to over HTTP.
    pub(crate) fn url(&self) -> String {
        let base = self.endpoint.trim_end_matches('/');
        if base.ends_with("/v1/traces") {
            base.to_owned()
        } else {
            format!("{base}/v1/traces")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_off_until_a_ratio_is_given() {
        let off: TracesSettings =
            serde_json::from_str(r#"{"endpoint":"http://127.0.0.1:4318"}"#).unwrap();
        assert!(!off.is_on());
        assert_eq!(off.validate(), Ok(()));
        let set = r#"{"endpoint":"http://a:4317","protocol":"grpc","ratio":0.25}"#;
        let on: TracesSettings = serde_json::from_str(set).unwrap();
        assert!(on.is_on());
        assert_eq!(on.protocol, OtlpProtocol::Grpc);
    }

    #[test]
    fn the_signals_path_is_appended_once() {
        for (endpoint, url) in [
            ("http://a:4318", "http://a:4318/v1/traces"),
            ("http://a/otlp/", "http://a/otlp/v1/traces"),
            ("http://a:4318/v1/traces", "http://a:4318/v1/traces"),
        ] {
            assert_eq!(TracesSettings::new(endpoint).url(), url);
        }
    }

    #[test]
    fn every_fault_is_named_with_its_key() {
        let mut settings = TracesSettings::new("ftp://a");
        settings.ratio = 1.5;
        settings.tls.cert_file = Some("a.pem".into());
        let keys: Vec<String> = settings
            .validate()
            .unwrap_err()
            .into_iter()
            .map(|fault| fault.key)
            .collect();
        assert_eq!(
            keys,
            ["traces.endpoint", "traces.ratio", "traces.tls.key_file"]
        );
    }
}
