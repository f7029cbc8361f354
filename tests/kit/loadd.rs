//! The binary under test: daemons and commands, with their output, page and end.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{http, paths, process::Process, wait_for};

/// How long a start may take on a slow machine.
const START: Duration = Duration::from_secs(30);

/// A running loadd.
#[derive(Debug)]
pub struct Loadd {
    /// The process.
    pub process: Process,
    admin: Option<String>,
}

/// One that has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Exit code; 128 + signal, where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Finished {
    /// Both outputs.
    #[must_use]
    pub fn output(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Asserts the exit code, each of the texts on either output, and that no panic shows.
    ///
    /// # Panics
    /// With the whole output, where one of them does not hold.
    pub fn expect(&self, code: i32, texts: &[&str]) {
        let output = self.output();
        assert_eq!(self.code, code, "exit code; output:\n{output}");
        for text in texts {
            assert!(output.contains(text), "`{text}` is missing in:\n{output}");
        }
        for bad in [
            "panicked at",
            "RUST_BACKTRACE",
            "called `Result::unwrap",
            "Some(\"",
            "Os {",
        ] {
            assert!(
                !output.contains(bad),
                "`{bad}` is no text for people:\n{output}"
            );
        }
    }
}

impl Loadd {
    /// `loadd --config FILE`, in the file's folder.
    #[must_use]
    pub fn daemon(config: &Path) -> Loadd {
        Loadd::daemon_with(config, &[])
    }

    /// The same with environment variables.
    #[must_use]
    pub fn daemon_with(config: &Path, environment: &[(&str, &str)]) -> Loadd {
        let folder = config.parent().unwrap_or(Path::new("."));
        let mut command = command(folder);
        command
            .arg("--config")
            .arg(config)
            .envs(environment.iter().copied());
        let name = config.file_stem().unwrap_or_default().to_string_lossy();
        Loadd {
            process: Process::start(&format!("loadd {name}"), &mut command),
            admin: None,
        }
    }

    /// The same where no file may grow beyond so many blocks of 512 bytes: a write beyond fails, as on a full disk.
    #[must_use]
    pub fn daemon_limited(config: &Path, blocks: u32) -> Loadd {
        let folder = config.parent().unwrap_or(Path::new("."));
        let mut limited = Command::new("sh");
        // The signal of this limit is ignored, as a process that asked for errors would do.
        limited
            .arg("-c")
            .arg(format!(
                "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""
            ))
            .arg(paths::loadd_bin())
            .arg("--config")
            .arg(config);
        cleaned(&mut limited, folder);
        Loadd {
            process: Process::start("loadd under a limit", &mut limited),
            admin: None,
        }
    }

    /// `loadd ARGUMENTS` in a folder.
    #[must_use]
    pub fn command(folder: &Path, arguments: &[&str]) -> Loadd {
        let mut command = command(folder);
        command.args(arguments);
        Loadd {
            process: Process::start(&format!("loadd {}", arguments.join(" ")), &mut command),
            admin: None,
        }
    }

    /// `loadd ARGUMENTS` to its end.
    #[must_use]
    pub fn output(folder: &Path, arguments: &[&str]) -> Finished {
        Loadd::command(folder, arguments).finish(Duration::from_secs(60))
    }

    /// Tells the handle where the admin server was told to listen, and waits until it says that it is ready.
    #[must_use]
    pub fn ready(mut self, admin: &str) -> Loadd {
        self.admin = Some(admin.to_owned());
        let process = &mut self.process;
        wait_for(&format!("readiness at {admin}"), START, || {
            assert!(
                process.ended().is_none(),
                "loadd ended before it was ready:\n{}\n{}",
                process.stdout.text(),
                process.stderr.text()
            );
            let answer = http::get(admin, "/readyz").ok()?;
            (answer.status == 200).then_some(())
        });
        self
    }

    /// GET on its admin server.
    ///
    /// # Panics
    /// When it does not answer, or [`Loadd::ready`] was not called.
    #[must_use]
    pub fn get(&self, path: &str) -> http::Response {
        let admin = self.admin.as_deref().expect("ready() was called");
        http::get(admin, path).unwrap_or_else(|error| panic!("GET {admin}{path}: {error}"))
    }

    /// SIGTERM.
    pub fn terminate(&mut self) {
        self.process.signal(Signal::TERM);
    }

    /// SIGKILL: a crash.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn finish(&mut self, deadline: Duration) -> Finished {
        let code = self.process.wait(deadline);
        Finished {
            code,
            stdout: self.process.stdout.text(),
            stderr: self.process.stderr.text(),
        }
    }

    /// How long `finish` took, for those who bound it.
    pub fn finish_timed(&mut self, deadline: Duration) -> (Finished, Duration) {
        let started = Instant::now();
        (self.finish(deadline), started.elapsed())
    }
}

/// loadd with an environment that says nothing about tests.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(paths::loadd_bin());
    cleaned(&mut command, folder);
    command
}

fn cleaned(command: &mut Command, folder: &Path) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["LOADD_", "K6_", "RUST_", "NOTIFY_", "WATCHDOG_"]
            .iter()
            .any(|start| text.starts_with(start))
        {
            command.env_remove(&name);
        }
    }
    command.env("NO_COLOR", "1").current_dir(folder);
}
