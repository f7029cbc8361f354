//! k6's global flags: where logs go and what they look like, the config file, the REST address. They may also stand
//! before the command.

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use clap::Args;

use super::flags::go_bool;
use crate::terminal::logs::{self, Format, Level, LogCounts, LogOutput, LogSettings};

/// Flags of every command of k6.
#[derive(Debug, Args, Default)]
pub(super) struct GlobalFlags {
    /// Serve page, metrics and k6's REST API here
    #[arg(short = 'a', long, value_name = "HOST:PORT")]
    pub(super) address: Option<String>,
    /// k6's JSON config file
    #[arg(short = 'c', long, env = "K6_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Neither banner nor progress
    #[arg(short = 'q', long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(super) quiet: Option<bool>,
    /// Debug messages, too
    #[arg(short = 'v', long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    verbose: Option<bool>,
    /// No colours
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    no_color: Option<bool>,
    /// Form of the logs: json, raw, or anything else for text
    #[arg(long, env = "K6_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<String>,
    /// Where logs go: stderr, stdout, none or file=PATH[,level=LEVEL]
    #[arg(long, env = "K6_LOG_OUTPUT", value_name = "OUTPUT", value_parser = log_output)]
    log_output: Option<LogOutput>,
    /// Where `k6/secrets` finds secrets: file=PATH, mock=KEY=VALUE,.. or url=urlTemplate=URL,..; may be repeated
    #[arg(long, env = "K6_SECRET_SOURCE", value_name = "SOURCE")]
    pub(super) secret_source: Vec<String>,
    /// k6's; there is nothing of the kind here, and a warning says so
    #[arg(long, env = "K6_PROFILING_ENABLED", hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    profiling_enabled: Option<String>,
}

/// Names of the global flags that take a value in the next word.
const WITH_VALUE: [&str; 7] = [
    "-a",
    "--address",
    "-c",
    "--config",
    "--log-format",
    "--log-output",
    "--secret-source",
];
const SWITCHES: [&str; 6] = [
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "--no-color",
    "--profiling-enabled",
];
const COMMANDS: [&str; 8] = [
    "run", "archive", "inspect", "new", "deps", "features", "version", "stats",
];

fn log_output(text: &str) -> Result<LogOutput, String> {
    LogOutput::parse(text)
}

/// Global flags that stand before a command of k6 are moved behind it, where the command takes them.
pub(super) fn rearranged(args: Vec<OsString>) -> Vec<OsString> {
    let mut at = 1;
    while let Some(word) = args.get(at).and_then(|word| word.to_str()) {
        let name = word.split('=').next().unwrap_or(word);
        if COMMANDS.contains(&word) {
            break;
        } else if WITH_VALUE.contains(&name) {
            at += if name == word { 2 } else { 1 };
        } else if SWITCHES.contains(&name) {
            at += 1;
        } else {
            return args;
        }
    }
    if at == 1 || at >= args.len() {
        return args;
    }
    let mut out = vec![args[0].clone(), args[at].clone()];
    out.extend_from_slice(&args[at + 1..]);
    // Behind `--` nothing is a flag.
    let end = out
        .iter()
        .position(|word| word == "--")
        .unwrap_or(out.len());
    out.splice(end..end, args[1..at].iter().cloned());
    out
}

impl GlobalFlags {
    /// Starts logging as the flags want it. `console`: where console lines go instead.
    pub(super) fn start_logs(&self, console: Option<&str>) -> Result<Arc<LogCounts>, String> {
        let level = if self.verbose == Some(true) {
            Level::Debug
        } else {
            Level::Info
        };
        let counts = logs::start(&LogSettings {
            format: Format::of_k6(self.log_format.as_deref()),
            level,
            colours: self.no_color != Some(true),
            output: self.log_output.clone().unwrap_or_default(),
            console: console.filter(|path| !path.is_empty()).map(PathBuf::from),
        })?;
        if self.profiling_enabled.is_some() {
            tracing::warn!("--profiling-enabled has no effect: loadd serves no Go profiles");
        }
        Ok(counts)
    }

    /// The REST address: the flag, or the variable.
    pub(super) fn address(&self) -> Option<String> {
        let variable = || {
            std::env::var("K6_ADDRESS")
                .ok()
                .filter(|text| !text.is_empty())
        };
        self.address.clone().or_else(variable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn global_flags_may_stand_before_the_command() {
        let arranged = |text: &str| {
            let words = text.split(' ').map(OsString::from).collect();
            let words = rearranged(words).into_iter();
            let words: Vec<_> = words.map(|word| word.into_string().unwrap()).collect();
            words.join(" ")
        };
        for (given, expected) in [
            (
                "k6 -q --log-output none run a.js",
                "k6 run a.js -q --log-output none",
            ),
            (
                "k6 --log-format=raw inspect a.js",
                "k6 inspect a.js --log-format=raw",
            ),
            ("loadd --config test.toml", "loadd --config test.toml"),
            ("loadd run -q a.js", "loadd run -q a.js"),
            ("k6 -v run -- -q", "k6 run -v -- -q"),
            ("k6 --nonsense run a.js", "k6 --nonsense run a.js"),
        ] {
            assert_eq!(arranged(given), expected);
        }
    }
}
