//! `loadd target` as a process of its own: the service under load, and the judge of what was sent.

use std::{collections::BTreeMap, process::Command, time::Duration};

use serde::Deserialize;

use crate::{http, paths, process::Process};

/// A running demo service.
#[derive(Debug)]
pub struct Target {
    address: String,
    /// The process, to be killed by those who want it gone.
    pub process: Process,
}

/// What it says it has done; the part of `/stats` that tests read.
#[derive(Debug, Clone, Deserialize)]
pub struct Stats {
    /// Requests whose head was read.
    pub begun: u64,
    /// Requests answered to the last byte.
    pub served: u64,
    /// Requests broken off.
    pub aborted: u64,
    /// Requests under way.
    pub in_flight: u64,
    /// Served by path.
    pub by_path: BTreeMap<String, u64>,
    /// Served by status.
    pub by_status: BTreeMap<String, u64>,
    /// What requests asked for.
    pub delay_ms: Quantiles,
    /// What they were given.
    pub duration_ms: Quantiles,
}

/// A distribution in milliseconds, exact to 0.1 %.
#[derive(Debug, Clone, Deserialize)]
pub struct Quantiles {
    /// Values.
    pub count: u64,
    /// Median.
    pub p50: Option<f64>,
    /// 95 % are not above.
    pub p95: Option<f64>,
    /// 99 % are not above.
    pub p99: Option<f64>,
}

impl Stats {
    /// Served on one path.
    #[must_use]
    pub fn path(&self, path: &str) -> u64 {
        self.by_path.get(path).copied().unwrap_or(0)
    }
}

impl Target {
    /// Starts it on a port that the system chooses, and waits until it serves.
    #[must_use]
    pub fn start() -> Target {
        let mut command = Command::new(paths::loadd_bin());
        command.args(["target", "--listen", "127.0.0.1:0"]);
        let mut process = Process::start("loadd target", &mut command);
        let address = process.line("the address", Duration::from_secs(20), address_in);
        Target { address, process }
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `http://127.0.0.1:PORT` and a path with its query.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it has done so far.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let answer = http::get(&self.address, "/stats").expect("the target answers on /stats");
        serde_json::from_slice(&answer.body)
            .unwrap_or_else(|error| panic!("/stats of the target: {error}: {}", answer.text()))
    }
}

/// The loopback address with a real port in a line, whatever stands around it.
fn address_in(line: &str) -> Option<String> {
    let from = line.find("127.0.0.1:")?;
    let rest = &line[from + "127.0.0.1:".len()..];
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let port: u16 = digits.parse().ok()?;
    (port != 0).then(|| format!("127.0.0.1:{port}"))
}
