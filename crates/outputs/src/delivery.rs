//! An output at work: snapshots in, requests out, on a thread of its own that the load never waits for. What is spoken is a
//! [`Codec`]'s business; remote write and OTLP are two of them.

mod sender;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
    time::Duration,
};

use loadd_metrics::{Exemplars, Snapshot};
use tokio::sync::{Notify, oneshot, watch};

use crate::{
    checkpoint::RunFolder,
    codec::Codec,
    counters::PipelineCounters,
    endpoint::{Endpoint, retry::Patience},
    error::Error,
    output::{FlushReport, Output, RunIdentity},
    push::Pusher,
    settings::{DISK_SPOOL_BYTES, MEMORY_SPOOL_BYTES},
    spool::{
        Limits, Log,
        record::Run,
        store::{DiskStore, MemoryStore, Store},
    },
};

/// A sender that is ready to start: all of its settings, files and folders have been found good.
pub struct Delivery {
    name: &'static str,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(crate) log: Log,
    pub(crate) endpoint: Endpoint,
    codec: Box<dyn Codec + Send>,
    pusher: Pusher,
    counters: Arc<PipelineCounters>,
    pub(crate) patience: Patience,
    seed: u64,
}

/// A sender at work.
#[derive(Debug)]
pub struct DeliveryHandle {
    thread: Option<thread::JoinHandle<()>>,
    stop: Option<oneshot::Sender<Duration>>,
    name: &'static str,
    counters: Arc<PipelineCounters>,
}

/// What a [`Delivery`] is built of.
pub(crate) struct Parts<'a> {
    pub(crate) name: &'static str,
    /// Of the spool's folder and its cursor.
    pub(crate) file_name: &'static str,
    pub(crate) endpoint: Endpoint,
    pub(crate) codec: Box<dyn Codec + Send>,
    pub(crate) interval: Duration,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) identity: &'a RunIdentity,
    pub(crate) folder: Option<&'a RunFolder>,
}

impl Delivery {
    /// With a folder its spool lies there and survives the process; without one it lies in memory.
    pub(crate) fn build(
        parts: Parts<'_>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
    ) -> Result<Delivery, Error> {
        let Parts {
            name,
            file_name,
            endpoint,
            codec,
            interval,
            max_bytes,
            identity,
            folder,
        } = parts;
        let counters = Arc::new(PipelineCounters::default());
        let path = folder.map(|folder| folder.path().join(file_name));
        let failed = |error| Error::Spool {
            path: path.clone().unwrap_or_default(),
            error,
        };
        let (store, default_bytes): (Box<dyn Store>, u64) = match &path {
            Some(path) => (
                Box::new(DiskStore::open(path).map_err(failed)?),
                DISK_SPOOL_BYTES,
            ),
            None => (Box::new(MemoryStore::default()), MEMORY_SPOOL_BYTES),
        };
        let limits = Limits::of(max_bytes.unwrap_or(default_bytes));
        let log = Log::open(store, limits, file_name, Arc::clone(&counters)).map_err(failed)?;
        let run = Arc::new(Run {
            start_ms: identity.start_ms,
            since_ms: identity.since_ms,
            labels: identity.wire_labels(),
        });
        let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
        let pusher = Pusher::new(run, interval_ms, identity.joined_ms, log.newest_ms());
        counters
            .highest_sent_timestamp_ms
            .store(identity.joined_ms, Relaxed);
        let seed = u64::from(crc32fast::hash(
            format!("{}/{}", identity.instance, identity.start_ms).as_bytes(),
        ));
        Ok(Delivery {
            name,
            snapshots,
            log,
            endpoint,
            codec,
            pusher,
            counters,
            patience: Patience::USUAL,
            seed,
        })
    }

    /// Sends spans of slow requests along with their histograms.
    #[must_use]
    pub fn with_exemplars(mut self, exemplars: Arc<Exemplars>) -> Delivery {
        self.pusher.send_exemplars(exemplars);
        self
    }

    /// What it counts about itself.
    #[must_use]
    pub fn counters(&self) -> Arc<PipelineCounters> {
        Arc::clone(&self.counters)
    }

    /// The newest time that the spool holds; a run's snapshots should be dated after it.
    #[must_use]
    pub fn newest_ms(&self) -> i64 {
        self.log.newest_ms()
    }

    /// Starts the thread. What lies in the spool is sent first.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(self) -> Result<DeliveryHandle, Error> {
        let name = self.name;
        let failed = |error| Error::Thread { name, error };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let counters = Arc::clone(&self.counters);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name(self.name.replace(' ', "-"))
            .spawn(move || runtime.block_on(self.run(stopped)))
            .map_err(failed)?;
        Ok(DeliveryHandle {
            thread: Some(thread),
            stop: Some(stop),
            name,
            counters,
        })
    }

    async fn run(self, stopped: oneshot::Receiver<Duration>) {
        let Delivery {
            name,
            snapshots,
            log,
            endpoint,
            codec,
            pusher,
            counters,
            patience,
            seed,
        } = self;
        let log = Rc::new(RefCell::new(log));
        let new_record = Rc::new(Notify::new());
        let fed = Rc::new(Cell::new(false));
        let mut sender = sender::Sender::new(
            name,
            Rc::clone(&log),
            Rc::clone(&new_record),
            endpoint,
            codec,
            Arc::clone(&counters),
            patience,
            seed,
        );
        let feed = async {
            feed(snapshots, pusher, &log, &new_record, &counters).await;
            fed.set(true);
            new_record.notify_one();
        };
        let is_fed = || fed.get();
        let work = async { tokio::join!(feed, sender.run(is_fed)) };
        let deadline = async {
            // A handle that was dropped has no time to give.
            let time = stopped.await.unwrap_or(Duration::ZERO);
            tokio::time::sleep(time).await;
        };
        tokio::select! {
            _ = work => {}
            () = deadline => {}
        }
        counters
            .pending
            .store(log.borrow().pending_samples(), Relaxed);
    }
}

/// Snapshots to records, until the last one or until nobody makes any more.
async fn feed(
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    mut pusher: Pusher,
    log: &RefCell<Log>,
    new_record: &Notify,
    counters: &PipelineCounters,
) {
    loop {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        // Before the first tick the channel may hold an empty one that nobody dated.
        if snapshot.time_ms > 0 {
            let pushed = pusher.take(&snapshot);
            counters.recorded.fetch_add(pushed.invalid, Relaxed);
            counters.failed_invalid.fetch_add(pushed.invalid, Relaxed);
            for record in pushed.records {
                counters
                    .highest_timestamp_ms
                    .fetch_max(record.time_ms, Relaxed);
                log.borrow_mut().append(record);
                new_record.notify_one();
            }
        }
        if snapshot.last || snapshots.changed().await.is_err() {
            return;
        }
    }
}

impl Output for DeliveryHandle {
    fn name(&self) -> &'static str {
        self.name
    }

    fn counters(&self) -> Arc<PipelineCounters> {
        Arc::clone(&self.counters)
    }

    fn finish(mut self: Box<Self>, timeout: Duration) -> FlushReport {
        self.flush(timeout)
    }
}

impl DeliveryHandle {
    /// What it counts about itself.
    #[must_use]
    pub fn counters(&self) -> Arc<PipelineCounters> {
        Arc::clone(&self.counters)
    }

    /// Blocks until everything is sent (the last snapshot must have been published) or the time is up.
    #[must_use]
    pub fn finish(mut self, timeout: Duration) -> FlushReport {
        self.flush(timeout)
    }

    fn flush(&mut self, timeout: Duration) -> FlushReport {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself: then there is nobody to tell.
            let _ended = stop.send(timeout);
        }
        let panicked = self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err());
        if panicked {
            tracing::error!(output = self.name, "output_thread_panicked");
        }
        FlushReport {
            sent: self.counters.sent.load(Relaxed),
            failed: self.counters.failed(),
            dropped: self.counters.dropped(),
            pending: self.counters.pending.load(Relaxed),
        }
    }
}

impl Drop for DeliveryHandle {
    fn drop(&mut self) {
        if self.thread.is_some() {
            let _report = self.flush(Duration::ZERO);
        }
    }
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Delivery")
            .field("name", &self.name)
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}
