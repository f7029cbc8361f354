//! Starting a run: threads, channels, and the handle that is given out.

use std::{sync::Arc, thread::JoinHandle};

use loadd_metrics::Registry;
use loadd_script::Bundle;
use tokio::sync::{mpsc, watch};

use crate::{
    EngineHandle, EngineSettings, Outcome, Phase, ScenarioPhase,
    collector::Collector,
    core,
    health::usable_cores,
    huge_pages::allow_huge_pages,
    lifecycle::{Life, ScenarioState, Wires},
    shared::Shared,
};

/// A run that has been started.
#[derive(Debug)]
pub struct Engine {
    handle: EngineHandle,
    life: JoinHandle<Result<Outcome, EngineError>>,
    cores: Vec<JoinHandle<()>>,
}

/// Why a run could not be started or did not end by itself: a fault of the machine or of loadd.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A thread or a runtime could not be made.
    #[error("cannot start {what}: {source}")]
    Start {
        /// What was to be made.
        what: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The life cycle's thread has panicked.
    #[error("the engine has failed: please report this as a bug of loadd")]
    Panicked,
}

impl Engine {
    /// Starts the run's threads and begins to make VUs.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(
        settings: EngineSettings,
        bundle: Arc<Bundle>,
        registry: Arc<Registry>,
    ) -> Result<Engine, EngineError> {
        let vus = settings.plan.max_vus(&settings.share).max(1);
        allow_huge_pages(vus);
        let cores = core_count(&settings, vus);
        let (reports, reports_in) = mpsc::unbounded_channel();
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..cores).map(|_| mpsc::unbounded_channel()).unzip();
        let shared = Arc::new(Shared::new(settings, bundle, registry, reports, senders));
        let mut threads = Vec::with_capacity(cores);
        for (index, receiver) in receivers.into_iter().enumerate() {
            let shared = Arc::clone(&shared);
            let thread = spawn(format!("core-{index}"), move || {
                core::run(index, shared, receiver);
            })?;
            threads.push(thread);
        }
        let mut collector = Collector::new(&shared);
        let waiting = ScenarioState {
            phase: ScenarioPhase::Waiting,
            cores: 0,
        };
        let mut first = shared.status(Phase::Created, &vec![waiting; shared.scenarios.len()]);
        let settings = &shared.settings;
        first.vus_planned = settings.plan.planned_vus(&settings.share);
        let (status, status_out) = watch::channel(Arc::new(first));
        let (snapshots, snapshots_out) = watch::channel(collector.snapshot(&shared));
        let (commands, commands_in) = mpsc::unbounded_channel();
        let wires = Wires {
            commands: commands_in,
            reports: reports_in,
            status,
            snapshots,
        };
        let life = spawn("life".to_owned(), move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .map_err(|source| EngineError::Start {
                    what: "the life cycle",
                    source,
                })?;
            Ok(runtime.block_on(async move { Life::new(shared, wires, collector).run().await }))
        })?;
        let handle = EngineHandle {
            commands,
            status: status_out,
            snapshots: snapshots_out,
        };
        Ok(Engine {
            handle,
            life,
            cores: threads,
        })
    }

    /// A handle for those who steer and watch.
    #[must_use]
    pub fn handle(&self) -> EngineHandle {
        self.handle.clone()
    }

    /// Waits for the end of the run.
    ///
    /// # Errors
    /// Where the engine itself has failed.
    pub fn join(self) -> Result<Outcome, EngineError> {
        let outcome = self.life.join().map_err(|_| EngineError::Panicked)??;
        for core in self.cores {
            core.join().map_err(|_| EngineError::Panicked)?;
        }
        Ok(outcome)
    }
}

fn spawn<T: Send + 'static>(
    name: String,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, EngineError> {
    std::thread::Builder::new()
        .name(name)
        .spawn(body)
        .map_err(|source| EngineError::Start {
            what: "a thread",
            source,
        })
}

/// One event loop for each usable core, but never more than there are VUs: an idle loop would only cost start-up time.
fn core_count(settings: &EngineSettings, vus: u64) -> usize {
    let wanted = if settings.cores == 0 {
        usable_cores()
    } else {
        settings.cores
    };
    wanted
        .min(usize::try_from(vus).unwrap_or(usize::MAX))
        .max(1)
}
