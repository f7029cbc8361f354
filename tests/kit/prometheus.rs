//! A real Prometheus with remote-write receiver, native histograms and an out-of-order window.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rustix::process::Signal;

use crate::{http, paths, process::Process, room::Room, wait_for};

const NATIVE: &str = "--enable-feature=native-histograms";

/// Takes pushes; late ones too.
const CONFIG: &str = "global: {}\nstorage:\n  tsdb:\n    out_of_order_time_window: 30m\n";

/// A Prometheus on its own empty folder. Queries are in [`crate::promql`].
#[derive(Debug)]
pub struct Prometheus {
    room: Room,
    program: PathBuf,
    port: u16,
    process: Process,
}

impl Default for Prometheus {
    fn default() -> Self {
        Prometheus::start()
    }
}

impl Prometheus {
    /// Starts one on a port that the system chooses, and waits until it is ready.
    #[must_use]
    pub fn start() -> Prometheus {
        Prometheus::start_with(&[NATIVE])
    }

    /// Starts one of version 2.53.
    #[must_use]
    pub fn start_2_53() -> Prometheus {
        Prometheus::of(paths::prometheus_2_53_bin(), CONFIG, &[NATIVE])
    }

    /// Starts one without native histograms: it answers 500 to them, for ever.
    #[must_use]
    pub fn start_without_histograms() -> Prometheus {
        Prometheus::start_with(&[])
    }

    /// Starts one that keeps exemplars.
    #[must_use]
    pub fn start_with_exemplars() -> Prometheus {
        Prometheus::start_with(&[NATIVE, "--enable-feature=exemplar-storage"])
    }

    /// Starts one that takes OTLP too; Debian's cannot.
    #[must_use]
    pub fn start_with_otlp() -> Prometheus {
        Prometheus::start_with(&[NATIVE, "--web.enable-otlp-receiver"])
    }

    /// Starts one that scrapes the test's metrics of this address each second, with native histograms.
    #[must_use]
    pub fn start_scraping(address: &str) -> Prometheus {
        let config = format!(
            "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: loadd\n  honor_labels: true\n  params: {{test: [\"1\"]}}\n  \
             static_configs: [{{targets: [\"{address}\"]}}]\n"
        );
        Prometheus::configured(&config, &[NATIVE])
    }

    fn start_with(flags: &[&str]) -> Prometheus {
        Prometheus::configured(CONFIG, flags)
    }

    fn configured(config: &str, flags: &[&str]) -> Prometheus {
        Prometheus::of(paths::prometheus_bin(), config, flags)
    }

    fn of(program: PathBuf, config: &str, flags: &[&str]) -> Prometheus {
        let room = Room::new();
        room.write("prometheus.yml", config);
        let (process, port) = launch(&program, &room, 0, flags);
        Prometheus {
            room,
            program,
            port,
            process,
        }
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where to push.
    #[must_use]
    pub fn write_url(&self) -> String {
        format!("http://{}/api/v1/write", self.address())
    }

    /// OTLP's endpoint, to which `/v1/metrics` is appended.
    #[must_use]
    pub fn otlp_url(&self) -> String {
        format!("http://{}/api/v1/otlp", self.address())
    }

    /// Kills it as a crash would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same folder and port, and waits until it is ready.
    pub fn restart(&mut self) {
        self.process.signal(Signal::KILL);
        self.process.wait(Duration::from_secs(20));
        let (process, port) = launch(&self.program, &self.room, self.port, &[NATIVE]);
        self.process = process;
        self.port = port;
    }
}

fn launch(program: &Path, room: &Room, port: u16, flags: &[&str]) -> (Process, u16) {
    let mut command = Command::new(program);
    command
        .arg(format!(
            "--config.file={}",
            room.join("prometheus.yml").display()
        ))
        .arg(format!(
            "--storage.tsdb.path={}",
            room.join("data").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--web.enable-remote-write-receiver")
        .args(flags);
    let mut process = Process::start("prometheus", &mut command);
    // One earlier line says `:0`: only a real port counts.
    let port = process.line("the port", Duration::from_secs(60), |line| {
        let rest = line
            .contains("Listening on")
            .then(|| line.split("address=127.0.0.1:").nth(1))??;
        let port: u16 = rest
            .split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse()
            .ok()?;
        (port != 0).then_some(port)
    });
    let address = format!("127.0.0.1:{port}");
    wait_for("Prometheus to be ready", Duration::from_secs(60), || {
        let answer = http::get(&address, "/-/ready").ok()?;
        (answer.status == 200).then_some(())
    });
    (process, port)
}
