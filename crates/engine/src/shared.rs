//! What all cores of a run share: immutable settings, and counters that are touched once per iteration, never per request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use loadd_client::ClientContext;
use loadd_metrics::{Recorder, Registry, SampleTap, SystemTag};
use loadd_script::Bundle;
use loadd_timeline::{Clock, Length, Offset, ScenarioPlan, Share, SystemClock};
use tokio::sync::mpsc;

use crate::{
    EngineSettings, Phase, ScenarioPhase, ScenarioStatus, Status,
    core::CoreCommand,
    lifecycle::{Report, ScenarioState},
    part::SharePart,
    vu::VuIdentity,
};

/// One run, seen by all its cores.
pub(crate) struct Shared {
    pub(crate) settings: EngineSettings,
    pub(crate) bundle: Arc<Bundle>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) client: Arc<ClientContext>,
    pub(crate) clock: SystemClock,
    pub(crate) scenarios: Vec<ScenarioShared>,
    pub(crate) vus: VuCounts,
    /// Reports to the life cycle.
    pub(crate) reports: mpsc::UnboundedSender<Report>,
    /// Mailboxes of all cores: for offering a start to a neighbour.
    pub(crate) cores: Vec<mpsc::UnboundedSender<CoreCommand>>,
    /// Starts are held back.
    pub(crate) paused: AtomicBool,
    /// When the test began on the run's clock in nanoseconds: just before setup.
    pub(crate) began: AtomicU64,
    /// Nanoseconds since the epoch at which the boot-time clock read 0, as the wall clock said when this process began.
    pub(crate) wall_at_zero: i64,
}

/// Counts of VUs and iterations over all cores.
#[derive(Debug)]
pub(crate) struct VuCounts {
    pub(crate) initialized: AtomicU64,
    pub(crate) active: AtomicU64,
    /// Iterations completed, by core: only that core adds to it.
    pub(crate) completed: Box<[OwnCount]>,
    pub(crate) interrupted: AtomicU64,
    /// Ids given out.
    pub(crate) ids: AtomicU64,
    /// Heaps of all script engines in bytes.
    pub(crate) heap_bytes: AtomicU64,
}

impl VuCounts {
    fn new(cores: usize) -> VuCounts {
        VuCounts {
            initialized: AtomicU64::new(0),
            active: AtomicU64::new(0),
            completed: (0..cores).map(|_| OwnCount::default()).collect(),
            interrupted: AtomicU64::new(0),
            ids: AtomicU64::new(0),
            heap_bytes: AtomicU64::new(0),
        }
    }

    /// Iterations completed on all cores.
    pub(crate) fn completed(&self) -> u64 {
        let counts = self.completed.iter();
        counts.map(|count| count.0.load(Ordering::Relaxed)).sum()
    }
}

/// A count that one core writes and all may read, on a cache line of its own: no core waits for another's.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct OwnCount(AtomicU64);

impl OwnCount {
    pub(crate) fn add(&self) {
        let next = self.0.load(Ordering::Relaxed) + 1;
        self.0.store(next, Ordering::Relaxed);
    }
}

/// A count that all cores write, once per iteration, away from what they only read.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct CommonCount(AtomicU64);

/// One scenario, seen by all cores.
pub(crate) struct ScenarioShared {
    pub(crate) plan: ScenarioPlan,
    /// What of it falls to this worker.
    pub(crate) part: SharePart,
    /// Iterations begun on this worker: the next one's number.
    pub(crate) begun: CommonCount,
    pub(crate) dropped: AtomicU64,
    /// VUs inside an iteration (open model) or a loop (closed model).
    pub(crate) active: AtomicU64,
    /// VUs that the scenario holds, unplanned ones included.
    pub(crate) held: AtomicU64,
    /// Whether the warning about too few VUs has been given.
    pub(crate) warned: AtomicBool,
    /// Start on the run's clock in nanoseconds; 0 while it waits.
    pub(crate) started_at: AtomicU64,
    /// Iterations that are still to be handed out (shared-iterations).
    pub(crate) quota: AtomicU64,
}

impl ScenarioShared {
    /// A scenario that has not begun. `begun`: iterations that an earlier process of the same run has begun.
    pub(crate) fn new(plan: ScenarioPlan, share: &Share, begun: u64) -> ScenarioShared {
        let part = SharePart::of(&plan, share);
        ScenarioShared {
            begun: CommonCount(AtomicU64::new(begun)),
            dropped: AtomicU64::new(0),
            active: AtomicU64::new(0),
            held: AtomicU64::new(0),
            warned: AtomicBool::new(false),
            started_at: AtomicU64::new(0),
            quota: AtomicU64::new(if part.draws_from_quota {
                part.iterations.unwrap_or(0)
            } else {
                0
            }),
            plan,
            part,
        }
    }

    /// How far its regular time has come, 0 to 1; 0 for ever.
    pub(crate) fn progress(&self, now: u64) -> f64 {
        let started = self.started_at.load(Ordering::Relaxed);
        match self.part.length {
            Length::For(Offset(length)) if started != 0 && length > 0 => {
                let elapsed = Duration::from_nanos(now.saturating_sub(started)).as_secs_f64();
                (elapsed / Duration::from_nanos(length).as_secs_f64()).min(1.0)
            }
            Length::For(_) | Length::Forever => 0.0,
        }
    }

    fn status(&self, phase: ScenarioPhase, now: u64) -> ScenarioStatus {
        let started = self.started_at.load(Ordering::Relaxed);
        let elapsed = if started == 0 {
            0
        } else {
            now.saturating_sub(started)
        };
        ScenarioStatus {
            name: self.plan.name.clone(),
            executor: self.plan.executor.type_name(),
            phase,
            elapsed: Duration::from_nanos(elapsed),
            duration: match self.part.length {
                Length::For(Offset(length)) => Some(Duration::from_nanos(length)),
                Length::Forever => None,
            },
            starts_in: Duration::from_nanos(if started == 0 {
                self.plan.start_time.0
            } else {
                0
            }),
            vus: self.active.load(Ordering::Relaxed),
            vus_max: self.held.load(Ordering::Relaxed),
            vus_planned: self.part.initial_vus,
            rate: self
                .part
                .arrivals
                .as_ref()
                .map(|arrivals| arrivals.rate_at(Offset(elapsed))),
            started: self.begun(),
            dropped: self.dropped.load(Ordering::Relaxed),
            iterations: self.part.iterations,
            progress: self.progress(now),
        }
    }
    /// Iterations begun so far.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.0.load(Ordering::Relaxed)
    }

    /// The number of an iteration that begins now: on this worker, and in the whole test.
    pub(crate) fn draw_iteration(&self) -> (u64, u64) {
        let here = self.begun.0.fetch_add(1, Ordering::Relaxed);
        let in_test = self.part.stripe.ordinal(here);
        (here, in_test)
    }

    /// Takes one iteration from the quota; `false` when there is none left.
    pub(crate) fn draw_quota(&self) -> bool {
        self.quota
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }
}

/// How often shelves are traded and a snapshot is made: half a second, so that a killed worker's checkpoint misses no more
/// than 1.1 s.
pub(crate) const TICK: Duration = Duration::from_millis(500);

/// The run's clock begins here, not at 0: a run that began before this machine did still has a positive position.
const CLOCK_BIAS: u64 = 1 << 62;

impl Shared {
    /// A run that has not begun.
    pub(crate) fn new(
        settings: EngineSettings,
        bundle: Arc<Bundle>,
        registry: Arc<Registry>,
        reports: mpsc::UnboundedSender<Report>,
        cores: Vec<mpsc::UnboundedSender<CoreCommand>>,
    ) -> Shared {
        let clock = SystemClock;
        let begun = |name: &str| {
            settings
                .restored
                .as_ref()
                .map_or(0, |restored| restored.begun(name))
        };
        let scenarios = &settings.plan.scenarios;
        Shared {
            client: ClientContext::new(settings.client.clone()),
            wall_at_zero: clock.wall() - i64::try_from(clock.now()).unwrap_or(0),
            paused: AtomicBool::new(settings.paused),
            scenarios: scenarios
                .iter()
                .map(|plan| ScenarioShared::new(plan.clone(), &settings.share, begun(&plan.name)))
                .collect(),
            settings,
            bundle,
            registry,
            clock,
            vus: VuCounts::new(cores.len()),
            reports,
            cores,
            began: AtomicU64::new(0),
        }
    }

    /// The run's clock in nanoseconds: monotonic, counts suspended time, never steps.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now() + CLOCK_BIAS
    }

    /// An instant of the run's clock as the system's boot-time clock has it, for timers.
    pub(crate) fn boot_time(instant: u64) -> u64 {
        instant.saturating_sub(CLOCK_BIAS)
    }

    /// An instant in nanoseconds since the epoch, on the run's clock.
    pub(crate) fn instant_of(&self, unix_nanos: i64) -> u64 {
        CLOCK_BIAS.saturating_add_signed(unix_nanos - self.wall_at_zero)
    }

    /// An instant of the run's clock in nanoseconds since the epoch, as the wall clock said at the start.
    pub(crate) fn unix_nanos_at(&self, instant: u64) -> i64 {
        let since_zero = i128::from(instant) - i128::from(CLOCK_BIAS);
        i64::try_from(since_zero + i128::from(self.wall_at_zero)).unwrap_or(i64::MAX)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since the epoch as JavaScript has them"
    )]
    pub(crate) fn wall_ms_at(&self, instant: u64) -> f64 {
        self.unix_nanos_at(instant) as f64 / 1e6
    }

    /// Milliseconds since the epoch by the run's clock: what samples are dated with.
    pub(crate) fn wall_ms_now(&self) -> i64 {
        self.unix_nanos_at(self.now()) / 1_000_000
    }

    /// Wall clock minus the run's clock in seconds: a step of the wall clock shows here and nowhere else.
    #[expect(clippy::cast_precision_loss, reason = "an offset of seconds")]
    pub(crate) fn clock_offset_seconds(&self) -> f64 {
        (self.clock.wall() - self.unix_nanos_at(self.now())) as f64 / 1e9
    }

    /// Taps a recorder, where an output wants each single sample.
    pub(crate) fn tap(&self, recorder: &mut Recorder) {
        if let Some(sink) = &self.settings.tap {
            let (clock, wall_at_zero) = (self.clock, self.wall_at_zero);
            let now = move || wall_at_zero.saturating_add_unsigned(clock.now());
            recorder.attach(SampleTap::new(sink.clone(), now));
        }
    }

    /// Test duration so far: from just before setup.
    pub(crate) fn elapsed(&self) -> Duration {
        match self.began.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            began => Duration::from_nanos(self.now().saturating_sub(began)),
        }
    }

    /// The identity of the next VU.
    pub(crate) fn next_identity(&self) -> VuIdentity {
        let before = self.vus.ids.fetch_add(1, Ordering::Relaxed);
        let stripe = self.settings.share.stripe();
        VuIdentity {
            id: before + 1,
            id_in_test: stripe.ordinal(before) + 1,
        }
    }

    /// `--tag` and `options.tags`.
    pub(crate) fn run_tags(&self) -> Vec<(&str, &str)> {
        self.settings
            .tags
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    /// The tags of a scenario's own samples: run tags, scenario tags, `scenario`.
    pub(crate) fn scenario_tags(&self, index: usize) -> Vec<(&str, &str)> {
        let plan = &self.scenarios[index].plan;
        let mut tags = self.run_tags();
        tags.extend(
            plan.tags
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        if self.settings.system_tags.contains(SystemTag::Scenario) {
            tags.push(("scenario", &plan.name));
        }
        tags
    }

    /// How the run stands, as far as the cores' counters say.
    pub(crate) fn status(&self, phase: Phase, states: &[ScenarioState]) -> Status {
        let settings = &self.settings;
        Status {
            phase,
            paused: self.paused.load(Ordering::Relaxed),
            stop: None,
            tainted: false,
            elapsed: self.elapsed(),
            total: settings
                .plan
                .total_duration(&settings.share)
                .map(|Offset(nanos)| Duration::from_nanos(nanos)),
            line_start_unix_nanos: None,
            vus: self.vus.active.load(Ordering::Relaxed),
            vus_max: self.vus.initialized.load(Ordering::Relaxed),
            vus_planned: 0,
            setup_data: None,
            iterations_completed: self.vus.completed(),
            iterations_interrupted: self.vus.interrupted.load(Ordering::Relaxed),
            scenarios: self
                .scenarios
                .iter()
                .zip(states)
                .map(|(scenario, state)| scenario.status(state.phase, self.now()))
                .collect(),
        }
    }
}
