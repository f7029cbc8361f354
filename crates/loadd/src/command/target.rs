//! `loadd target`: the demo service on its own.

use std::num::{NonZeroU16, NonZeroU64};

use clap::Args;
use loadd_target::{Target, TargetSettings};

use crate::terminal::{complaint, exit::Exit, screen};

/// Flags of the demo service.
#[derive(Debug, Args)]
#[command(after_help = loadd_target::HELP)]
pub(super) struct TargetArgs {
    /// Address; port 0 lets the system choose
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "HOST:PORT")]
    listen: String,
    /// Worker threads; default: one for each core
    #[arg(long)]
    threads: Option<NonZeroU16>,
    /// Seed of delays and errors; default: a new one at every start
    #[arg(long)]
    seed: Option<NonZeroU64>,
}

/// Serves until it is told to stop.
pub(super) fn run(args: TargetArgs) -> Exit {
    let settings = TargetSettings {
        threads: args.threads,
        seed: args.seed,
        ..TargetSettings::on(args.listen)
    };
    let served = Target::bind(settings).and_then(|target| {
        screen::print(&format!("listening on http://{}/\n", target.local_addr()));
        target.run_in_background()
    });
    let handle = match served {
        Ok(handle) => handle,
        Err(error) => {
            complaint::line(&error.to_string());
            return Exit::Other;
        }
    };
    if let Err(error) = crate::daemon::signals::wait_for_end() {
        complaint::line(&format!("cannot wait for signals: {error}"));
    }
    handle.stop();
    match handle.join() {
        Ok(_) => Exit::Ok,
        Err(error) => {
            complaint::line(&error.to_string());
            Exit::Other
        }
    }
}
