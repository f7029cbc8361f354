//! k6's flags for options, as `run` and `archive` take them: each becomes a value of the highest layer.

use clap::Args;
use loadd_metrics::TrendStat;
use serde_json::{Map, Value};

use crate::config::options;

/// Flags of options. A switch may be given as `--flag`, `--flag=true` or `--flag=false`; absent, it says nothing.
#[derive(Debug, Args, Default)]
pub(super) struct OptionFlags {
    /// Number of virtual users
    #[arg(short = 'u', long, value_name = "N", allow_negative_numbers = true)]
    vus: Option<i64>,
    /// How long, such as 30s or 1h30m
    #[arg(short = 'd', long, value_parser = go_duration, allow_hyphen_values = true)]
    duration: Option<String>,
    /// Iterations in all, shared among the VUs
    #[arg(short = 'i', long, value_name = "N", allow_negative_numbers = true)]
    iterations: Option<i64>,
    /// A stage DURATION:TARGET; may be repeated
    #[arg(short = 's', long = "stage", value_delimiter = ',', value_parser = stage)]
    stages: Vec<String>,
    /// This instance's part of the whole, FROM:TO
    #[arg(long, value_name = "FROM:TO", value_parser = segment)]
    execution_segment: Option<String>,
    /// The parts of all instances
    #[arg(long, value_name = "0,..,1", value_parser = segment_sequence)]
    execution_segment_sequence: Option<String>,
    /// Wait, once VUs are made, until resumed over REST
    #[arg(short = 'p', long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    paused: Option<bool>,
    /// Do not call setup()
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    no_setup: Option<bool>,
    /// Do not call teardown()
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    no_teardown: Option<bool>,
    /// Redirects that a request follows
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    max_redirects: Option<i64>,
    /// Parallel requests of http.batch
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    batch: Option<i64>,
    /// Parallel requests of http.batch to one host
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    batch_per_host: Option<i64>,
    /// Most requests per second
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    rps: Option<i64>,
    /// User-Agent of all requests
    #[arg(long)]
    user_agent: Option<String>,
    /// Log requests and responses; `full`: with their bodies
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "headers")]
    http_debug: Option<String>,
    /// Do not verify certificates
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    insecure_skip_tls_verify: Option<bool>,
    /// No keep-alive
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    no_connection_reuse: Option<bool>,
    /// Close connections at the end of each iteration
    #[arg(long = "no-vu-connection-reuse", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    no_vu_connection_reuse: Option<bool>,
    /// Least length of an iteration
    #[arg(long, value_parser = go_duration, allow_hyphen_values = true)]
    min_iteration_duration: Option<String>,
    /// Failed requests throw
    #[arg(short = 'w', long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    throw: Option<bool>,
    /// Networks that may not be called; may be repeated
    #[arg(long = "blacklist-ip", value_name = "CIDR", value_delimiter = ',', value_parser = cidr)]
    blacklist_ips: Vec<String>,
    /// Host names that may not be called; may be repeated
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', value_parser = host_pattern)]
    block_hostnames: Vec<String>,
    /// ttl=5m,select=random,policy=preferIPv4
    #[arg(long)]
    dns: Option<String>,
    /// Addresses that VUs call from
    #[arg(long, value_name = "IP,..", value_delimiter = ',', value_parser = local_ip)]
    local_ips: Vec<String>,
    /// Read and count bodies without keeping them
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    discard_response_bodies: Option<bool>,
    /// NAME=VALUE on every sample; may be repeated
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// k6's system tags that are on
    #[arg(long, value_delimiter = ',')]
    system_tags: Option<Vec<String>>,
    /// Columns of trends in the summary
    #[arg(long, value_delimiter = ',', value_parser = trend_stat)]
    summary_trend_stats: Vec<String>,
    /// Unit of times in the summary
    #[arg(long, value_parser = ["s", "ms", "us"])]
    summary_time_unit: Option<String>,
    /// Append what scripts log to this file
    #[arg(long, value_name = "FILE", env = "K6_CONSOLE_OUTPUT")]
    pub(super) console_output: Option<String>,
}

/// Values that were given, by key, and the flag that gave each.
pub(super) type GivenOptions = (Map<String, Value>, Vec<(&'static str, &'static str)>);

impl OptionFlags {
    /// The flags that were given, as a layer.
    pub(super) fn layer(&self) -> Result<GivenOptions, String> {
        let stages = self.stages.iter().map(|text| options::stage(text));
        let stages = stages.collect::<Result<Vec<_>, _>>()?;
        let tags: Map<_, _> = self
            .tags
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        let list = |list: &[String]| (!list.is_empty()).then(|| Value::from(list.to_vec()));
        let text = |text: &Option<String>| text.clone().map(Value::from);
        let number = |number: Option<i64>| number.map(Value::from);
        let yes = |given: Option<bool>| given.map(Value::from);
        let dns = self.dns.as_deref().map(options::dns).transpose()?;
        let rows: Vec<(&'static str, &'static str, Option<Value>)> = vec![
            ("vus", "--vus", number(self.vus)),
            ("duration", "--duration", text(&self.duration)),
            ("iterations", "--iterations", number(self.iterations)),
            (
                "stages",
                "--stage",
                (!stages.is_empty()).then_some(Value::Array(stages)),
            ),
            (
                "tags",
                "--tag",
                (!tags.is_empty()).then_some(Value::Object(tags)),
            ),
            ("paused", "--paused", yes(self.paused)),
            ("no_setup", "--no-setup", yes(self.no_setup)),
            ("no_teardown", "--no-teardown", yes(self.no_teardown)),
            (
                "execution_segment",
                "--execution-segment",
                text(&self.execution_segment),
            ),
            (
                "execution_segment_sequence",
                "--execution-segment-sequence",
                text(&self.execution_segment_sequence),
            ),
            (
                "summary_trend_stats",
                "--summary-trend-stats",
                list(&self.summary_trend_stats),
            ),
            (
                "summary_time_unit",
                "--summary-time-unit",
                text(&self.summary_time_unit),
            ),
            (
                "system_tags",
                "--system-tags",
                self.system_tags.clone().map(Value::from),
            ),
            (
                "insecure_skip_tls_verify",
                "--insecure-skip-tls-verify",
                yes(self.insecure_skip_tls_verify),
            ),
            (
                "discard_response_bodies",
                "--discard-response-bodies",
                yes(self.discard_response_bodies),
            ),
            (
                "no_connection_reuse",
                "--no-connection-reuse",
                yes(self.no_connection_reuse),
            ),
            (
                "no_vu_connection_reuse",
                "--no-vu-connection-reuse",
                yes(self.no_vu_connection_reuse),
            ),
            ("user_agent", "--user-agent", text(&self.user_agent)),
            (
                "max_redirects",
                "--max-redirects",
                number(self.max_redirects),
            ),
            ("batch", "--batch", number(self.batch)),
            (
                "batch_per_host",
                "--batch-per-host",
                number(self.batch_per_host),
            ),
            ("rps", "--rps", number(self.rps)),
            ("http_debug", "--http-debug", text(&self.http_debug)),
            ("dns", "--dns", dns),
            ("blacklist_ips", "--blacklist-ip", list(&self.blacklist_ips)),
            (
                "block_hostnames",
                "--block-hostnames",
                list(&self.block_hostnames),
            ),
            ("local_ips", "--local-ips", list(&self.local_ips)),
            (
                "min_iteration_duration",
                "--min-iteration-duration",
                text(&self.min_iteration_duration),
            ),
            ("throw", "--throw", yes(self.throw)),
        ];
        let given = rows
            .into_iter()
            .filter_map(|(key, flag, value)| Some((key, flag, value?)));
        let (mut map, mut names) = (Map::new(), Vec::new());
        for (key, flag, value) in given {
            map.insert(key.to_owned(), value);
            names.push((key, flag));
        }
        Ok((map, names))
    }
}

/// Go's truth values.
pub(super) fn go_bool(text: &str) -> Result<bool, String> {
    match options::read(options::Form::Bool, text)? {
        Some(Value::Bool(value)) => Ok(value),
        Some(_) | None => Err(format!("\"{text}\" is neither true nor false")),
    }
}

fn go_duration(text: &str) -> Result<String, String> {
    loadd_timeline::parse_go_duration(text)
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}

fn stage(text: &str) -> Result<String, String> {
    options::stage(text)?;
    go_duration(text.split(':').next().unwrap_or(text)).map(|_| text.to_owned())
}

fn cidr(text: &str) -> Result<String, String> {
    let parsed = text.trim().parse::<loadd_client::Cidr>();
    parsed
        .map(|_| text.trim().to_owned())
        .map_err(|error| error.to_string())
}

fn host_pattern(text: &str) -> Result<String, String> {
    let mut patterns = loadd_client::HostPatterns::default();
    let added = patterns.insert(text.trim());
    added
        .map(|()| text.trim().to_owned())
        .map_err(|error| error.to_string())
}

fn local_ip(text: &str) -> Result<String, String> {
    let parsed = text.parse::<loadd_client::LocalAddresses>();
    parsed
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}

fn segment(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok("0:1".to_owned());
    }
    text.parse::<loadd_timeline::Segment>()
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}

/// An empty one passes: it is refused together with the other options.
fn segment_sequence(text: &str) -> Result<String, String> {
    if !text.is_empty() {
        text.parse::<loadd_timeline::SegmentSequence>()
            .map_err(|error| error.to_string())?;
    }
    Ok(text.to_owned())
}

fn trend_stat(text: &str) -> Result<String, String> {
    TrendStat::parse(text)
        .map(|_| text.to_owned())
        .ok_or_else(|| format!("\"{text}\" is no statistic of a trend"))
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err(format!("\"{text}\" is not of the form name=value")),
    }
}
