//! A child process that is watched: its output is kept line by line, and it never outlives its handle.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal};

use crate::wait_for;

/// The lines that a process has written so far.
#[derive(Debug, Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn follow(source: impl Read + Send + 'static) -> (Lines, thread::JoinHandle<()>) {
        let lines = Lines::default();
        let kept = lines.clone();
        let reader = thread::spawn(move || {
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            while source
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                kept.0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(text);
                line.clear();
            }
        });
        (lines, reader)
    }

    /// All of them, as one text.
    #[must_use]
    pub fn text(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .join("\n")
    }

    /// The first result that `pick` gives for a line.
    pub fn find<T>(&self, pick: impl FnMut(&String) -> Option<T>) -> Option<T> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .find_map(pick)
    }
}

/// A running child with captured output. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    /// Standard output so far.
    pub stdout: Lines,
    /// Standard error so far.
    pub stderr: Lines,
    readers: Vec<thread::JoinHandle<()>>,
    status: Option<ExitStatus>,
}

impl Process {
    /// Starts it, without standard input.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(name: &str, command: &mut Command) -> Process {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("start {name} ({command:?}): {error}"));
        let (stdout, out_reader) = Lines::follow(child.stdout.take().expect("stdout is piped"));
        let (stderr, err_reader) = Lines::follow(child.stderr.take().expect("stderr is piped"));
        Process {
            name: name.to_owned(),
            child,
            stdout,
            stderr,
            readers: vec![out_reader, err_reader],
            status: None,
        }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its status, once it has ended.
    ///
    /// # Panics
    /// When the system cannot tell.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self
                .child
                .try_wait()
                .expect("a child can be asked for its status");
        }
        self.status
    }

    /// Waits for its end and for all of its output; gives the exit code (128 + signal, where a signal ended it).
    ///
    /// # Panics
    /// When it has not ended in time.
    pub fn wait(&mut self, deadline: Duration) -> i32 {
        let what = format!("the end of {}", self.name);
        let started = std::time::Instant::now();
        let status = loop {
            if let Some(status) = self.ended() {
                break status;
            }
            assert!(
                started.elapsed() < deadline,
                "gave up after {deadline:?} waiting for {what}; it says:\n{}\n{}",
                self.stdout.text(),
                self.stderr.text()
            );
            thread::sleep(Duration::from_millis(20));
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader of output does not panic");
        }
        status
            .code()
            .unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
    }

    /// Sends a signal; nothing, where it has ended.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn signal(&mut self, signal: Signal) {
        if self.ended().is_none() {
            rustix::process::kill_process(Pid::from_child(&self.child), signal)
                .expect("an own child takes signals");
        }
    }

    /// Kills it as a crash would (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.wait(Duration::from_secs(10));
    }

    /// Waits for a line on either output from which `pick` can take something.
    ///
    /// # Panics
    /// When it ends first, or the deadline passes; with its output.
    pub fn line<T>(
        &mut self,
        what: &str,
        deadline: Duration,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> T {
        let (stdout, stderr, name) = (self.stdout.clone(), self.stderr.clone(), self.name.clone());
        wait_for(&format!("{what} of {name}"), deadline, || {
            let ended = self.ended();
            let found = stdout
                .find(|line| pick(line))
                .or_else(|| stderr.find(|line| pick(line)));
            assert!(
                found.is_some() || ended.is_none(),
                "{name} ended ({ended:?}) before {what}:\n{}\n{}",
                stdout.text(),
                stderr.text()
            );
            found
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.status.is_none() {
            let _gone_already = self.child.kill();
            let _reaped = self.child.wait();
        }
        if thread::panicking() {
            eprintln!(
                "--- {} ---\n{}\n{}",
                self.name,
                self.stdout.text(),
                self.stderr.text()
            );
        }
    }
}
