//! `loadd archive`: a script and all that it opens in one tar, which k6 and loadd run.

use std::{fs::File, io::BufWriter};

use clap::Args;

use super::{
    flags::OptionFlags,
    global::GlobalFlags,
    refused_as_k6,
    run::request,
    runtime::{Compatibility, RuntimeFlags},
    unusable,
};
use crate::{
    config::{self, Surroundings},
    terminal::{exit::Exit, screen},
};

/// Flags of `archive`.
#[derive(Debug, Args)]
pub(super) struct ArchiveArgs {
    /// Script
    #[arg(value_name = "SCRIPT")]
    script: String,
    /// Where to write it; `-`: standard output
    #[arg(short = 'O', long, value_name = "FILE", default_value = "archive.tar")]
    archive_out: String,
    /// Leave the variables out
    #[arg(long)]
    exclude_env_vars: bool,
    #[command(flatten)]
    options: OptionFlags,
    #[command(flatten)]
    runtime: RuntimeFlags,
    #[command(flatten)]
    global: GlobalFlags,
}

/// Packs.
pub(super) fn run(args: &ArchiveArgs) -> Exit {
    let console = args.options.console_output.as_deref();
    if let Err(message) = args.global.start_logs(console) {
        return unusable(&message);
    }
    let asked = request(
        &args.script,
        Some(&args.options),
        &args.runtime,
        &args.global,
    );
    let request = match asked {
        Ok(request) => request,
        Err(message) => return unusable(&message),
    };
    let mode = args.runtime.compatibility_mode;
    let compatibility = mode.map_or("extended", Compatibility::as_str);
    let env = !args.exclude_env_vars;
    let pack = match config::pack(&request, &Surroundings::look(), compatibility, env) {
        Ok(pack) => pack,
        Err(refusal) => return refused_as_k6(&refusal),
    };
    for warning in &pack.warnings {
        tracing::warn!("{warning}");
    }
    let written = if args.archive_out == "-" {
        pack.write(screen::Stdout)
    } else {
        File::create(&args.archive_out).and_then(|file| pack.write(BufWriter::new(file)))
    };
    match written {
        Ok(()) => Exit::Ok,
        Err(error) => unusable(&format!("cannot write {}: {error}", args.archive_out)),
    }
}
