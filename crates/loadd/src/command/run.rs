//! `loadd run`: one test in the foreground, by k6's flags. What k6 has and loadd has not yet is refused by its name.

use std::{collections::BTreeMap, io::Read};

use clap::Args;
use loadd_metrics::TrendStat;
use serde_json::{Map, Value};

use super::refused;
use crate::{
    config::{self, RunRequest, Surroundings, options},
    terminal::{complaint, exit::Exit, logs},
    wire,
};

/// Flags of `run`.
#[derive(Debug, Args, Default)]
pub(super) struct RunArgs {
    /// Script; `-` reads it from standard input
    #[arg(value_name = "SCRIPT")]
    script: String,
    /// Number of virtual users
    #[arg(short = 'u', long)]
    vus: Option<u64>,
    /// How long, such as 30s or 1h30m
    #[arg(short = 'd', long, value_parser = go_duration)]
    duration: Option<String>,
    /// Iterations in all, shared among the VUs
    #[arg(short = 'i', long)]
    iterations: Option<u64>,
    /// A stage DURATION:TARGET; may be repeated
    #[arg(short = 's', long = "stage", value_delimiter = ',', value_parser = stage)]
    stages: Vec<String>,
    /// NAME=VALUE for `__ENV`; may be repeated
    #[arg(short = 'e', long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// NAME=VALUE on every sample; may be repeated
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// Neither banner nor progress
    #[arg(short = 'q', long)]
    quiet: bool,
    /// Do not call setup()
    #[arg(long)]
    no_setup: bool,
    /// Do not call teardown()
    #[arg(long)]
    no_teardown: bool,
    /// Do not evaluate thresholds
    #[arg(long)]
    no_thresholds: bool,
    /// Serve page, metrics and k6's REST API here
    #[arg(short = 'a', long, value_name = "HOST:PORT")]
    address: Option<String>,
    /// Stay up after the end until interrupted
    #[arg(short = 'l', long)]
    linger: bool,
    /// Wait, once VUs are made, until resumed over REST
    #[arg(short = 'p', long)]
    paused: bool,
    /// This instance's part of the whole, FROM:TO
    #[arg(long, value_name = "FROM:TO")]
    execution_segment: Option<String>,
    /// The parts of all instances
    #[arg(long, value_name = "0,..,1")]
    execution_segment_sequence: Option<String>,
    /// Columns of trends in the summary
    #[arg(long, value_delimiter = ',', value_parser = trend_stat)]
    summary_trend_stats: Vec<String>,
    /// Unit of times in the summary
    #[arg(long, value_parser = ["s", "ms", "us"])]
    summary_time_unit: Option<String>,
    /// k6's system tags that are on
    #[arg(long, value_delimiter = ',')]
    system_tags: Option<Vec<String>>,
    /// Do not verify certificates
    #[arg(long)]
    insecure_skip_tls_verify: bool,
    /// Read and count bodies without keeping them
    #[arg(long)]
    discard_response_bodies: bool,
    /// No keep-alive
    #[arg(long)]
    no_connection_reuse: bool,
    /// Close connections at the end of each iteration
    #[arg(long)]
    no_vu_connection_reuse: bool,
    /// User-Agent of all requests
    #[arg(long)]
    user_agent: Option<String>,
    /// Redirects that a request follows
    #[arg(long)]
    max_redirects: Option<u64>,
    /// Parallel requests of http.batch
    #[arg(long)]
    batch: Option<u64>,
    /// Parallel requests of http.batch to one host
    #[arg(long)]
    batch_per_host: Option<u64>,
    /// Least length of an iteration
    #[arg(long, value_parser = go_duration)]
    min_iteration_duration: Option<String>,
    /// Failed requests throw
    #[arg(short = 'w', long)]
    throw: bool,
    /// JSON file: module specifier -> file
    #[arg(long, value_name = "FILE")]
    import_map: Option<std::path::PathBuf>,
    /// Debug messages, too
    #[arg(short = 'v', long)]
    verbose: bool,
    /// No colours
    #[arg(long)]
    no_color: bool,
    /// Form of the logs: text, json or raw
    #[arg(long, env = "K6_LOG_FORMAT")]
    log_format: Option<String>,
    /// k6's; nothing is ever reported
    #[arg(long, hide = true)]
    no_usage_report: bool,
    #[command(flatten)]
    refused: RefusedFlags,
}

macro_rules! refused_flags {
    ($($field:ident, $flag:literal;)*) => {
        /// Flags of k6 that are not supported yet.
        #[derive(Debug, Args, Default)]
        struct RefusedFlags {
            $(#[arg(long = $flag, hide = true, num_args = 0..=1, action = clap::ArgAction::Append)] $field: Option<Vec<String>>,)*
            #[arg(short = 'o', long = "out", hide = true)]
            out: Option<Vec<String>>,
            #[arg(short = 'c', long = "config", hide = true)]
            config: Option<String>,
            #[arg(short = 't', long = "type", hide = true)]
            kind: Option<String>,
        }

        impl RefusedFlags {
            /// The first one that was given.
            fn given(&self) -> Option<&'static str> {
                [
                    $((self.$field.is_some(), concat!("--", $flag)),)*
                    (self.out.is_some(), "--out"),
                    (self.config.is_some(), "--config"),
                    (self.kind.is_some(), "--type"),
                ]
                .into_iter()
                .find_map(|(given, flag)| given.then_some(flag))
            }
        }
    };
}

refused_flags! {
    http_debug, "http-debug";
    rps, "rps";
    dns, "dns";
    blacklist_ip, "blacklist-ip";
    block_hostnames, "block-hostnames";
    local_ips, "local-ips";
    console_output, "console-output";
    features, "features";
    summary_export, "summary-export";
    summary_mode, "summary-mode";
    new_machine_readable_summary, "new-machine-readable-summary";
    traces_output, "traces-output";
    include_system_env_vars, "include-system-env-vars";
    compatibility_mode, "compatibility-mode";
    log_output, "log-output";
    secret_source, "secret-source";
    profiling_enabled, "profiling-enabled";
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

fn trend_stat(text: &str) -> Result<String, String> {
    TrendStat::parse(text)
        .map(|_| text.to_owned())
        .ok_or_else(|| format!("\"{text}\" is no statistic of a trend"))
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let mut letters = name.chars();
    let first = letters
        .next()
        .is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
    if first && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        Ok((name.to_owned(), value.to_owned()))
    } else {
        Err(format!("\"{name}\" is no name of a variable"))
    }
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err(format!("\"{text}\" is not of the form name=value")),
    }
}

impl RunArgs {
    /// What was asked for; an error is one line.
    pub(super) fn request(&self) -> Result<RunRequest, String> {
        if let Some(flag) = self.refused.given() {
            return Err(format!("{flag}: not supported yet"));
        }
        let stdin = (self.script == "-").then(|| {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map(|_| text)
                .map_err(|error| format!("cannot read standard input: {error}"))
        });
        let import_map = match &self.import_map {
            None => BTreeMap::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("--import-map {}: {error}", path.display()))?;
                let map: BTreeMap<String, std::path::PathBuf> = serde_json::from_str(&text)
                    .map_err(|error| format!("--import-map {}: {error}", path.display()))?;
                let folder = path.parent().unwrap_or(std::path::Path::new("")).to_owned();
                map.into_iter()
                    .map(|(name, file)| (name, folder.join(file)))
                    .collect()
            }
        };
        let (flags, flag_names) = self.layer()?;
        Ok(RunRequest {
            script: self.script.clone(),
            stdin: stdin.transpose()?,
            flags,
            flag_names,
            env: self.env.clone(),
            no_thresholds: self.no_thresholds || truthy("K6_NO_THRESHOLDS")?,
            address: self
                .address
                .clone()
                .or_else(|| std::env::var("K6_ADDRESS").ok()),
            linger: self.linger || truthy("K6_LINGER")?,
            import_map,
        })
    }

    /// The flags that were given, as a layer.
    #[expect(clippy::type_complexity, reason = "the pair is taken apart at once")]
    fn layer(&self) -> Result<(Map<String, Value>, Vec<(&'static str, &'static str)>), String> {
        let stages = self
            .stages
            .iter()
            .map(|text| options::stage(text))
            .collect::<Result<Vec<_>, _>>()?;
        let tags: Map<_, _> = self
            .tags
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        let yes = |given: bool| given.then_some(Value::Bool(true));
        let list = |list: &[String]| (!list.is_empty()).then(|| list.to_vec().into());
        let rows: Vec<(&'static str, &'static str, Option<Value>)> = vec![
            ("vus", "--vus", self.vus.map(Value::from)),
            (
                "duration",
                "--duration",
                self.duration.clone().map(Value::from),
            ),
            (
                "iterations",
                "--iterations",
                self.iterations.map(Value::from),
            ),
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
            ("no_setup", "--no-setup", yes(self.no_setup)),
            ("no_teardown", "--no-teardown", yes(self.no_teardown)),
            ("paused", "--paused", yes(self.paused)),
            (
                "execution_segment",
                "--execution-segment",
                self.execution_segment.clone().map(Value::from),
            ),
            (
                "execution_segment_sequence",
                "--execution-segment-sequence",
                self.execution_segment_sequence.clone().map(Value::from),
            ),
            (
                "summary_trend_stats",
                "--summary-trend-stats",
                list(&self.summary_trend_stats),
            ),
            (
                "summary_time_unit",
                "--summary-time-unit",
                self.summary_time_unit.clone().map(Value::from),
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
            (
                "user_agent",
                "--user-agent",
                self.user_agent.clone().map(Value::from),
            ),
            (
                "max_redirects",
                "--max-redirects",
                self.max_redirects.map(Value::from),
            ),
            ("batch", "--batch", self.batch.map(Value::from)),
            (
                "batch_per_host",
                "--batch-per-host",
                self.batch_per_host.map(Value::from),
            ),
            (
                "min_iteration_duration",
                "--min-iteration-duration",
                self.min_iteration_duration.clone().map(Value::from),
            ),
            ("throw", "--throw", yes(self.throw)),
        ];
        let given: Vec<_> = rows
            .into_iter()
            .filter_map(|(key, flag, value)| Some((key, flag, value?)))
            .collect();
        let names = given.iter().map(|(key, flag, _)| (*key, *flag)).collect();
        Ok((
            given
                .into_iter()
                .map(|(key, _, value)| (key.to_owned(), value))
                .collect(),
            names,
        ))
    }
}

fn truthy(name: &str) -> Result<bool, String> {
    let Ok(text) = std::env::var(name) else {
        return Ok(false);
    };
    let value =
        options::read(options::Form::Bool, &text).map_err(|error| format!("{name}: {error}"))?;
    Ok(value == Some(Value::Bool(true)))
}

/// Runs the test.
pub(super) fn run(args: &RunArgs) -> Exit {
    let format = match args.log_format.as_deref() {
        Some("json") => logs::Format::Json,
        Some("raw") => logs::Format::Raw,
        // As in k6, anything else is text.
        Some(_) | None => logs::Format::Text,
    };
    let level = if args.verbose {
        logs::Level::Debug
    } else {
        logs::Level::Info
    };
    let counts = logs::start(logs::LogSettings {
        format,
        level,
        colours: !args.no_color,
    });
    tracing::debug!(
        no_usage_report = args.no_usage_report,
        "nothing is ever reported"
    );
    let request = match args.request() {
        Ok(request) => request,
        Err(message) => {
            complaint::line(&message);
            return Exit::Other;
        }
    };
    let test = match config::run(request, &Surroundings::look()) {
        Ok(test) => test,
        Err(refusal) => return refused(&refusal),
    };
    super::daemon::say(&test);
    wire::run(&test, wire::Mode::Run { quiet: args.quiet }, &counts)
}
