//! `loadd inspect`: the options of a script as JSON, and what a run of it needs. Standard output holds nothing else, since
//! the k6 Operator reads it.

use clap::Args;

use super::{global::GlobalFlags, refused_as_k6, run::request, runtime::RuntimeFlags, unusable};
use crate::{
    config::{self, Surroundings},
    terminal::{exit::Exit, screen},
};

/// Flags of `inspect`.
#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// Script or archive
    #[arg(value_name = "FILE")]
    script: String,
    /// Also lay environment over it, derive the scenarios, and say how long a run takes and how many VUs it needs
    #[arg(long)]
    execution_requirements: bool,
    #[command(flatten)]
    runtime: RuntimeFlags,
    #[command(flatten)]
    global: GlobalFlags,
}

/// Prints the options.
pub(super) fn run(args: &InspectArgs) -> Exit {
    if let Err(message) = args.global.start_logs(None) {
        return unusable(&message);
    }
    let request = match request(&args.script, None, &args.runtime, &args.global) {
        Ok(request) => request,
        Err(message) => return unusable(&message),
    };
    let around = Surroundings::look();
    let shown = if args.execution_requirements {
        config::requirements(&request, &around)
    } else {
        config::options_of(&request, &around)
    };
    match shown {
        Ok(text) => {
            screen::print(&text);
            Exit::Ok
        }
        Err(refusal) => refused_as_k6(&refusal),
    }
}
