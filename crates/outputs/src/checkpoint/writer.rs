//! The writer's thread: each snapshot's changes to the end of the file, and the whole anew when that has grown to a multiple.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
};

use loadd_metrics::Snapshot;
use tokio::sync::{oneshot, watch};

use super::{
    folder::RunFolder,
    format::{Checkpoint, Ending, RunKey, RunState, write_tick},
};
use crate::{counters::PipelineCounters, error::Error, spool::store::put_in_place};

/// The file is written anew when it is this many times as long as it was then.
const GROWTH: u64 = 4;
/// Below this it may grow as it likes.
const SMALL: u64 = 1 << 20;

/// Gives the engine's own numbers, asked at each tick.
pub type Keep = Box<dyn Fn() -> BTreeMap<String, u64> + Send>;

/// A checkpoint being written.
#[derive(Debug)]
pub struct CheckpointWriter {
    thread: Option<thread::JoinHandle<()>>,
    stop: Option<oneshot::Sender<Ending>>,
}

struct File {
    path: PathBuf,
    run: RunKey,
    keep: Keep,
    /// Length now, and after it was last written whole; `None`: to be written whole.
    lengths: Option<(u64, u64)>,
    version: u64,
    last: Option<Arc<Snapshot>>,
    counters: Arc<PipelineCounters>,
}

impl CheckpointWriter {
    /// Writes every snapshot of this run into the folder until [`CheckpointWriter::finish`]. The folder must outlive it.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(
        folder: &RunFolder,
        run: RunKey,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        keep: Keep,
        counters: Arc<PipelineCounters>,
    ) -> Result<CheckpointWriter, Error> {
        let failed = |error| Error::Thread {
            name: "the checkpoint",
            error,
        };
        let path = folder.checkpoint_path();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let file = File {
            path,
            run,
            keep,
            lengths: None,
            version: 0,
            last: None,
            counters,
        };
        let thread = thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || runtime.block_on(file.work(snapshots, stopped)))
            .map_err(failed)?;
        Ok(CheckpointWriter {
            thread: Some(thread),
            stop: Some(stop),
        })
    }

    /// Writes the newest snapshot with the run's end, and ends. Without this call the run counts as crashed.
    pub fn finish(mut self, ending: Ending) {
        if let Some(stop) = self.stop.take() {
            // The thread may be gone after a panic, which is reported by its join.
            let _gone = stop.send(ending);
        }
        self.join();
    }

    fn join(&mut self) {
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("checkpoint_thread_panicked");
        }
    }
}

impl Drop for CheckpointWriter {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.join();
    }
}

impl File {
    async fn work(
        mut self,
        mut snapshots: watch::Receiver<Arc<Snapshot>>,
        mut stopped: oneshot::Receiver<Ending>,
    ) {
        let mut open = true;
        loop {
            let snapshot = Arc::clone(&snapshots.borrow_and_update());
            if snapshot.time_ms > 0 {
                self.tick(snapshot, RunState::Running);
            }
            tokio::select! {
                biased;
                ending = &mut stopped => {
                    if let Ok(ending) = ending {
                        let newest = Arc::clone(&snapshots.borrow());
                        self.tick(newest, RunState::Finished(ending));
                    }
                    return;
                }
                changed = snapshots.changed(), if open => open = changed.is_ok(),
            }
        }
    }

    fn tick(&mut self, snapshot: Arc<Snapshot>, state: RunState) {
        let seen = self
            .last
            .as_ref()
            .is_some_and(|last| Arc::ptr_eq(last, &snapshot));
        if seen && state == RunState::Running && self.lengths.is_some() {
            return;
        }
        if let Err(error) = self.write(&snapshot, state) {
            if self.counters.checkpoint_write_errors.fetch_add(1, Relaxed) == 0 {
                tracing::warn!(path = %self.path.display(), error = %error, "checkpoint_not_written");
            }
            // The end may be torn now; a whole one takes its place as soon as the disk lets it.
            self.lengths = None;
            return;
        }
        self.version = snapshot.version;
        self.last = Some(snapshot);
    }

    fn write(&mut self, snapshot: &Snapshot, state: RunState) -> io::Result<()> {
        let head = Checkpoint {
            run: self.run.clone(),
            state,
            time_ms: snapshot.time_ms,
            elapsed: snapshot.elapsed,
            counts: Vec::new(),
            keep: (self.keep)(),
        };
        let mut bytes = Vec::new();
        match self.lengths {
            Some((length, whole)) if length < SMALL.max(whole * GROWTH) => {
                write_tick(&mut bytes, &head, snapshot.save_series(self.version));
                OpenOptions::new()
                    .append(true)
                    .open(&self.path)?
                    .write_all(&bytes)?;
                self.lengths = Some((length + bytes.len() as u64, whole));
            }
            Some(_) | None => {
                write_tick(&mut bytes, &head, snapshot.save_series(0));
                put_in_place(&self.path, &bytes)?;
                self.lengths = Some((bytes.len() as u64, bytes.len() as u64));
            }
        }
        Ok(())
    }
}
