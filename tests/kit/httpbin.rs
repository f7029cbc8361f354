//! httpbin, served by waitress: a service that loadd has no part in.

use std::{process::Command, time::Duration};

use crate::{paths, process::Process};

/// A running httpbin.
#[derive(Debug)]
pub struct Httpbin {
    address: String,
    _process: Process,
}

impl Default for Httpbin {
    fn default() -> Self {
        Httpbin::start()
    }
}

impl Httpbin {
    /// Starts it on a port that the system chooses, and waits until it serves.
    #[must_use]
    pub fn start() -> Httpbin {
        let mut command = Command::new(paths::httpbin_server());
        command.args(["--listen=127.0.0.1:0", "--threads=8", "httpbin:app"]);
        let mut process = Process::start("httpbin", &mut command);
        let address = process.line("the address", Duration::from_secs(60), |line| {
            let address = line.split("Serving on http://").nth(1)?;
            Some(address.trim().trim_end_matches('/').to_owned())
        });
        Httpbin {
            address,
            _process: process,
        }
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
