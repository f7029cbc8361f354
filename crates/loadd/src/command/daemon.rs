//! `loadd --config test.toml`: the daemon.

use std::path::Path;

use clap::Args;
use serde_json::{Map, Value, json};

use super::{ConfigPath, refused};
use crate::{
    config::{self, Surroundings},
    terminal::{complaint, exit::Exit, logs},
    wire,
};

/// Flags of the daemon form.
#[derive(Debug, Clone, Args)]
pub(super) struct DaemonArgs {
    /// The test's TOML file
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<ConfigPath>,
    /// Form of the logs: text, json or raw
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Stay up after a finite test has ended
    #[arg(long)]
    linger: bool,
}

impl DaemonArgs {
    fn layer(&self) -> Map<String, Value> {
        let mut daemon = Map::new();
        if self.linger {
            daemon.insert("linger".into(), true.into());
        }
        if let Some(format) = &self.log_format {
            daemon.insert("log".into(), json!({ "format": format }));
        }
        let mut map = Map::new();
        if !daemon.is_empty() {
            map.insert("daemon".into(), Value::Object(daemon));
        }
        map
    }
}

/// Runs the daemon.
pub(super) fn run(path: &Path, args: &DaemonArgs) -> Exit {
    let around = Surroundings::look();
    let test = match config::daemon(path, args.layer(), &around) {
        Ok(test) => test,
        Err(refusal) => return refused(&refusal),
    };
    let settings = logs::LogSettings {
        format: test.log_format,
        level: test.log_level,
        colours: true,
        ..logs::LogSettings::default()
    };
    let counts = match logs::start(&settings) {
        Ok(counts) => counts,
        Err(message) => {
            complaint::line(&message);
            return Exit::Other;
        }
    };
    say(&test);
    wire::run(&test, wire::Mode::Daemon, &counts)
}

/// Logs what the config wants to be known.
pub(super) fn say(test: &config::ResolvedTest) {
    for (level, line) in &test.bundle.console {
        logs::console(*level, line);
    }
    for notice in &test.notices {
        tracing::info!("{notice}");
    }
    for warning in &test.warnings {
        tracing::warn!("{warning}");
    }
}
