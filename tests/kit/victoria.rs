//! A real VictoriaMetrics: takes remote write and OTLP over HTTP, almost without judging.

use std::{process::Command, time::Duration};

use crate::{
    http, paths,
    process::Process,
    promql::{Series, ask},
    room::Room,
    wait_for,
};

/// A VictoriaMetrics on its own empty folder.
#[derive(Debug)]
pub struct Victoria {
    address: String,
    _process: Process,
    _room: Room,
}

impl Default for Victoria {
    fn default() -> Self {
        Victoria::start()
    }
}

impl Victoria {
    /// Starts one, and waits until it is ready. Fresh samples are shown at once, and OTLP's names are Prometheus'.
    #[must_use]
    pub fn start() -> Victoria {
        let room = Room::new();
        let address = format!("127.0.0.1:{}", paths::free_port());
        let mut command = Command::new(paths::victoria_metrics_bin());
        command
            .arg(format!("-storageDataPath={}", room.join("data").display()))
            .arg(format!("-httpListenAddr={address}"))
            .args([
                "-retentionPeriod=1d",
                "-search.latencyOffset=0s",
                "-opentelemetry.usePrometheusNaming",
            ]);
        let process = Process::start("victoria-metrics", &mut command);
        wait_for("VictoriaMetrics", Duration::from_secs(60), || {
            let answer = http::get(&address, "/health").ok()?;
            (answer.status == 200).then_some(())
        });
        Victoria {
            address,
            _process: process,
            _room: room,
        }
    }

    /// Where to push.
    #[must_use]
    pub fn write_url(&self) -> String {
        format!("http://{}/api/v1/write", self.address)
    }

    /// OTLP's endpoint, to which `/v1/metrics` is appended.
    #[must_use]
    pub fn otlp_url(&self) -> String {
        format!("http://{}/opentelemetry", self.address)
    }

    /// Instant query over all that has come in.
    ///
    /// # Errors
    /// VictoriaMetrics' own words.
    pub fn query(&self, expression: &str) -> Result<Vec<Series>, String> {
        // What came in lies in memory for a moment.
        let _flushed = http::get(&self.address, "/internal/force_flush");
        ask(
            &self.address,
            "/api/v1/query",
            &[("query", expression), ("nocache", "1")],
        )
    }

    /// The one number that a query gives; nothing for an empty answer.
    ///
    /// # Panics
    /// When there is more than one series, or the query is refused.
    #[must_use]
    pub fn number(&self, expression: &str) -> Option<f64> {
        let answer = self
            .query(expression)
            .unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert!(
            answer.len() <= 1,
            "{expression}: {} series, not one",
            answer.len()
        );
        answer.first().map(|series| series.last().float())
    }
}
