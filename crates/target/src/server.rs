//! Taking the port, starting the workers, stopping them.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{SystemTime, UNIX_EPOCH},
};

use tokio::sync::{mpsc, watch};

use crate::{
    settings::TargetSettings,
    stats::{Counts, Stats},
    worker::{self, INBOX, Shared},
};

/// Why the demo service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken, not ours, or no address.
    #[error("listen on {listen}: {source}")]
    Listen {
        /// As it was set.
        listen: String,
        /// What the system says.
        source: io::Error,
    },
    /// The system refuses a thread.
    #[error("start a worker thread: {0}")]
    Thread(io::Error),
}

/// The demo service with its port taken: clients can connect, and wait.
#[derive(Debug)]
pub struct Target {
    listener: TcpListener,
    address: SocketAddr,
    threads: usize,
    seed: u64,
}

impl Target {
    /// Takes the port.
    ///
    /// # Errors
    /// [`Error::Listen`], where that cannot be done.
    pub fn bind(settings: TargetSettings) -> Result<Target, Error> {
        let threads = settings.worker_count();
        let seed = settings.seed.map_or_else(seed_of_the_day, u64::from);
        let bound = TcpListener::bind(&settings.listen).and_then(|listener| {
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        });
        match bound {
            Ok((listener, address)) => Ok(Target {
                listener,
                address,
                threads,
                seed,
            }),
            Err(source) => Err(Error::Listen {
                listen: settings.listen,
                source,
            }),
        }
    }

    /// The address taken, with the port that the system chose.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves on threads of its own. Dropping the handle stops the service, too.
    ///
    /// # Errors
    /// [`Error::Thread`].
    pub fn run_in_background(self) -> Result<TargetHandle, Error> {
        let (stop, stopped) = watch::channel(false);
        let (inboxes, mut outlets): (Vec<_>, Vec<_>) =
            (0..self.threads).map(|_| mpsc::channel(INBOX)).unzip();
        let shared = Arc::new(Shared::new(self.seed, inboxes));
        let mut listener = Some(self.listener);
        let mut workers = Vec::with_capacity(self.threads);
        for (number, inbox) in outlets.drain(..).enumerate() {
            let (shared, listener, stopped) =
                (Arc::clone(&shared), listener.take(), stopped.clone());
            let thread = thread::Builder::new()
                .name(format!("target-{number}"))
                .spawn(move || worker::work(number, &shared, inbox, listener, stopped))
                .map_err(Error::Thread)?;
            workers.push(thread);
        }
        Ok(TargetHandle {
            address: self.address,
            shared,
            stop,
            workers,
        })
    }
}

fn seed_of_the_day() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    // 53 bits: so that whoever reads it from JSON can set it again.
    crate::random::mix(now.as_nanos() as u64) >> 11
}

/// The running service.
#[derive(Debug)]
pub struct TargetHandle {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    workers: Vec<JoinHandle<io::Result<Counts>>>,
}

impl TargetHandle {
    /// The address that is served.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What it has done so far; `None` once it stops. Blocks for the time of a request: not for an async task (there,
    /// `GET /stats`, or `spawn_blocking`).
    #[must_use]
    pub fn stats(&self) -> Option<Stats> {
        self.shared.blocking_stats()
    }

    /// Stops accepting; answers under way get a second to finish. Returns at once.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the service has stopped, for whatever reason, and gives its last counts.
    ///
    /// # Errors
    /// What ended a worker before its time.
    pub fn join(mut self) -> io::Result<Stats> {
        let mut all = Vec::with_capacity(self.workers.len());
        for worker in self.workers.drain(..) {
            let counts = worker
                .join()
                .map_err(|_| io::Error::other("a worker of the demo service has panicked"))?;
            all.push(counts?);
        }
        Ok(Stats::sum(
            self.shared.seed,
            self.shared.started.elapsed(),
            &all,
        ))
    }
}

impl Drop for TargetHandle {
    fn drop(&mut self) {
        self.stop();
    }
}
