//! `loadd flush --config test.toml`: sends what lies in the spool, that of other instances too, and exits.

use clap::Args;
use loadd_outputs::{Leftover, flush};
use serde_json::Map;

use super::{ConfigPath, refused};
use crate::{
    config::{self, Surroundings},
    terminal::{complaint, exit::Exit, logs, screen},
};

/// Flags of `loadd flush`.
#[derive(Debug, Clone, Args)]
pub(super) struct FlushArgs {
    /// The test's TOML file
    #[arg(long, value_name = "FILE")]
    config: ConfigPath,
}

/// Sends what waits.
pub(super) fn run(args: &FlushArgs) -> Exit {
    let test = match config::daemon(&args.config, Map::new(), &Surroundings::look()) {
        Ok(test) => test,
        Err(refusal) => return refused(&refusal),
    };
    let settings = logs::LogSettings {
        format: test.log_format,
        level: test.log_level,
        colours: true,
        ..logs::LogSettings::default()
    };
    if let Err(message) = logs::start(&settings) {
        complaint::line(&message);
        return Exit::Other;
    }
    let Some(root) = &test.spool else {
        complaint::line("remote_write.spool is not set: nothing is kept that could be sent");
        return Exit::BadConfig;
    };
    let left = match flush(root, test.remote_write.as_ref(), test.otlp.as_ref()) {
        Ok(left) => left,
        Err(error) => {
            complaint::line(&format!("flush {}: {error}", root.display()));
            return Exit::BadConfig;
        }
    };
    let mut exit = Exit::Ok;
    for Leftover {
        folder,
        output,
        result,
    } in &left
    {
        let name = folder.display();
        match result {
            Ok(report) => {
                screen::print(&format!(
                    "{name} ({output}): {} sent, {} refused, {} dropped, {} still waiting\n",
                    report.sent, report.failed, report.dropped, report.pending
                ));
                if report.failed + report.dropped + report.pending > 0 {
                    exit = Exit::Undelivered;
                }
            }
            Err(error) => screen::print(&format!("{name}: left alone: {error}\n")),
        }
    }
    if left.is_empty() {
        screen::print("nothing waits\n");
    }
    exit
}
