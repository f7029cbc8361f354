//! How the engine is steered and watched from above: [`Command`] down, [`Status`] and snapshots up.

use std::{sync::Arc, time::Duration};

use loadd_metrics::Snapshot;
use tokio::sync::{mpsc, oneshot, watch};

/// What may be asked of a running engine. Many senders, one receiver: the life cycle.
#[derive(Debug)]
pub enum Command {
    /// Stop starting iterations; the time line goes on underneath.
    Pause,
    /// Start again where the time line is now. Not an error while nothing is paused.
    Resume,
    /// End the run.
    Stop(StopReason),
    /// Take this JSON text as `setup`'s result from the next iteration on; `None`: no result. A setup that comes later
    /// overwrites it.
    SetSetupData(Option<Arc<str>>),
    /// Call setup or teardown now, beside whatever runs.
    CallHook(HookCall),
}

/// A call of setup or teardown that somebody asks for.
#[derive(Debug)]
pub struct HookCall {
    /// Which of the two.
    pub hook: Hook,
    /// Told when it has ended: what went wrong, if anything did. Dropped without a word where the run ends first.
    pub done: oneshot::Sender<Result<(), String>>,
}

/// The functions of a script that run once for each test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// `setup()`; its result becomes the setup data.
    Setup,
    /// `teardown(data)`.
    Teardown,
}

impl Hook {
    /// The function's name.
    #[must_use]
    pub fn function(self) -> &'static str {
        match self {
            Hook::Setup => "setup",
            Hook::Teardown => "teardown",
        }
    }

    /// The `group` tag of its samples.
    pub(crate) fn group(self) -> &'static str {
        match self {
            Hook::Setup => "::setup",
            Hook::Teardown => "::teardown",
        }
    }
}

/// Why a run is to end; decides how running iterations end and which exit code results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// SIGTERM or `/-/quit` to the daemon: finish within `graceful_stop`, exit 0.
    Graceful,
    /// SIGINT or SIGTERM to `loadd run`: interrupt at once, exit 105.
    Signal,
    /// REST `stopped: true`: interrupt at once, exit 103.
    Rest,
    /// A threshold with `abortOnFail`: interrupt at once, exit 99.
    Threshold,
    /// `exec.test.abort()`: interrupt at once, exit 108.
    Script,
}

/// A handle on a running engine. Cheap to clone; `Send`.
#[derive(Debug, Clone)]
pub struct EngineHandle {
    pub(crate) commands: mpsc::UnboundedSender<(Command, oneshot::Sender<()>)>,
    pub(crate) status: watch::Receiver<Arc<Status>>,
    pub(crate) snapshots: watch::Receiver<Arc<Snapshot>>,
}

impl EngineHandle {
    /// Sends a command and waits until it has been taken up. `false` where the engine is gone.
    pub async fn send(&self, command: Command) -> bool {
        let (reply, taken) = oneshot::channel();
        self.commands.send((command, reply)).is_ok() && taken.await.is_ok()
    }

    /// Sends a command from outside any runtime, without waiting.
    pub fn post(&self, command: Command) {
        let (reply, _) = oneshot::channel();
        // A failed send means that the engine has ended: there is nothing left to steer.
        drop(self.commands.send((command, reply)));
    }

    /// The newest status.
    #[must_use]
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status.borrow())
    }

    /// Status after status, one for each tick and each change of phase.
    #[must_use]
    pub fn statuses(&self) -> watch::Receiver<Arc<Status>> {
        self.status.clone()
    }

    /// Snapshot after snapshot, one for each tick (0.5 s); the last one has `last` set.
    #[must_use]
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }
}

/// Where a run is in its life, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nothing has begun.
    Created,
    /// VUs are being made.
    InitVus,
    /// VUs are made; waiting for `start_at` or a resume.
    Waiting,
    /// `setup()` runs.
    Setup,
    /// Scenarios run.
    Running,
    /// `teardown()` runs.
    Teardown,
    /// Over.
    Ended,
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Where in its life.
    pub phase: Phase,
    /// Whether starts are held back.
    pub paused: bool,
    /// Why it is to stop, once it is.
    pub stop: Option<StopReason>,
    /// Whether a threshold was crossed at the last evaluation.
    pub tainted: bool,
    /// Test duration so far.
    pub elapsed: Duration,
    /// Expected length of the whole; `None`: for ever.
    pub total: Option<Duration>,
    /// Where the time line begins in nanoseconds since the epoch, once that is known: with `start_at` absent, only when
    /// VUs are made and setup is done. The checkpoint keeps it.
    pub line_start_unix_nanos: Option<i64>,
    /// VUs at work.
    pub vus: u64,
    /// VUs made.
    pub vus_max: u64,
    /// VUs to be made before the start.
    pub vus_planned: u64,
    /// `setup`'s result as JSON text, or what was put in its place.
    pub setup_data: Option<Arc<str>>,
    /// Iterations that ran to their end.
    pub iterations_completed: u64,
    /// Iterations cut off.
    pub iterations_interrupted: u64,
    /// Each scenario, by start time and name.
    pub scenarios: Vec<ScenarioStatus>,
}

/// How a scenario stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioStatus {
    /// Key in `scenarios`.
    pub name: String,
    /// Executor's type, such as `constant-arrival-rate`.
    pub executor: &'static str,
    /// Where in its life.
    pub phase: ScenarioPhase,
    /// Since its own start; 0 while it waits.
    pub elapsed: Duration,
    /// Its regular length; `None`: for ever.
    pub duration: Option<Duration>,
    /// Until its start, while it waits.
    pub starts_in: Duration,
    /// VUs at work.
    pub vus: u64,
    /// VUs that it holds or may hold now.
    pub vus_max: u64,
    /// VUs that it begins with; where the plan asks for VUs, all that it will come to have.
    pub vus_planned: u64,
    /// Iterations per second that the plan asks for now; `None` where it asks for VUs.
    pub rate: Option<f64>,
    /// Iterations started.
    pub started: u64,
    /// Iterations dropped.
    pub dropped: u64,
    /// Iterations to do in all, where that is fixed.
    pub iterations: Option<u64>,
    /// 0 to 1; 0 for ever.
    pub progress: f64,
}

/// Where a scenario is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScenarioPhase {
    /// Waits for its start time.
    Waiting,
    /// Starts iterations.
    Running,
    /// Lets running iterations finish.
    Stopping,
    /// Over.
    Done,
    /// Cut off.
    Interrupted,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The first thing that went wrong, if any.
    pub failure: Option<Failure>,
    /// Why it was stopped, where it did not end with its plan.
    pub stop: Option<StopReason>,
    /// Local thresholds crossed at the end, as `metric` names, sorted.
    pub crossed: Vec<String>,
    /// Whether `exec.test.fail()` was called.
    pub marked_failed: bool,
    /// The last snapshot.
    pub snapshot: Arc<Snapshot>,
    /// `setup`'s result as JSON text.
    pub setup_data: Option<Arc<str>>,
}

/// What ends a run with an exit code of its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Exception in setup, teardown or a VU's init (107).
    #[error("{0}")]
    Exception(String),
    /// What setup returned cannot be passed on as JSON (255).
    #[error("{0}")]
    SetupData(String),
    /// Setup timed out (100).
    #[error("setup() took longer than setupTimeout")]
    SetupTimeout,
    /// Teardown timed out (101).
    #[error("teardown() took longer than teardownTimeout")]
    TeardownTimeout,
    /// Called `exec.test.abort()` (108): `test aborted`, with its reason.
    #[error("{0}")]
    Aborted(String),
    /// VUs could not be made, or a core has failed (109 or 255): a fault of the machine or of loadd.
    #[error("{0}")]
    Broken(String),
}
