//! k6's flags for how a script is read and what is made of its results, as `run`, `archive` and `inspect` take them. Each
//! has a variable, which the flag beats; a value that cannot be meant is refused with 255.

use std::time::Duration;

use clap::{Args, ValueEnum};
use loadd_outputs::{OtlpProtocol, TracesSettings};

use super::flags::go_bool;

/// Flags beside the options.
#[derive(Debug, Args, Default)]
pub(super) struct RuntimeFlags {
    /// NAME=VALUE for `__ENV`; may be repeated
    #[arg(short = 'e', long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub(super) env: Vec<(String, String)>,
    /// Pass the system's variables to the script
    #[arg(long, env = "K6_INCLUDE_SYSTEM_ENV_VARS", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(super) include_system_env_vars: Option<bool>,
    /// Globals of the script: extended (with `global`) or base
    #[arg(long, env = "K6_COMPATIBILITY_MODE", value_name = "MODE")]
    pub(super) compatibility_mode: Option<Compatibility>,
    /// What the file is; found out by itself
    #[arg(short = 't', long = "type", env = "K6_TYPE", value_name = "js|archive")]
    pub(super) kind: Option<FileKind>,
    /// Do not evaluate thresholds
    #[arg(long, env = "K6_NO_THRESHOLDS", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(super) no_thresholds: Option<bool>,
    /// What the summary shows: compact, full (by group and scenario) or disabled
    #[arg(long, env = "K6_SUMMARY_MODE", value_name = "MODE")]
    pub(super) summary_mode: Option<SummaryModeFlag>,
    /// Write the summary as JSON into this file
    #[arg(long, env = "K6_SUMMARY_EXPORT", value_name = "FILE")]
    pub(super) summary_export: Option<String>,
    /// The newer form of the summary's JSON
    #[arg(long, env = "K6_NEW_MACHINE_READABLE_SUMMARY", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(super) new_machine_readable_summary: Option<bool>,
    /// Where spans of requests go
    #[arg(
        long,
        env = "K6_TRACES_OUTPUT",
        value_name = "none|otel[=URL][,proto=grpc|http][,header.K=V]"
    )]
    pub(super) traces_output: Option<String>,
}

/// `--compatibility-mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Compatibility {
    /// With `global`.
    Extended,
    /// Without.
    Base,
    /// As extended, since k6 v2.
    #[value(name = "experimental_enhanced")]
    ExperimentalEnhanced,
}

impl Compatibility {
    /// k6's word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Compatibility::Extended => "extended",
            Compatibility::Base => "base",
            Compatibility::ExperimentalEnhanced => "experimental_enhanced",
        }
    }
}

/// `--type`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FileKind {
    /// A script.
    Js,
    /// An archive.
    Archive,
}

/// `--summary-mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum SummaryModeFlag {
    /// Totals.
    #[default]
    Compact,
    /// Also by group and scenario.
    Full,
    /// None.
    Disabled,
}

impl RuntimeFlags {
    /// `--traces-output`, read.
    pub(super) fn traces(&self) -> Result<Option<TracesSettings>, String> {
        match self.traces_output.as_deref() {
            None | Some("" | "none") => Ok(None),
            Some(text) => traces(text).map(Some).map_err(|why| {
                format!("--traces-output: \"{text}\" is neither none nor otel[=URL][,proto=grpc|http][,header.NAME=VALUE]: {why}")
            }),
        }
    }
}

/// `otel[=URL][,proto=grpc|http][,header.NAME=VALUE]`: every request, over gRPC where nothing else is said.
fn traces(text: &str) -> Result<TracesSettings, String> {
    let mut items = text.split(',');
    let first = items.next().unwrap_or_default();
    let (name, url) = first.split_once('=').unwrap_or((first, ""));
    if name != "otel" {
        return Err(format!("there is no output \"{name}\""));
    }
    let mut settings = TracesSettings::new(url);
    settings.protocol = OtlpProtocol::Grpc;
    // A receiver that is away shall not hold up the end of a run for long.
    settings.flush_timeout = Duration::from_secs(5);
    for item in items {
        let (key, value) = item
            .split_once('=')
            .ok_or_else(|| format!("\"{item}\" has no value"))?;
        match (key, value) {
            ("proto", "grpc") => settings.protocol = OtlpProtocol::Grpc,
            ("proto", "http") => settings.protocol = OtlpProtocol::Http,
            ("proto", other) => return Err(format!("\"{other}\" is no protocol")),
            _ => match key.strip_prefix("header.") {
                Some(header) if !header.is_empty() => {
                    settings.headers.insert(header.to_owned(), value.to_owned());
                }
                Some(_) | None => return Err(format!("\"{key}\" is unknown")),
            },
        }
    }
    if url.is_empty() {
        settings.endpoint = match settings.protocol {
            OtlpProtocol::Grpc => "http://127.0.0.1:4317".to_owned(),
            OtlpProtocol::Http => "http://127.0.0.1:4318".to_owned(),
        };
    }
    match settings.validate() {
        Ok(()) => Ok(settings),
        Err(faults) => {
            let faults: Vec<String> = faults.into_iter().map(|fault| fault.fault).collect();
            Err(faults.join("; "))
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_go_where_k6_would_send_them() {
        let bare = traces("otel").unwrap();
        assert_eq!(bare.endpoint, "http://127.0.0.1:4317");
        assert_eq!((bare.protocol, bare.ratio), (OtlpProtocol::Grpc, 1.0));
        let set =
            traces("otel=https://tempo:4318,proto=http,header.Authorization=Basic YQ==").unwrap();
        assert_eq!(set.endpoint, "https://tempo:4318");
        assert_eq!(set.protocol, OtlpProtocol::Http);
        assert_eq!(set.headers["Authorization"], "Basic YQ==");
        for text in [
            "jaeger",
            "otel=tempo:4317",
            "otel,proto=udp",
            "otel,proto",
            "otel,header.=x",
            "otel,sampler=1",
        ] {
            assert!(traces(text).is_err(), "{text}");
        }
    }
}
