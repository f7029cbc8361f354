//! The command line. clap reads it; each command has a file of its own.

mod archive;
mod check;
mod control;
mod daemon;
mod flags;
mod flush;
mod global;
mod init;
mod inspect;
mod later;
mod new;
mod run;
mod runtime;
mod schema;
mod target;
mod version;

use std::{ffi::OsString, path::PathBuf};

use clap::{Parser, Subcommand};
use control::Wish;

use crate::{
    config::Refusal,
    terminal::{complaint, exit::Exit, logs, screen},
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
    /// Packs a script and all that it opens into one tar
    Archive(Box<archive::ArchiveArgs>),
    /// Writes a commented test.toml for a script, and a first script where none is named
    Init(init::InitArgs),
    /// Writes a first script
    New(new::NewArgs),
    /// Says how a running loadd stands
    Status(control::ControlArgs),
    /// Holds back the starts of a running loadd; its time line goes on
    Pause(control::ControlArgs),
    /// Lets a paused loadd start again
    Resume(control::ControlArgs),
    /// Ends the run of a running loadd
    Stop(control::ControlArgs),
    /// Lets a running loadd read its config again
    Reload(control::ControlArgs),
    /// Prints the metrics of a running loadd
    Stats(control::ControlArgs),
    /// Prints the version
    Version(version::VersionArgs),
    /// Lists k6's experimental features
    Features(version::VersionArgs),
    /// Prints the options of a script as JSON
    Inspect(inspect::InspectArgs),
    /// Validates config and script without the network; shows what the test and this worker will do
    Check(check::CheckArgs),
    /// Prints the JSON Schema of the TOML file
    Schema,
    /// Runs the demo HTTP service
    Target(target::TargetArgs),
    /// Sends what lies in the spool, and exits
    Flush(flush::FlushArgs),
    #[command(flatten)]
    Later(later::LaterCommands),
}

/// Reads the command line and does what it says.
pub(crate) fn main() -> Exit {
    let args: Vec<OsString> = global::rearranged(std::env::args_os().collect());
    let of_k6 = args
        .get(1)
        .is_some_and(|word| K6_COMMANDS.iter().any(|name| word == name));
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, of_k6),
    };
    match cli.command {
        Some(Commands::Run(args)) => run::run(&args),
        Some(Commands::Inspect(args)) => inspect::run(&args),
        Some(Commands::Archive(args)) => archive::run(&args),
        Some(Commands::Init(args)) => init::run(&args),
        Some(Commands::New(args)) => new::run(&args),
        Some(Commands::Status(args)) => control::run(&args, Wish::Status),
        Some(Commands::Pause(args)) => control::run(&args, Wish::Pause),
        Some(Commands::Resume(args)) => control::run(&args, Wish::Resume),
        Some(Commands::Stop(args)) => control::run(&args, Wish::Stop),
        Some(Commands::Reload(args)) => control::run(&args, Wish::Reload),
        Some(Commands::Stats(args)) => control::run(&args, Wish::Stats),
        Some(Commands::Version(args)) => version::run(&args),
        Some(Commands::Features(args)) => version::features(&args),
        Some(Commands::Check(args)) => check::run(&args),
        Some(Commands::Schema) => schema::run(),
        Some(Commands::Target(args)) => target::run(args),
        Some(Commands::Flush(args)) => flush::run(&args),
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

/// Commands that talk as k6 does: in log lines.
const K6_COMMANDS: [&str; 7] = [
    "run", "archive", "inspect", "new", "deps", "features", "version",
];

/// What the command line itself is refused with: one line, no usage text, 255. Help and version are no errors.
fn refuse(error: &clap::Error, of_k6: bool) -> Exit {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion) {
        screen::print(&error.to_string());
        return Exit::Ok;
    }
    let message = one_line(&error.to_string());
    if of_k6 && logs::start_as_k6().is_ok() {
        return unusable(&message);
    }
    complaint::line(&message);
    Exit::Other
}

/// One error line in the log, and 255.
fn unusable(message: &str) -> Exit {
    tracing::error!("{message}");
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
    code_of(refusal)
}

/// The same as k6 does: in one log line.
fn refused_as_k6(refusal: &Refusal) -> Exit {
    let message = complaint::as_k6(refusal);
    match refusal {
        Refusal::Script(_) => tracing::error!(hint = "script exception", "{message}"),
        Refusal::Config { .. } | Refusal::Usage(_) => tracing::error!("{message}"),
    }
    code_of(refusal)
}

fn code_of(refusal: &Refusal) -> Exit {
    match refusal {
        Refusal::Config { .. } => Exit::BadConfig,
        Refusal::Script(error) if error.aborted => Exit::ScriptAborted,
        Refusal::Script(error) if error.uncoded => Exit::Other,
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
                vec!["loadd", "run", "--summary-mode", "legacy", "a.js"],
                "legacy",
            ),
            (vec!["loadd", "run", "--no-summary", "a.js"], "--no-summary"),
            (
                vec!["loadd", "run", "--compatibility-mode", "x", "a.js"],
                "extended",
            ),
            (
                vec!["loadd", "run", "--log-output", "syslog", "a.js"],
                "syslog",
            ),
            (vec!["loadd", "run", "--paused=maybe", "a.js"], "maybe"),
            (
                vec!["loadd", "run", "--execution-segment", "33.5%", "a.js"],
                "33.5%",
            ),
            (
                vec!["loadd", "run", "--traces-output", "nowhere", "a.js"],
                "nowhere",
            ),
            (vec!["loadd", "run", "a.js", "b.js"], "b.js"),
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
