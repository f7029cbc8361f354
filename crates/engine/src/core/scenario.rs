//! A scenario as one core sees it: its VUs, whether it may still start, and the series that it counts in.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use loadd_metrics::{OpenLatency, Recorder, SeriesId, SystemTag, TagSet, TagSetId, metric};
use tokio::sync::Notify;

use crate::{pool::Pool, shared::Shared};

/// A scenario, seen by one core.
pub(crate) struct CoreScenario {
    pub(crate) name: Rc<str>,
    pub(crate) exec: Rc<str>,
    pub(crate) env: Rc<Vec<(String, String)>>,
    /// Run tags, scenario tags, `scenario`, root group.
    pub(crate) tags: TagSetId,
    /// What is behind `tags`, which is good for as long as this is held.
    pub(crate) tag_set: Arc<TagSet>,
    pub(crate) start_delay: SeriesId,
    pub(crate) interrupted: SeriesId,
    pub(crate) pool: Pool,
    /// Dropped starts that wait, and running medians (contract 5).
    pub(crate) latency: RefCell<OpenLatency>,
    /// No iteration begins at or after this instant of the run's clock.
    pub(crate) ends_at: Cell<u64>,
    /// No iteration begins any more.
    pub(crate) stopping: Cell<bool>,
    /// Told when it is to stop, and whenever a VU becomes idle while it does.
    pub(crate) changed: Notify,
    /// The stop asked for, if any.
    pub(crate) stop: Cell<Option<Stop>>,
    pub(super) planned: SeriesId,
    pub(super) dropped: SeriesId,
    pub(super) dropped_no_vu: SeriesId,
    pub(super) dropped_stall: SeriesId,
    pub(super) dropped_max_duration: SeriesId,
}

/// How a scenario is to be ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Let iterations finish within the graceful stop.
    Graceful,
    /// Cut them off.
    Interrupt,
}

/// Why a start was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DropReason {
    NoVu,
    Stall,
    MaxDuration,
}

impl CoreScenario {
    /// Whether an iteration may begin at this instant.
    pub(crate) fn may_start(&self, now: u64) -> bool {
        !self.stopping.get() && now < self.ends_at.get()
    }
}

/// What a core knows of a scenario of the plan.
pub(super) fn scenario_of(
    recorder: &mut Recorder,
    run: TagSetId,
    shared: &Shared,
    plan: &loadd_timeline::ScenarioPlan,
) -> CoreScenario {
    let system = shared.settings.system_tags;
    let mut extra: Vec<(&str, &str)> = plan
        .tags
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    if system.contains(SystemTag::Scenario) {
        extra.push(("scenario", &plan.name));
    }
    let scenario_tags = recorder.extend(run, &extra);
    let tags = if system.contains(SystemTag::Group) {
        recorder.extend(scenario_tags, &[("group", "")])
    } else {
        scenario_tags
    };
    let tag_set = recorder.hold(tags);
    let own = recorder.extend(TagSetId::EMPTY, &[("scenario", &plan.name)]);
    let no_vu = recorder.extend(own, &[("reason", "no_vu")]);
    let stall = recorder.extend(own, &[("reason", "stall")]);
    let max_duration = recorder.extend(own, &[("reason", "max_duration")]);
    CoreScenario {
        name: Rc::from(plan.name.as_str()),
        exec: Rc::from(plan.exec.as_str()),
        env: Rc::new(
            plan.env
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        ),
        tags,
        tag_set,
        start_delay: recorder.series(metric::START_DELAY, own),
        interrupted: recorder.series(metric::INTERRUPTED_ITERATIONS, own),
        pool: Pool::default(),
        latency: RefCell::default(),
        ends_at: Cell::new(u64::MAX),
        stopping: Cell::new(false),
        changed: Notify::new(),
        stop: Cell::new(None),
        planned: recorder.series(metric::PLANNED_ITERATIONS, own),
        dropped: recorder.series(metric::DROPPED_ITERATIONS, scenario_tags),
        dropped_no_vu: recorder.series(metric::OWN_DROPPED_ITERATIONS, no_vu),
        dropped_stall: recorder.series(metric::OWN_DROPPED_ITERATIONS, stall),
        dropped_max_duration: recorder.series(metric::OWN_DROPPED_ITERATIONS, max_duration),
    }
}
