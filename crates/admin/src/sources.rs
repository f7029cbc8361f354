//! Where the admin server gets what it shows, and whom it tells what it is told.

use std::sync::Arc;

use loadd_engine::{Command, EngineHandle, Hook, HookCall, Status};
use loadd_metrics::{Snapshot, ThresholdSet};
use prometheus_client::registry::Registry;
use tokio::sync::{mpsc, oneshot, watch};

/// All that the admin server reads. The run comes later than the server.
#[derive(Clone)]
pub struct Sources {
    /// The test's ID.
    pub test_id: String,
    /// This worker.
    pub instance: String,
    /// Version of loadd.
    pub version: String,
    /// The run, once there is an engine.
    pub run: watch::Receiver<Option<Run>>,
    /// Further self metrics for `/metrics`, beside those in the snapshots.
    pub registries: Vec<Arc<Registry>>,
    /// Whether `/metrics` also gives the test's metrics (where remote write is off).
    pub test_metrics: bool,
    /// How delivery to Prometheus stands; absent where there is none.
    pub delivery: Option<Arc<dyn Fn() -> Delivery + Send + Sync>>,
}

/// How delivery to Prometheus stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivery {
    /// Samples that wait.
    pub pending: u64,
    /// Samples refused for good.
    pub failed: u64,
    /// Samples never offered.
    pub dropped: u64,
}

/// A run to be watched and steered.
#[derive(Debug, Clone)]
pub struct Run {
    /// Status after status.
    pub statuses: watch::Receiver<Arc<Status>>,
    /// Snapshot after snapshot.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// The thresholds to show.
    pub thresholds: Arc<ThresholdSet>,
    /// Who takes commands.
    pub steering: Steering,
}

/// Who takes commands.
#[derive(Debug, Clone)]
pub enum Steering {
    /// An engine.
    Engine(EngineHandle),
    /// Anybody at the other end of a channel who says when a command has been taken up.
    Channel(mpsc::UnboundedSender<(Command, oneshot::Sender<()>)>),
}

impl Run {
    /// An engine's run.
    #[must_use]
    pub fn of(engine: &EngineHandle, thresholds: Arc<ThresholdSet>) -> Run {
        Run {
            statuses: engine.statuses(),
            snapshots: engine.snapshots(),
            thresholds,
            steering: Steering::Engine(engine.clone()),
        }
    }

    pub(crate) fn status(&self) -> Arc<Status> {
        Arc::clone(&self.statuses.borrow())
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshots.borrow())
    }
}

impl Steering {
    /// Sends a command and waits until it has been taken up; `false` where nobody is there any more.
    pub(crate) async fn send(&self, command: Command) -> bool {
        match self {
            Steering::Engine(engine) => engine.send(command).await,
            Steering::Channel(commands) => {
                let (reply, taken) = oneshot::channel();
                commands.send((command, reply)).is_ok() && taken.await.is_ok()
            }
        }
    }
}

impl Run {
    /// Calls setup or teardown and waits for its end. `None` where the run ends first, or has ended.
    pub(crate) async fn call(&self, hook: Hook) -> Option<Result<(), String>> {
        let (done, ended) = oneshot::channel();
        let taken = self
            .steering
            .send(Command::CallHook(HookCall { hook, done }))
            .await;
        if taken { ended.await.ok() } else { None }
    }
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources")
            .field("test_id", &self.test_id)
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}
