//! `loadd version` and `loadd features`: what this binary is, and which of k6's experimental features it knows.

use clap::Args;
use serde_json::json;

use crate::terminal::{exit::Exit, screen};

/// Flags of both.
#[derive(Debug, Args)]
pub(super) struct VersionArgs {
    /// As JSON
    #[arg(long)]
    json: bool,
}

const FEATURES: [(&str, &str, &str); 3] = [
    (
        "native-histograms",
        "always on",
        "trends are pushed as native histograms",
    ),
    (
        "merge-run-tags",
        "off",
        "tags of the layers are merged key by key",
    ),
    ("freeze-env", "off", "__ENV cannot be changed"),
];

/// Prints the version.
pub(super) fn run(args: &VersionArgs) -> Exit {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let version = env!("CARGO_PKG_VERSION");
    screen::print(&if args.json {
        let document = json!({ "version": format!("v{version}"), "os": os, "arch": arch });
        format!("{document}\n")
    } else {
        format!("loadd v{version} ({os}/{arch})\n")
    });
    Exit::Ok
}

/// Prints the features.
pub(super) fn features(args: &VersionArgs) -> Exit {
    screen::print(&if args.json {
        let list = FEATURES.map(
            |(name, state, words)| json!({ "name": name, "state": state, "description": words }),
        );
        format!("{}\n", json!(list))
    } else {
        let line =
            |(name, state, words): (&str, &str, &str)| format!("{name:<18} {state:<14} {words}\n");
        FEATURES.map(line).concat()
    });
    Exit::Ok
}
