//! Commands of the contract that later releases have: each is refused by its name, and hidden from help.

use clap::{Args, Subcommand};

use crate::terminal::{complaint, exit::Exit};

/// All that may follow; it is not looked at.
#[derive(Debug, Args)]
pub(super) struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<std::ffi::OsString>,
}

macro_rules! later {
    ($($command:ident = $name:literal: $words:literal;)*) => {
        /// The commands.
        #[derive(Debug, Subcommand)]
        pub(super) enum LaterCommands {
            $(
                #[doc = $words]
                #[command(name = $name, hide = true, disable_help_flag = true)]
                $command(Rest),
            )*
        }

        impl LaterCommands {
            /// Says what it is about, and that it is not there.
            pub(super) fn refuse(&self) -> Exit {
                let (name, words, rest) = match self {
                    $(LaterCommands::$command(rest) => ($name, $words, rest),)*
                };
                tracing::debug!(arguments = rest.rest.len(), "refused");
                complaint::line(&format!("loadd {name}: {words}"));
                Exit::Other
            }
        }
    };
}

later! {
    Scale = "scale": "not there yet; change the config and restart";
    Deps = "deps": "not there; the script's import statements say it";
    Merge = "merge": "not there yet; push to Prometheus and ask there";
    Verdict = "verdict": "not there yet; ask Prometheus";
    Cloud = "cloud": "there is no cloud; see workers.load_zone, Prometheus and Grafana";
    Login = "login": "there is no cloud; see workers.load_zone, Prometheus and Grafana";
}
