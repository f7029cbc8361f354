//! The engine as a VU's script sees it: samples, tags, facts and log lines.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use loadd_client::{Outcome, RequestError};
use loadd_metrics::{
    Contains, Kind, MetricId, Recorder, SampleMetadata, SystemTag, TagSet, TagSetId, metric,
};
use loadd_script::{ConsoleLevel, Execution, Host, InstanceFacts, ScenarioFacts, Tag, VuFacts};

use crate::{core::Core, lifecycle::Report, trace::Place};

/// In which part of the life cycle a VU's script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Init,
    Hook,
    Iteration,
    Summary,
}

/// Numbers of the iteration that runs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct IterationIds {
    pub(crate) in_instance: u64,
    pub(crate) in_test: u64,
    /// `__ITER`.
    pub(crate) of_vu: u64,
    pub(crate) of_vu_in_scenario: u64,
}

/// One VU's host.
pub(crate) struct VuHost {
    core: Rc<Core>,
    /// `__VU`; 0 in setup, teardown and summary.
    id: u64,
    id_in_test: u64,
    tags: Cell<TagSetId>,
    /// What is behind `tags`, which is good for as long as this is held.
    tag_set: RefCell<Arc<TagSet>>,
    stage: Cell<Stage>,
    scenario: Cell<Option<usize>>,
    ids: Cell<IterationIds>,
    /// The last check's series: most scripts run the same few checks over and over.
    checks: RefCell<Vec<(TagSetId, Rc<str>, loadd_metrics::SeriesId)>>,
    /// `vu` and `iter` of the samples, where these system tags are on and somebody writes each sample, and the script's own.
    metadata: RefCell<Option<SampleMetadata>>,
    /// `vu.metrics.metadata`, where somebody writes each sample.
    own_metadata: RefCell<Vec<Tag>>,
}

/// Check names remembered per VU; beyond them the recorder's own look-up does.
const CHECKS_REMEMBERED: usize = 16;

impl VuHost {
    pub(crate) fn new(core: &Rc<Core>, id: u64, id_in_test: u64) -> Rc<VuHost> {
        Rc::new(VuHost {
            core: Rc::clone(core),
            id,
            id_in_test,
            tags: Cell::new(TagSetId::EMPTY),
            tag_set: RefCell::default(),
            stage: Cell::new(Stage::Init),
            scenario: Cell::new(None),
            ids: Cell::default(),
            checks: RefCell::default(),
            metadata: RefCell::default(),
            own_metadata: RefCell::default(),
        })
    }

    pub(crate) fn tag_set(&self) -> TagSetId {
        self.tags.get()
    }

    /// The VU enters a scenario: its tags begin anew.
    pub(crate) fn enter_scenario(&self, index: usize) {
        let here = &self.core.scenarios[index];
        self.scenario.set(Some(index));
        self.take_tags((here.tags, Arc::clone(&here.tag_set)));
    }

    pub(crate) fn enter_hook(&self, tags: (TagSetId, Arc<TagSet>)) {
        self.stage.set(Stage::Hook);
        self.scenario.set(None);
        self.take_tags(tags);
        self.renew_metadata(None);
    }

    fn take_tags(&self, (id, set): (TagSetId, Arc<TagSet>)) {
        self.tags.set(id);
        *self.tag_set.borrow_mut() = set;
    }

    pub(crate) fn enter_summary(&self) {
        self.stage.set(Stage::Summary);
    }

    pub(crate) fn begin_iteration(&self, ids: IterationIds) {
        self.stage.set(Stage::Iteration);
        self.ids.set(ids);
        self.renew_metadata(Some(ids.of_vu));
    }

    fn renew_metadata(&self, iteration: Option<u64>) {
        let settings = &self.core.shared.settings;
        if settings.tap.is_none() {
            return;
        }
        let on = |tag| settings.system_tags.contains(tag);
        let vu = on(SystemTag::Vu).then(|| ("vu".into(), self.id.to_string().into()));
        let iteration = iteration.filter(|_| on(SystemTag::Iter));
        let iteration = iteration.map(|number| ("iter".into(), number.to_string().into()));
        let own = self.own_metadata.borrow();
        let own = own
            .iter()
            .map(|(name, value)| ((**name).into(), (**value).into()));
        let pairs: Vec<_> = iteration.into_iter().chain(vu).chain(own).collect();
        *self.metadata.borrow_mut() = (!pairs.is_empty()).then(|| pairs.into());
    }

    /// Tells the tap, if there is one, whose samples come next.
    pub(crate) fn stamp(&self, recorder: &mut Recorder) {
        if recorder.is_tapped() {
            recorder.set_metadata(self.metadata.borrow().clone());
        }
    }

    /// Where in the test a call is made, for its spans.
    pub(crate) fn place(&self) -> Place {
        let iterates = self.stage.get() == Stage::Iteration;
        let scenario = self.scenario.get().filter(|_| iterates);
        Place {
            scenario: scenario.map(|index| Rc::clone(&self.core.scenarios[index].name)),
            vu: self.id,
            iteration: iterates.then(|| self.ids.get().of_vu),
        }
    }

    /// `httpDebug`: two lines for each hop.
    pub(crate) fn show_exchanges(&self, outcome: &Outcome) {
        let tag = |name: &str| self.tag(name).unwrap_or_else(|| Rc::from(""));
        let (group, scenario) = (tag("group"), tag("scenario"));
        let hops = outcome.redirects.iter().chain([&outcome.last]);
        for extra in hops.filter_map(|hop| hop.extra.as_ref()) {
            let id = random_uuid();
            let show = |what: &str, text: &str| {
                tracing::info!(
                    target: "loadd::http_debug",
                    group = &*group,
                    iter = self.ids.get().of_vu,
                    request_id = id,
                    scenario = &*scenario,
                    source = "http-debug",
                    vu = self.id,
                    "{what}:\n{text}\n"
                );
            };
            if let Some(request) = &extra.request {
                show("Request", request);
            }
            if let Some(response) = &extra.response {
                show("Response", response);
            }
        }
    }

    /// k6's warning about a request without a response.
    pub(crate) fn request_failed(&self, error: &RequestError) {
        self.warn("Request Failed", &error.message);
    }

    fn with_tags(&self, tags: &[Tag]) -> TagSetId {
        if tags.is_empty() {
            return self.tags.get();
        }
        let extra: Vec<(&str, &str)> = tags
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        self.core
            .recorder
            .borrow_mut()
            .extend(self.tags.get(), &extra)
    }

    fn check_series(&self, name: &str, tags: &[Tag]) -> loadd_metrics::SeriesId {
        let base = self.tags.get();
        let mut remembered = self.checks.borrow_mut();
        if tags.is_empty()
            && let Some(found) = remembered
                .iter()
                .find(|(of, check, _)| *of == base && &**check == name)
        {
            return found.2;
        }
        let mut extra: Vec<(&str, &str)> = tags
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        if self
            .core
            .shared
            .settings
            .system_tags
            .contains(SystemTag::Check)
        {
            extra.push(("check", name));
        }
        let mut recorder = self.core.recorder.borrow_mut();
        let set = recorder.extend(base, &extra);
        let series = recorder.series(metric::CHECKS, set);
        if tags.is_empty() {
            if remembered.len() >= CHECKS_REMEMBERED {
                remembered.clear();
            }
            remembered.push((base, name.into(), series));
        }
        series
    }
}

impl Host for VuHost {
    fn declare_metric(
        &self,
        name: &str,
        kind: Kind,
        contains: Contains,
    ) -> Result<MetricId, String> {
        self.core.shared.registry.declare(name, kind, contains)
    }

    fn sample(&self, metric: MetricId, value: f64, tags: &[Tag]) {
        let set = self.with_tags(tags);
        let mut recorder = self.core.recorder.borrow_mut();
        self.stamp(&mut recorder);
        let series = recorder.series(metric, set);
        recorder.add(series, value);
    }

    fn check(&self, name: &str, passed: bool, tags: &[Tag]) {
        let series = self.check_series(name, tags);
        let mut recorder = self.core.recorder.borrow_mut();
        self.stamp(&mut recorder);
        recorder.add(series, f64::from(u8::from(passed)));
    }

    fn group_ended(&self, took: Duration) {
        let mut recorder = self.core.recorder.borrow_mut();
        self.stamp(&mut recorder);
        let series = recorder.series(metric::GROUP_DURATION, self.tags.get());
        recorder.observe(series, nanos(took));
    }

    fn tag(&self, name: &str) -> Option<Rc<str>> {
        self.tag_set.borrow().get(name).map(Rc::from)
    }

    fn set_tag(&self, name: &str, value: &str) {
        let tags = self
            .core
            .recorder
            .borrow_mut()
            .extend_held(self.tags.get(), &[(name, value)]);
        self.take_tags(tags);
    }

    fn remove_tag(&self, name: &str) {
        let tags = self
            .core
            .recorder
            .borrow_mut()
            .without_held(self.tags.get(), name);
        self.take_tags(tags);
    }

    fn tags(&self) -> Vec<Tag> {
        self.tag_set
            .borrow()
            .iter()
            .map(|(name, value)| (Rc::from(name), Rc::from(value)))
            .collect()
    }

    fn execution(&self) -> Execution {
        let stage = self.stage.get();
        if stage == Stage::Init {
            return Execution::default();
        }
        let ids = self.ids.get();
        let shared = &self.core.shared;
        let scenario = self
            .scenario
            .get()
            .filter(|_| stage == Stage::Iteration)
            .map(|index| {
                let scenario = &shared.scenarios[index];
                let started = scenario.started_at.load(Ordering::Relaxed);
                ScenarioFacts {
                    name: Rc::clone(&self.core.scenarios[index].name),
                    executor: scenario.plan.executor.type_name(),
                    start_time_ms: shared.wall_ms_at(started).floor(),
                    progress: scenario.progress(shared.now()),
                    iteration_in_instance: ids.in_instance,
                    iteration_in_test: ids.in_test,
                }
            });
        let instance = (stage != Stage::Summary).then(|| InstanceFacts {
            iterations_completed: shared.vus.completed(),
            iterations_interrupted: shared.vus.interrupted.load(Ordering::Relaxed),
            vus_active: shared.vus.active.load(Ordering::Relaxed),
            vus_initialized: shared.vus.initialized.load(Ordering::Relaxed),
            current_test_run_duration_ms: shared.elapsed().as_secs_f64() * 1e3,
        });
        Execution {
            scenario,
            instance,
            vu: Some(VuFacts {
                id_in_instance: self.id,
                id_in_test: self.id_in_test,
                iteration_in_instance: ids.of_vu,
                iteration_in_scenario: ids.of_vu_in_scenario,
            }),
            options: Some(Rc::clone(&self.core.settings.options_json)),
        }
    }

    fn console(&self, level: ConsoleLevel, message: &str) {
        match level {
            ConsoleLevel::Debug => {
                tracing::debug!(target: "loadd::console", source = "console", "{message}");
            }
            ConsoleLevel::Info => {
                tracing::info!(target: "loadd::console", source = "console", "{message}");
            }
            ConsoleLevel::Warn => {
                tracing::warn!(target: "loadd::console", source = "console", "{message}");
            }
            ConsoleLevel::Error => {
                tracing::error!(target: "loadd::console", source = "console", "{message}");
            }
        }
    }

    fn warn(&self, message: &str, error: &str) {
        if self.core.log_budget.allows(self.core.shared.now()) {
            tracing::warn!(target: "loadd::script", error, "{message}");
        }
    }

    fn abort_test(&self, reason: &str) {
        self.core.report(Report::Aborted(reason.to_owned()));
    }

    fn set_metadata(&self, metadata: &[Tag]) {
        if self.core.shared.settings.tap.is_some() {
            *self.own_metadata.borrow_mut() = metadata.to_vec();
            self.renew_metadata(Some(self.ids.get().of_vu));
        }
    }

    fn fail_test(&self, reason: &str) {
        tracing::error!(target: "loadd::script", "{reason}");
        self.core.report(Report::MarkedFailed);
    }
}

/// Of version 4 (RFC 9562).
fn random_uuid() -> String {
    use std::hash::{BuildHasher, RandomState};
    let state = RandomState::new();
    let (high, low) = (state.hash_one(1), state.hash_one(2));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

/// A duration as the recorder takes it; more than 584 years are that.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
