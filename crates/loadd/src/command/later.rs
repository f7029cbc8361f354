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
    Init = "init": "not there yet; write a test.toml by hand (loadd schema, config/quickstart.toml)";
    Inspect = "inspect": "not there yet; loadd check shows what a test does";
    Archive = "archive": "not there yet; run the script itself";
    Status = "status": "not there yet; GET /v1/status of the admin server";
    Pause = "pause": "not there yet; PATCH /v1/status of the admin server";
    Resume = "resume": "not there yet; PATCH /v1/status of the admin server";
    Scale = "scale": "not there yet; change the config and restart";
    Stop = "stop": "not there yet; POST /-/quit of the admin server, or SIGTERM";
    Reload = "reload": "not there yet; change the config and restart";
    Stats = "stats": "not there yet; GET /v1/metrics of the admin server";
    Merge = "merge": "not there yet; push to Prometheus and ask there";
    Verdict = "verdict": "not there yet; ask Prometheus";
    Flush = "flush": "not there yet; the next start of the daemon sends what lies in the spool";
    Cloud = "cloud": "there is no cloud; see workers.load_zone, Prometheus and Grafana";
    Login = "login": "there is no cloud; see workers.load_zone, Prometheus and Grafana";
}
