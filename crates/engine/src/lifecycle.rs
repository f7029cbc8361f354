//! The life of a run as one state machine on a thread of its own: make VUs, wait for the start, setup, scenarios, drain,
//! teardown, last tick. Every wait also serves ticks, commands and reports, so that nothing ever stands still.

mod asked;
mod hooks;
mod vus;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use loadd_metrics::{Shelf, Snapshot};
use loadd_script::ScriptFailure;
use tokio::sync::{mpsc, oneshot, watch};

use asked::Asked;

use crate::{
    Command, Failure, Outcome, Phase, RunStart, ScenarioPhase, Status, StopReason,
    collector::Collector,
    core::{CoreCommand, Part},
    shared::{Shared, TICK},
};

/// A hook's result as JSON text, or what went wrong and how it reads.
pub(crate) type HookResult = Result<Option<String>, (ScriptFailure, String)>;

/// What cores report.
#[derive(Debug)]
pub(crate) enum Report {
    VuMade,
    /// A scenario that grows took one of the VUs that no scenario held.
    SpareTaken {
        core: usize,
    },
    VuFailed(String),
    Shelf {
        core: usize,
        shelf: Shelf,
    },
    HookEnded(HookResult),
    ScenarioOver {
        core: usize,
        scenario: usize,
        interrupted: bool,
        returned: u64,
    },
    Aborted(String),
    MarkedFailed,
    CoreFailed(String),
    CoreEnded {
        core: usize,
        shelf: Shelf,
    },
}

/// What the life cycle is connected to.
pub(crate) struct Wires {
    pub(crate) commands: mpsc::UnboundedReceiver<(Command, oneshot::Sender<()>)>,
    pub(crate) reports: mpsc::UnboundedReceiver<Report>,
    pub(crate) status: watch::Sender<Arc<Status>>,
    pub(crate) snapshots: watch::Sender<Arc<Snapshot>>,
}

/// How far a scenario has come, over all cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScenarioState {
    pub(crate) phase: ScenarioPhase,
    /// Cores that still work on it.
    pub(crate) cores: usize,
}

/// A run under way.
pub(crate) struct Life {
    pub(crate) shared: Arc<Shared>,
    wires: Wires,
    pub(crate) collector: Collector,
    ticker: tokio::time::Interval,
    pub(crate) phase: Phase,
    pub(crate) stop: Option<StopReason>,
    pub(crate) scenarios: Vec<ScenarioState>,
    /// Idle VUs of each core that no scenario holds.
    free: Vec<u64>,
    vus_asked: u64,
    vus_made: u64,
    /// How the hook of the plan ended.
    hook: Option<HookResult>,
    asked: Asked,
    failure: Option<Failure>,
    marked_failed: bool,
    setup_data: Option<Arc<str>>,
    cores_ended: usize,
    /// Where the time line begins, once that is known.
    pub(crate) line_start: Option<u64>,
    /// Where this process joins it: nothing that was due before is made up.
    joined_at: u64,
}

impl Life {
    pub(crate) fn new(shared: Arc<Shared>, wires: Wires, collector: Collector) -> Life {
        let mut ticker = tokio::time::interval(TICK);
        ticker.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let cores = shared.cores.len();
        let waiting = ScenarioState {
            phase: ScenarioPhase::Waiting,
            cores: 0,
        };
        Life {
            scenarios: vec![waiting; shared.scenarios.len()],
            free: vec![0; cores],
            shared,
            wires,
            collector,
            ticker,
            phase: Phase::Created,
            stop: None,
            vus_asked: 0,
            vus_made: 0,
            hook: None,
            asked: Asked::default(),
            failure: None,
            marked_failed: false,
            setup_data: None,
            cores_ended: 0,
            line_start: None,
            joined_at: 0,
        }
    }

    /// Lives the whole life.
    pub(crate) async fn run(mut self) -> Outcome {
        self.make_vus().await;
        self.wait_for_resume().await;
        self.run_setup().await;
        self.run_scenarios().await;
        self.run_teardown().await;
        self.end().await
    }

    /// Whether the run is to go no further with its plan.
    fn is_over(&self) -> bool {
        self.stop.is_some() || self.failure.is_some()
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.publish_status();
    }

    fn tell_all(&self, command: impl Fn() -> CoreCommand) {
        for core in &self.shared.cores {
            // A core that is gone has reported its failure.
            drop(core.send(command()));
        }
    }

    async fn wait_for_resume(&mut self) {
        if !self.shared.settings.paused || self.is_over() {
            return;
        }
        self.enter(Phase::Waiting);
        self.wait(None, |life| {
            !life.shared.paused.load(Ordering::Relaxed) || life.is_over()
        })
        .await;
    }

    fn fail(&mut self, failure: Failure) {
        if self.failure.is_none() {
            self.failure = Some(failure);
        }
    }

    async fn run_scenarios(&mut self) {
        if self.is_over() {
            return;
        }
        let line_start = match self.shared.settings.start {
            RunStart::WhenReady => self.shared.now(),
            RunStart::At(unix_nanos) => self.shared.instant_of(unix_nanos),
        };
        self.line_start = Some(line_start);
        // A run that begins when it is ready begins with its first start, however long it took to say so. One with a start
        // of its own makes up nothing that was due before its VUs were ready.
        self.joined_at = match self.shared.settings.start {
            RunStart::WhenReady => line_start,
            RunStart::At(_) => self.shared.now().max(line_start),
        };
        if line_start > self.shared.now() {
            self.enter(Phase::Waiting);
        } else {
            self.enter(Phase::Running);
        }
        self.collector.run_began(&self.shared, line_start);
        let mut order: Vec<usize> = (0..self.shared.scenarios.len()).collect();
        order.sort_by_key(|index| self.shared.scenarios[*index].plan.start_time);
        for index in order {
            let at = line_start.saturating_add(self.shared.scenarios[index].plan.start_time.0);
            // A little early: the core waits for the exact instant itself.
            let early = self.deadline_at(at.saturating_sub(20_000_000));
            self.wait(Some(early), Life::is_over).await;
            if self.is_over() {
                break;
            }
            self.enter(Phase::Running);
            self.start_scenario(index, at).await;
        }
        self.wait(None, |life| {
            life.scenarios.iter().all(|scenario| scenario.cores == 0)
        })
        .await;
    }

    fn deadline_at(&self, instant: u64) -> tokio::time::Instant {
        let left = Duration::from_nanos(instant.saturating_sub(self.shared.now()));
        tokio::time::Instant::now() + left
    }

    /// Hands a scenario its VUs and tells the cores to run it.
    async fn start_scenario(&mut self, index: usize, at: u64) {
        let part = &self.shared.scenarios[index].part;
        let need = part.initial_vus;
        if part.is_idle || part.max_vus == 0 {
            self.scenarios[index].phase = ScenarioPhase::Done;
            return;
        }
        self.wait_for_free(index, need).await;
        let idle: u64 = self.free.iter().sum();
        if idle < need {
            self.make_more(need - idle).await;
        }
        if self.is_over() {
            return;
        }
        let join = self.joined_at.saturating_sub(at);
        self.shared.scenarios[index]
            .started_at
            .store(at, Ordering::Relaxed);
        self.shared.scenarios[index]
            .held
            .store(need, Ordering::Relaxed);
        self.collector.scenario_joined(&self.shared, index, join);
        let parts = self.hand_out(index, need).await;
        self.scenarios[index] = ScenarioState {
            phase: ScenarioPhase::Running,
            cores: parts.len(),
        };
        let of = parts.len() as u64;
        for (part, (core, vus)) in parts.into_iter().enumerate() {
            let part = Part {
                index: part as u64,
                of,
                join,
            };
            drop(self.shared.cores[core].send(CoreCommand::StartScenario {
                scenario: index,
                vus,
                part,
            }));
        }
        self.publish_status();
    }

    /// Shuts the cores down, takes their last shelves and publishes the last snapshot: totals are exact.
    async fn end(mut self) -> Outcome {
        self.collector.freeze_elapsed(&self.shared);
        self.end_asked().await;
        self.tell_all(|| CoreCommand::Shutdown);
        self.wait(None, |life| life.cores_ended >= life.shared.cores.len())
            .await;
        self.phase = Phase::Ended;
        let snapshot =
            self.collector
                .last_snapshot(&self.shared, self.stop, self.failure.is_some());
        let crossed = self.collector.crossed();
        self.publish_status();
        self.wires.snapshots.send_replace(Arc::clone(&snapshot));
        Outcome {
            failure: self.failure,
            stop: self.stop,
            crossed,
            marked_failed: self.marked_failed,
            snapshot,
            setup_data: self.setup_data,
        }
    }

    /// Serves events until the condition holds or the deadline has come.
    async fn wait(
        &mut self,
        deadline: Option<tokio::time::Instant>,
        mut done: impl FnMut(&Life) -> bool,
    ) {
        while !done(self) {
            let far = tokio::time::Instant::now() + Duration::from_secs(86_400);
            tokio::select! {
                biased;
                Some((command, taken)) = self.wires.commands.recv() => {
                    self.obey(command);
                    // Whoever asked may have gone away.
                    let _: Result<(), ()> = taken.send(());
                }
                Some(report) = self.wires.reports.recv() => self.take(report),
                _ = self.ticker.tick() => self.tick(),
                () = tokio::time::sleep_until(deadline.unwrap_or(far)) => {
                    if deadline.is_some() {
                        return;
                    }
                }
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Pause => self.shared.paused.store(true, Ordering::Relaxed),
            Command::Resume => {
                self.shared.paused.store(false, Ordering::Relaxed);
                self.tell_all(|| CoreCommand::Resumed);
            }
            Command::Stop(reason) => self.stop(reason),
            Command::SetSetupData(data) => self.take_setup_data(data),
            Command::CallHook(call) => self.ask(call),
        }
        self.publish_status();
    }

    fn stop(&mut self, reason: StopReason) {
        let graceful = reason == StopReason::Graceful;
        if self.stop.is_some() && graceful {
            return;
        }
        self.stop.get_or_insert(reason);
        self.tell_all(|| CoreCommand::Stop { graceful });
        let change = |state: &mut ScenarioState| {
            if state.phase == ScenarioPhase::Running {
                state.phase = ScenarioPhase::Stopping;
            }
        };
        self.scenarios.iter_mut().for_each(change);
    }

    fn take(&mut self, report: Report) {
        match report {
            Report::VuMade => self.vus_made += 1,
            Report::SpareTaken { core } => self.free[core] = self.free[core].saturating_sub(1),
            Report::VuFailed(text) => {
                self.fail(Failure::Exception(text));
                self.tell_all(|| CoreCommand::Stop { graceful: false });
            }
            Report::Shelf { core, shelf } => {
                if self.collector.take(core, shelf) {
                    self.publish_snapshot();
                }
            }
            Report::HookEnded(result) => self.hook_ended(result),
            Report::ScenarioOver {
                core,
                scenario,
                interrupted,
                returned,
            } => {
                self.free[core] += returned;
                self.scenario_over(scenario, interrupted);
            }
            Report::Aborted(reason) => {
                if self.failure.is_none() {
                    tracing::error!(target: "loadd::engine", "{reason}");
                    self.failure = Some(Failure::Aborted(reason));
                }
                self.stop(StopReason::Script);
            }
            Report::MarkedFailed => self.marked_failed = true,
            Report::CoreFailed(text) => {
                self.fail(Failure::Broken(text));
                self.tell_all(|| CoreCommand::Stop { graceful: false });
            }
            Report::CoreEnded { core, shelf } => {
                self.collector.absorb(core, shelf);
                self.cores_ended += 1;
            }
        }
    }

    fn scenario_over(&mut self, index: usize, interrupted: bool) {
        let state = &mut self.scenarios[index];
        state.cores = state.cores.saturating_sub(1);
        if interrupted {
            state.phase = ScenarioPhase::Interrupted;
        }
        if state.cores > 0 {
            return;
        }
        if state.phase != ScenarioPhase::Interrupted {
            state.phase = ScenarioPhase::Done;
        }
        let scenario = &self.shared.scenarios[index];
        if scenario.part.draws_from_quota {
            self.collector.not_started(
                &self.shared,
                index,
                scenario.quota.swap(0, Ordering::Relaxed),
            );
        }
        self.publish_status();
    }

    fn tick(&mut self) {
        if self.collector.tick(&self.shared) {
            // A core did not answer the tick before: its shelf will be in the next snapshot.
            self.publish_snapshot();
        }
        for (core, spare) in self.collector.spares() {
            drop(self.shared.cores[core].send(CoreCommand::Tick(spare)));
        }
        self.cut_asked_off_in_time();
        self.publish_status();
    }

    fn publish_snapshot(&mut self) {
        let snapshot = self.collector.snapshot(&self.shared);
        self.wires.snapshots.send_replace(snapshot);
        if self.collector.abort_asked() && self.stop.is_none() {
            tracing::error!(target: "loadd::engine", "a threshold with abortOnFail is crossed: the test is stopped");
            self.stop(StopReason::Threshold);
        }
    }

    fn publish_status(&self) {
        self.wires.status.send_replace(Arc::new(self.status()));
    }

    fn status(&self) -> Status {
        let mut status = self.shared.status(self.phase, &self.scenarios);
        status.stop = self.stop;
        status.tainted = self.collector.is_tainted();
        status.vus_planned = self.vus_asked;
        status.setup_data.clone_from(&self.setup_data);
        status.line_start_unix_nanos = self
            .line_start
            .map(|start| self.shared.unix_nanos_at(start));
        status
    }
}
