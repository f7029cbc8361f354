//! What a script may ask of its host without waiting: samples, tags, facts, log lines.
//!
//! The engine implements [`Host`] once for each VU. Every call returns at once and holds no borrow afterwards, so that
//! the script may suspend right behind it. A module of the JavaScript API never records a metric or opens a socket itself.

use std::{rc::Rc, time::Duration};

use loadd_metrics::{Contains, Kind, MetricId};

/// A tag as the script gave it; names and values are already text.
pub type Tag = (Rc<str>, Rc<str>);

/// The engine, seen from one VU's script.
pub trait Host {
    /// `new Counter(..)` and friends in init. The same name, kind and contents give the same metric.
    ///
    /// # Errors
    /// The text of the exception, where the name is taken by another kind or is not valid.
    fn declare_metric(
        &self,
        name: &str,
        kind: Kind,
        contains: Contains,
    ) -> Result<MetricId, String>;
    /// `metric.add(value, tags)`.
    fn sample(&self, metric: MetricId, value: f64, tags: &[Tag]);
    /// One key of `check`.
    fn check(&self, name: &str, passed: bool, tags: &[Tag]);
    /// A `group` has ended; the tag `group` is still the inner one.
    fn group_ended(&self, took: Duration);

    /// Value of one of the VU's tags (`vu.metrics.tags`), system tags such as `group` and `scenario` among them.
    fn tag(&self, name: &str) -> Option<Rc<str>>;
    /// Sets one of the VU's tags.
    fn set_tag(&self, name: &str, value: &str);
    /// Takes one of the VU's tags away.
    fn remove_tag(&self, name: &str);
    /// All of the VU's tags, by name.
    fn tags(&self) -> Vec<Tag>;

    /// Facts for `k6/execution` at this moment.
    fn execution(&self) -> Execution;
    /// A line from `console.*`, already formatted.
    fn console(&self, level: ConsoleLevel, message: &str);
    /// A warning of the API itself ("Request Failed"), as a log line with k6's fields.
    fn warn(&self, message: &str, error: &str);
    /// `exec.test.abort(..)`, in words with its reason: the whole test stops. The caller then ends the iteration by an
    /// uncatchable error.
    fn abort_test(&self, reason: &str);
    /// `exec.test.fail(..)`, in words with its reason: marks the test as failed and goes on.
    fn fail_test(&self, reason: &str);
    /// `vu.metrics.metadata` has changed: what samples carry beside their tags from now on.
    fn set_metadata(&self, metadata: &[Tag]);
}

/// Level of a console line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsoleLevel {
    /// `console.debug`
    Debug,
    /// `console.log`, `console.info`
    Info,
    /// `console.warn`
    Warn,
    /// `console.error`
    Error,
}

/// What `k6/execution` shows, read anew at each access.
#[derive(Debug, Clone, Default)]
pub struct Execution {
    /// `None` in init, setup, teardown and summary: reading it there throws.
    pub scenario: Option<ScenarioFacts>,
    /// `None` in init and summary.
    pub instance: Option<InstanceFacts>,
    /// `None` in init.
    pub vu: Option<VuFacts>,
    /// Consolidated options as JSON text; `None` in init.
    pub options: Option<Rc<str>>,
}

/// `exec.scenario`.
#[derive(Debug, Clone)]
pub struct ScenarioFacts {
    /// Key in `scenarios`.
    pub name: Rc<str>,
    /// Executor's type.
    pub executor: &'static str,
    /// Milliseconds since the epoch.
    pub start_time_ms: f64,
    /// 0 to 1.
    pub progress: f64,
    /// 0-based number of this iteration on this instance and scenario.
    pub iteration_in_instance: u64,
    /// The same over all instances.
    pub iteration_in_test: u64,
}

/// `exec.instance`.
#[derive(Debug, Clone, Copy, Default)]
pub struct InstanceFacts {
    /// Iterations ended.
    pub iterations_completed: u64,
    /// Iterations cut off.
    pub iterations_interrupted: u64,
    /// VUs inside an iteration or a loop.
    pub vus_active: u64,
    /// VUs made.
    pub vus_initialized: u64,
    /// Milliseconds since the test began.
    pub current_test_run_duration_ms: f64,
}

/// `exec.vu`.
#[derive(Debug, Clone, Copy, Default)]
pub struct VuFacts {
    /// 1-based, 0 in setup and teardown.
    pub id_in_instance: u64,
    /// 1-based over all instances.
    pub id_in_test: u64,
    /// `__ITER`.
    pub iteration_in_instance: u64,
    /// 0-based in this VU and scenario.
    pub iteration_in_scenario: u64,
}
