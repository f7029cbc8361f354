//! What the engine is told before it starts.

use std::{collections::BTreeMap, rc::Rc, sync::Arc, time::Duration};

use loadd_client::ClientSettings;
use loadd_metrics::{SavedSeries, SavedValue, SelfMetrics, SystemTags, TapSink, ThresholdSet};
use loadd_script::{HttpDefaults, Limits};
use loadd_timeline::{Offset, Plan, Share};

use crate::{Tracing, UrlTemplates};

/// All that a run is made from, beside the script's bundle and the registry.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// What the whole test does.
    pub plan: Plan,
    /// This worker's part of it.
    pub share: Share,
    /// Event loops; 0: one for each usable core. Never more than there are VUs.
    pub cores: usize,
    /// Run tags and `--tag`: on every sample.
    pub tags: BTreeMap<String, String>,
    /// Which of k6's system tags are on.
    pub system_tags: SystemTags,
    /// How URLs are told that the script gives no name.
    pub url_templates: UrlTemplates,
    /// `__ENV` before the scenarios' own.
    pub env: Vec<(String, String)>,
    /// Bounds on scripts.
    pub limits: Limits,
    /// Options of the HTTP client.
    pub client: ClientSettings,
    /// What `k6/http` falls back on.
    pub http: HttpDefaults,
    /// `batch` and `batchPerHost`.
    pub batch: BatchLimits,
    /// `noSetup`, `setupTimeout`.
    pub setup: HookSettings,
    /// `noTeardown`, `teardownTimeout`.
    pub teardown: HookSettings,
    /// `handleSummaryTimeout`; `None`: it is not called.
    pub handle_summary: Option<Duration>,
    /// `minIterationDuration`.
    pub min_iteration_duration: Duration,
    /// Consolidated options as JSON text, for `exec.test.options`.
    pub options_json: Arc<str>,
    /// Local thresholds.
    pub thresholds: ThresholdSet,
    /// Whether VUs wait after they are made until somebody resumes (`paused`).
    pub paused: bool,
    /// Start of the run, resolved or to be resolved.
    pub start: RunStart,
    /// What an earlier process of the same run has counted.
    pub restored: Option<Restored>,
    /// No snapshot is dated at or before this instant (Unix milliseconds): the newest one that an earlier process has sent.
    pub date_after_ms: i64,
    /// Metrics that are counted off the hot path; read into every snapshot.
    pub self_metrics: SelfMetrics,
    /// Called before each snapshot, so that others can bring their numbers up to date.
    pub tick_hook: TickHook,
    /// Where each single sample goes, for outputs that write them all.
    pub tap: Option<TapSink>,
    /// Who makes a span of each request; `None`: nobody, at no cost.
    pub tracing: Option<Tracing>,
    /// Seed of all randomness.
    pub seed: u64,
}

/// Something to be called before each snapshot, on the life cycle's thread; must be quick.
#[derive(Clone, Default)]
pub struct TickHook(Option<Arc<dyn Fn() + Send + Sync>>);

impl TickHook {
    /// Calls `hook` before each snapshot.
    #[must_use]
    pub fn new(hook: impl Fn() + Send + Sync + 'static) -> TickHook {
        TickHook(Some(Arc::new(hook)))
    }

    pub(crate) fn call(&self) {
        if let Some(hook) = &self.0 {
            hook();
        }
    }
}

impl std::fmt::Debug for TickHook {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("TickHook")
            .field(&self.0.is_some())
            .finish()
    }
}

/// `setup` or `teardown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HookSettings {
    /// Whether it runs where the script has it.
    pub enabled: bool,
    /// Longest run.
    pub timeout: Duration,
}

/// Parallel requests of one `http.batch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// In total.
    pub total: usize,
    /// To one host.
    pub per_host: usize,
}

/// When the time line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStart {
    /// As soon as VUs are made and setup is done.
    WhenReady,
    /// At this instant in nanoseconds since the epoch; in the past: join where the line is now.
    At(i64),
}

/// What a checkpoint gives back.
#[derive(Debug, Clone)]
pub struct Restored {
    /// Cumulative values of all series.
    pub series: Vec<SavedSeries>,
    /// How far the time line had come, from the run's start, when they were written.
    pub position: Offset,
    /// Test duration until then.
    pub elapsed: Duration,
    /// Whether the earlier process ended without saying so.
    pub unclean: bool,
}

/// Settings that every core and VU reads, in the form that they read.
#[derive(Debug)]
pub(crate) struct CoreSettings {
    pub(crate) env: Rc<Vec<(String, String)>>,
    pub(crate) http: Rc<HttpDefaults>,
    pub(crate) options_json: Rc<str>,
}

impl Restored {
    /// Iterations of a scenario that have been begun so far: what was planned less what was dropped.
    pub(crate) fn begun(&self, scenario: &str) -> u64 {
        whole(
            self.sum("loadd_planned_iterations", scenario)
                - self.sum("loadd_dropped_iterations", scenario),
        )
    }

    /// Iterations of a scenario that had begun and not ended: what became of them nobody knows. Below 0: iterations that
    /// had ended on one core before another core's count of their beginning was taken. 0 where the tags that are kept do
    /// not tell the scenarios' iterations apart.
    pub(crate) fn unfinished(&self, scenario: &str) -> i64 {
        let told_apart = |series: &&SavedSeries| series.metric == "iterations";
        let all_told = self.series.iter().filter(told_apart).all(|series| {
            let names = || series.tags.iter().filter(|(name, _)| name == "scenario");
            let known = "loadd_planned_iterations";
            names().any(|(_, value)| self.sum(known, value) > 0.0)
        });
        if !all_told {
            return 0;
        }
        let ended =
            self.sum("iterations", scenario) + self.sum("loadd_interrupted_iterations", scenario);
        self.begun(scenario)
            .checked_signed_diff(whole(ended))
            .unwrap_or(0)
    }

    /// One scenario's counters of this name.
    fn sum(&self, metric: &str, scenario: &str) -> f64 {
        let of_scenario = |series: &&SavedSeries| {
            let mut tags = series.tags.iter();
            tags.any(|(name, value)| name == "scenario" && value == scenario)
        };
        self.series
            .iter()
            .filter(|series| series.metric == metric)
            .filter(of_scenario)
            .map(|series| match series.value {
                SavedValue::Counter(value) => value,
                _ => 0.0,
            })
            .sum()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole, not negative, below 2^53"
)]
fn whole(count: f64) -> u64 {
    count.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use loadd_metrics::{Contains, Kind};

    use super::*;

    fn counter(metric: &str, scenario: Option<&str>, value: f64) -> SavedSeries {
        SavedSeries {
            metric: metric.to_owned(),
            kind: Kind::Counter,
            contains: Contains::Default,
            tags: scenario
                .map(|name| ("scenario".to_owned(), name.to_owned()))
                .into_iter()
                .collect(),
            value: SavedValue::Counter(value),
        }
    }

    fn restored(series: Vec<SavedSeries>) -> Restored {
        Restored {
            series,
            position: Offset(0),
            elapsed: Duration::ZERO,
            unclean: true,
        }
    }

    #[test]
    fn iterations_that_had_begun_and_not_ended_are_known_by_scenario() {
        let mut series = Vec::new();
        for (scenario, ended) in [("a", 95.0), ("b", 99.0), ("c", 101.0)] {
            let scenario = Some(scenario);
            series.push(counter("loadd_planned_iterations", scenario, 110.0));
            series.push(counter("loadd_dropped_iterations", scenario, 10.0));
            series.push(counter("loadd_interrupted_iterations", scenario, 1.0));
            series.push(counter("iterations", scenario, ended - 1.0));
        }
        let books = restored(series.clone());
        assert_eq!(books.begun("a"), 100);
        let unfinished = ["a", "b", "c", "no such"].map(|name| books.unfinished(name));
        assert_eq!(unfinished, [5, 1, -1, 0]);
        // One series for what goes beyond a limit: nobody knows whose it is.
        series.push(counter("iterations", None, 7.0));
        assert_eq!(restored(series).unfinished("a"), 0);
    }
}
