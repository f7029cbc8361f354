//! Settings of the table `[remote_write]`, and the check that names every fault at once.

mod common;
mod otlp;
mod traces;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::remote_write::classic::Stat;

pub use common::{BasicAuth, SettingFault, TlsSettings};
pub(crate) use common::{EndpointSettings, Transport, label_faults};
use common::{Faults, default_flush_timeout, default_interval, default_prefix, duration, size};
pub use otlp::{Compression, OtlpNames, OtlpProtocol, OtlpSettings};
pub use traces::TracesSettings;

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
    /// Upper bounds of classic buckets of times, in seconds. Default: 18 of them from 0.5 ms to 60 s.
    #[serde(default, alias = "classicBuckets")]
    pub classic_buckets: Option<Vec<f64>>,
    /// Upper bounds of classic buckets of all other trends. Default: 10 of them from 0.1 to 1e6.
    #[serde(default, alias = "classicBucketsPlain")]
    pub classic_buckets_plain: Option<Vec<f64>>,
    /// Statistics of trends sent as gauges besides, as k6's output has them (`k6_http_req_duration_p95`): `avg`, `min`, `med`,
    /// `max`, `count`, `sum`, `p(N)`. They do not add up over workers. Default: none.
    #[serde(default, alias = "trendStats")]
    pub trend_stats: Vec<String>,
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
    /// Classic buckets: `NAME_bucket`, `NAME_sum`, `NAME_count`.
    Classic,
    /// Both, side by side.
    Both,
}

/// Version of remote write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub enum ProtocolVersion {
    /// `prometheus.WriteRequest`
    #[default]
    #[serde(rename = "1.0")]
    V1,
    /// `io.prometheus.write.v2.Request`; falls back to 1.0 where the receiver does not know it.
    #[serde(rename = "2.0")]
    V2,
}

impl RemoteWriteSettings {
    /// All defaults, to this URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> RemoteWriteSettings {
        RemoteWriteSettings {
            url: url.into(),
            interval: default_interval(),
            histograms: HistogramMode::Native,
            classic_buckets: None,
            classic_buckets_plain: None,
            trend_stats: Vec::new(),
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
        let mut faults = Faults::of("remote_write");
        faults.url("url", &self.url);
        faults.times(self.interval, self.flush_timeout);
        for (key, bounds) in [
            ("classic_buckets", &self.classic_buckets),
            ("classic_buckets_plain", &self.classic_buckets_plain),
        ] {
            let Some(bounds) = bounds else { continue };
            if self.histograms == HistogramMode::Native {
                faults.add(key, "needs histograms = \"classic\" or \"both\"");
            }
            let rising = bounds.windows(2).all(|pair| pair[0] < pair[1]);
            if bounds.is_empty() || !rising || !bounds.iter().all(|bound| bound.is_finite()) {
                faults.add(
                    key,
                    "must be finite numbers, each greater than the one before",
                );
            }
        }
        for stat in &self.trend_stats {
            if Stat::parse(stat).is_none() {
                faults.add(
                    "trend_stats",
                    format!("\"{stat}\" is none of avg, min, med, max, count, sum and p(N)"),
                );
            }
        }
        faults.prefix(&self.metric_prefix);
        if self.max_bytes.is_some_and(|bytes| bytes < 1 << 20) {
            faults.add("spool.max_bytes", "must be at least 1MiB");
        }
        faults.headers(&self.headers);
        faults.auth(self.basic_auth.as_ref(), self.bearer_token_file.as_ref());
        faults.tls(&self.tls);
        faults.result()
    }

    pub(crate) fn endpoint(&self) -> EndpointSettings {
        EndpointSettings {
            url: self.url.clone(),
            transport: Transport::Post,
            headers: self.headers.clone(),
            bearer_token: None,
            bearer_token_file: self.bearer_token_file.clone(),
            basic_auth: self.basic_auth.clone(),
            tls: self.tls.clone(),
        }
    }
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
            parsed(r#"{"url":"ftp://a","version":"2.0","histograms":"both","metric_prefix":"9 ","classic_buckets":[2,1]}"#)
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
            "classic_buckets",
            "metric_prefix",
            "headers.User-Agent",
            "tls.key_file",
        ];
        assert_eq!(keys, expected.map(|key| format!("remote_write.{key}")));
    }
}
