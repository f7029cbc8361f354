//! The TOML file as structs: the source of parser, JSON Schema and list of known keys. Only forms, no meanings: those are
//! given by `resolve`. What belongs to one room alone is that room's own struct.

use std::collections::BTreeMap;

use loadd_admin::AdminSettings;
use loadd_outputs::{OtlpSettings, TracesSettings};
use loadd_target::TargetSettings;
use loadd_timeline::{CountValue, DurationValue, LengthValue, ScenarioSettings, StageSettings};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{bytes::ByteSize, remote::RemoteWriteFile};

/// A test of loadd, as a TOML file describes it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(title = "loadd test")]
pub(crate) struct TestFile {
    /// Label `testid` of every series; the same on all workers and after a restart. Default: the name of this file.
    pub(crate) test_id: Option<String>,
    /// Label `instance`. Default: LOADD_INSTANCE, pod name or host name.
    pub(crate) instance: Option<String>,
    /// The k6 script, relative to this file.
    pub(crate) script: Option<String>,
    /// `__ENV` of the script, over the system's variables. `${workers.index}` and `${workers.count}` are filled in.
    pub(crate) env: BTreeMap<String, String>,
    /// Extra labels on every series.
    pub(crate) labels: BTreeMap<String, String>,
    /// This worker's share of the whole test.
    pub(crate) workers: WorkersFile,
    /// Start of the time line that all workers share: an RFC 3339 time or `next-minute`. Default: now.
    pub(crate) start_at: Option<String>,
    /// Scenarios by name; laid over those of the script, key by key.
    pub(crate) scenarios: Option<BTreeMap<String, ScenarioSettings>>,
    /// Local thresholds by metric; replaced metric by metric.
    pub(crate) thresholds: BTreeMap<String, Vec<ThresholdFile>>,
    /// Short cut: number of looping VUs; takes the place of all scenarios.
    pub(crate) vus: Option<CountValue>,
    /// Short cut: how long the VUs loop, or `forever`.
    pub(crate) duration: Option<LengthValue>,
    /// Short cut: iterations shared among the VUs.
    pub(crate) iterations: Option<CountValue>,
    /// Short cut: stages of ramping VUs.
    pub(crate) stages: Option<Vec<StageSettings>>,
    /// Tags on every sample.
    pub(crate) tags: BTreeMap<String, String>,
    /// k6's system tags that are on.
    pub(crate) system_tags: Option<Vec<String>>,
    /// `User-Agent` of all requests; empty: none is sent. Default: `loadd/VERSION`.
    pub(crate) user_agent: Option<String>,
    /// Redirects that a request follows. Default 10.
    pub(crate) max_redirects: Option<CountValue>,
    /// Parallel requests of `http.batch`. Default 20.
    pub(crate) batch: Option<CountValue>,
    /// Parallel requests of `http.batch` to one host. Default 6.
    pub(crate) batch_per_host: Option<CountValue>,
    /// No keep-alive.
    pub(crate) no_connection_reuse: bool,
    /// Connections are closed at the end of each iteration.
    pub(crate) no_vu_connection_reuse: bool,
    /// Certificates are not verified.
    pub(crate) insecure_skip_tls_verify: bool,
    /// Bodies are read and counted, not kept.
    pub(crate) discard_response_bodies: bool,
    /// Failed requests throw.
    pub(crate) throw: bool,
    /// Least length of an iteration; the VU waits out the rest.
    pub(crate) min_iteration_duration: Option<DurationValue>,
    /// `setup()` is not called.
    pub(crate) no_setup: bool,
    /// `teardown()` is not called.
    pub(crate) no_teardown: bool,
    /// Longest run of `setup()`. Default 60s.
    pub(crate) setup_timeout: Option<DurationValue>,
    /// Longest run of `teardown()`. Default 60s.
    pub(crate) teardown_timeout: Option<DurationValue>,
    /// Longest run of `handleSummary()`. Default 120s.
    pub(crate) handle_summary_timeout: Option<DurationValue>,
    /// VUs wait, once made, until the test is resumed.
    pub(crate) paused: bool,
    /// k6's execution segment; `[workers]` says the same with less.
    pub(crate) execution_segment: Option<String>,
    /// k6's sequence of segments.
    pub(crate) execution_segment_sequence: Option<String>,
    /// Columns of trends in the summary.
    pub(crate) summary_trend_stats: Option<Vec<String>>,
    /// Unit of times in the summary: `s`, `ms` or `us`.
    pub(crate) summary_time_unit: Option<String>,
    /// Most calls per second of this process, over all VUs; 0: no bound.
    pub(crate) rps: Option<CountValue>,
    /// Where names lead instead: pattern -> address or address:port.
    pub(crate) hosts: BTreeMap<String, String>,
    /// `ttl`, `select` and `policy` of name look-ups.
    pub(crate) dns: BTreeMap<String, serde_json::Value>,
    /// Names that may not be called.
    pub(crate) block_hostnames: Vec<String>,
    /// Networks that may not be called, as CIDR.
    pub(crate) blacklist_ips: Vec<String>,
    /// Addresses that VUs call from: addresses, ranges, CIDR.
    pub(crate) local_ips: Option<LocalIpsFile>,
    /// Certificates of this side.
    pub(crate) tls_auth: Vec<TlsAuthFile>,
    /// TLS versions that are offered.
    pub(crate) tls_version: Option<TlsVersionFile>,
    /// Cipher suites of TLS 1.2 that are offered, by their IANA names.
    pub(crate) tls_cipher_suites: Option<Vec<String>>,
    /// Requests and responses are logged: `headers`, or `full` with bodies.
    pub(crate) http_debug: Option<String>,
    /// Cookies outlive an iteration.
    pub(crate) no_cookies_reset: bool,
    /// Known to k6; has no effect in loadd, which keeps no samples.
    pub(crate) metric_samples_buffer_size: Option<CountValue>,
    /// Where totals and histograms are pushed to; absent: nowhere.
    pub(crate) remote_write: Option<RemoteWriteFile>,
    /// Where metrics are pushed to over OTLP; absent: nowhere.
    pub(crate) otlp: Option<OtlpSettings>,
    /// Where a span for each request is sent; absent: nowhere.
    pub(crate) traces: Option<TracesSettings>,
    /// The demo service inside this process; absent: none.
    pub(crate) target: Option<TargetSettings>,
    /// Bounds of the metric pipeline.
    pub(crate) metrics: MetricsFile,
    /// Bounds of scripts and bodies.
    pub(crate) limits: LimitsFile,
    /// Import map: module specifier -> file, for machines without internet.
    pub(crate) modules: BTreeMap<String, String>,
    /// Page, health, metrics and control.
    pub(crate) admin: AdminSettings,
    /// Behaviour of the process.
    pub(crate) daemon: DaemonFile,
}

/// This worker's share: `index` without `count`, or `count` without `index`, is an error.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct WorkersFile {
    /// From 0. Default: LOADD_WORKERS__INDEX, JOB_COMPLETION_INDEX or the pod's ordinal.
    pub(crate) index: Option<CountValue>,
    /// How many there are.
    pub(crate) count: Option<CountValue>,
    /// Unequal shares, one for each worker.
    pub(crate) weights: Option<Vec<CountValue>>,
    /// `false`: each worker runs the full load. Default true.
    pub(crate) divide: Option<bool>,
    /// Start of the time line that all workers share; the same as `start_at` at the top of the file.
    pub(crate) start_at: Option<String>,
}

/// Local addresses: a comma list, or a list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum LocalIpsFile {
    /// `10.0.0.1-10.0.0.9,10.1.0.0/24`
    Text(String),
    /// One item each.
    List(Vec<String>),
}

/// A certificate of this side, as PEM texts.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct TlsAuthFile {
    /// The certificate, and those that lead to its CA.
    pub(crate) cert: String,
    /// Its key.
    pub(crate) key: String,
    /// Of the key.
    pub(crate) password: Option<String>,
    /// Names of servers that get to see it; none: whoever asks.
    pub(crate) domains: Vec<String>,
}

/// One version, or a span.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum TlsVersionFile {
    /// `tls1.3`
    One(String),
    /// From and to.
    Span(TlsSpanFile),
}

/// A span of versions.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct TlsSpanFile {
    /// The least.
    pub(crate) min: Option<String>,
    /// The greatest.
    pub(crate) max: Option<String>,
}

/// One threshold: an expression, or a table.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ThresholdFile {
    /// `p(95)<500`
    Expression(String),
    /// With more to it.
    Table(ThresholdTable),
}

/// A threshold with more to it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct ThresholdTable {
    /// `p(95)<500`
    pub(crate) threshold: String,
    /// Stops the test once it is crossed.
    #[serde(default)]
    pub(crate) abort_on_fail: bool,
    /// Does not stop it before this much of the test has passed.
    #[serde(default)]
    pub(crate) delay_abort_eval: Option<DurationValue>,
}

/// Bounds of the metric pipeline.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct MetricsFile {
    /// Series kept for each metric; the rest folds into one overflow series. Default 10 000.
    pub(crate) series_per_metric: Option<CountValue>,
    /// Memory of the buckets of all histograms; beyond it the resolution of the widest is lowered. Default 512MiB.
    pub(crate) histogram_memory: Option<ByteSize>,
    /// Tags that no series of k6's metrics has: samples that differ only in them add up in one series.
    pub(crate) drop_tags: Vec<String>,
    /// If not empty: the only tags that series of k6's metrics have.
    pub(crate) keep_tags: Vec<String>,
    /// Patterns like `/users/{id}`: the first one that a URL fits is its `name`, where the script gives none.
    pub(crate) url_templates: Vec<String>,
}

/// Bounds of scripts and bodies.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct LimitsFile {
    /// Script heap of one VU. Default 128MiB.
    pub(crate) memory_per_vu: Option<ByteSize>,
    /// Bytes of a body kept for the script, decompressed. Default 64MiB.
    pub(crate) response_body: Option<ByteSize>,
    /// A connection older than this is not used for another request; `0s`: no bound.
    pub(crate) connection_max_age: Option<DurationValue>,
    /// Longest run of script code between two waits; `0s`: no bound. Default 10s (`loadd run`: none).
    pub(crate) script_time: Option<DurationValue>,
}

/// Behaviour of the process.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct DaemonFile {
    /// Stays up after a finite test has ended.
    pub(crate) linger: bool,
    /// Logs.
    pub(crate) log: LogFile,
}

/// Logs of the process.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct LogFile {
    /// `text`, `json` or `raw`. Default `text`.
    pub(crate) format: Option<crate::terminal::logs::Format>,
    /// `debug`, `info`, `warn` or `error`. Default `info`.
    pub(crate) level: Option<crate::terminal::logs::Level>,
}
