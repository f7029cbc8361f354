//! The command line. clap reads it; each command has a file of its own.

mod check;
mod daemon;
mod later;
mod run;
mod schema;
mod target;

use std::{ffi::OsString, path::PathBuf};

use clap::{Parser, Subcommand};

use crate::{
    config::Refusal,
    terminal::{complaint, exit::Exit, screen},
};

/// A load generator that keeps running: k6 scripts in, Prometheus totals and percentiles out.
#[derive(Debug, Parser)]
#[command(
    name = "loadd",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Commands>,
    #[command(flatten)]
    daemon: daemon::DaemonArgs,
}

#[derive(Debug, Subcommand)]
enum Commands {
    /// Runs one test in the foreground, with k6's flags
    Run(Box<run::RunArgs>),
    /// Validates config and script without the network; shows what the test and this worker will do
    Check(check::CheckArgs),
    /// Prints the JSON Schema of the TOML file
    Schema,
    /// Runs the demo HTTP service
    Target(target::TargetArgs),
    #[command(flatten)]
    Later(later::LaterCommands),
}

/// Reads the command line and does what it says.
pub(crate) fn main() -> Exit {
    let args: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    match cli.command {
        Some(Commands::Run(args)) => run::run(&args),
        Some(Commands::Check(args)) => check::run(&args),
        Some(Commands::Schema) => schema::run(),
        Some(Commands::Target(args)) => target::run(args),
        Some(Commands::Later(command)) => command.refuse(),
        None => match cli.daemon.config.clone() {
            Some(config) => daemon::run(&config, &cli.daemon),
            None => {
                complaint::line(
                    "nothing to do: name a config (loadd --config test.toml) or a command (loadd --help)",
                );
                Exit::Other
            }
        },
    }
}

/// What the command line itself is refused with: one line, no usage text, 255. Help and version are no errors.
fn refuse(error: &clap::Error) -> Exit {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion) {
        screen::print(&error.to_string());
        return Exit::Ok;
    }
    complaint::line(&one_line(&error.to_string()));
    Exit::Other
}

/// clap's report without the usage, on one line.
fn one_line(report: &str) -> String {
    let useful = report
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:"));
    let lines: Vec<_> = useful
        .filter(|line| !line.is_empty() && !line.starts_with("For more information"))
        .collect();
    lines.join("; ").trim_start_matches("error: ").to_owned()
}

/// Tells why a test is not run, and with which code.
fn refused(refusal: &Refusal) -> Exit {
    complaint::refusal(refusal);
    match refusal {
        Refusal::Config { .. } => Exit::BadConfig,
        Refusal::Script(error) if error.aborted => Exit::ScriptAborted,
        Refusal::Script(_) => Exit::ScriptException,
        Refusal::Usage(_) => Exit::Other,
    }
}

/// A config file as every command takes it.
type ConfigPath = PathBuf;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_command_line_is_one_line_without_usage() {
        for (args, expected) in [
            (
                vec!["loadd", "run", "--no-such-flag", "a.js"],
                "--no-such-flag",
            ),
            (vec!["loadd", "nonsense"], "nonsense"),
            (vec!["loadd", "run"], "SCRIPT"),
            (vec!["loadd", "run", "-d", "10", "a.js"], "unit"),
            (vec!["loadd", "run", "-e", "1A=b", "a.js"], "1A"),
            (vec!["loadd", "run", "--tag", "a=", "a.js"], "a="),
            (
                vec!["loadd", "run", "--summary-trend-stats", "p(101)", "a.js"],
                "p(101)",
            ),
            (
                vec!["loadd", "run", "--out", "json=x", "a.js"],
                "not supported yet",
            ),
        ] {
            let text = match Cli::try_parse_from(&args) {
                Err(error) => one_line(&error.to_string()),
                Ok(Cli {
                    command: Some(Commands::Run(run)),
                    ..
                }) => match run.request() {
                    Err(text) => text,
                    Ok(_) => panic!("{args:?} is taken"),
                },
                Ok(_) => panic!("{args:?} is taken"),
            };
            assert!(
                text.contains(expected) && !text.contains('\n'),
                "{args:?}: {text}"
            );
        }
    }

    #[test]
    fn clap_finds_no_contradiction() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
