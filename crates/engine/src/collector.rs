//! The tick: cores trade their full shelves for empty ones; what they counted adds up to the next snapshot.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use loadd_metrics::{Recorder, Shelf, Snapshot, TagSetId, ThresholdResult, Totals, metric};
use loadd_timeline::Offset;

use crate::{
    Restored, StopReason,
    health::{ProcessFacts, usable_cores},
    shared::Shared,
};

/// How often local thresholds are judged, in ticks (2 s, as k6 does).
const THRESHOLD_TICKS: u64 = 4;
/// How often facts of the process are read, in nanoseconds (1 s, as k6's `vus`).
const HEALTH_PERIOD: u64 = 1_000_000_000;

/// Gathers shelves, makes snapshots, judges thresholds.
pub(crate) struct Collector {
    totals: Totals,
    /// What the life cycle itself records: gauges of the process, dropped iterations that nobody was there to start.
    recorder: Recorder,
    spare: Shelf,
    /// An empty shelf for each core; `None` while the core has it.
    spares: Vec<Option<Shelf>>,
    /// Cores whose shelf of this tick is still to come.
    outstanding: usize,
    ticks: u64,
    /// When facts of the process are due again, by the run's clock: a test of less than a second has none, as in k6.
    health_due: u64,
    restored: Option<Restored>,
    results: Vec<ThresholdResult>,
    judged_at: u64,
    abort_asked: bool,
    ended: Option<Duration>,
    cpu_seconds: f64,
    told_of_buckets: bool,
    told_of_memory: bool,
}

impl Collector {
    pub(crate) fn new(shared: &Shared) -> Collector {
        let mut totals = Totals::new(&shared.registry);
        let restored = shared.settings.restored.clone();
        totals.date_after(shared.settings.date_after_ms);
        if let Some(restored) = &restored {
            totals.restore(restored.series.iter().cloned());
        }
        let mut recorder = Recorder::new(&shared.registry);
        shared.tap(&mut recorder);
        let mut collector = Collector {
            totals,
            recorder,
            spare: Shelf::default(),
            spares: shared
                .cores
                .iter()
                .map(|_| Some(Shelf::default()))
                .collect(),
            outstanding: 0,
            ticks: 0,
            health_due: shared.now() + HEALTH_PERIOD,
            restored,
            results: Vec::new(),
            judged_at: 0,
            abort_asked: false,
            ended: None,
            cpu_seconds: 0.0,
            told_of_buckets: false,
            told_of_memory: false,
        };
        collector.begin(shared);
        collector
    }

    /// Series that exist from the beginning.
    fn begin(&mut self, shared: &Shared) {
        let unclean = self
            .restored
            .as_ref()
            .is_some_and(|restored| restored.unclean);
        self.add(
            metric::UNCLEAN_RESTARTS,
            TagSetId::EMPTY,
            f64::from(u8::from(unclean)),
        );
        let build = self
            .recorder
            .extend(TagSetId::EMPTY, &[("version", env!("CARGO_PKG_VERSION"))]);
        self.add(metric::BUILD_INFO, build, 1.0);
        self.add(
            metric::START_TIME,
            TagSetId::EMPTY,
            seconds(shared.unix_nanos_at(shared.now())),
        );
        self.add(metric::RUN_FINISHED, TagSetId::EMPTY, 0.0);
        #[expect(clippy::cast_precision_loss, reason = "a handful of cores")]
        self.add(metric::CPU_CORES, TagSetId::EMPTY, usable_cores() as f64);
        for scenario in &shared.scenarios {
            let own = self
                .recorder
                .extend(TagSetId::EMPTY, &[("scenario", &scenario.plan.name)]);
            self.add(metric::SHARE, own, shared.settings.share.fraction());
            let unfinished = self
                .restored
                .as_ref()
                .map_or(0, |restored| restored.unfinished(&scenario.plan.name));
            // They were cut off with the earlier process: planned = completed + interrupted + dropped still holds.
            let metric = if unfinished > 0 {
                metric::INTERRUPTED_ITERATIONS
            } else {
                metric::PLANNED_ITERATIONS
            };
            if unfinished != 0 {
                #[expect(clippy::cast_precision_loss, reason = "at most one per VU")]
                self.add(metric, own, unfinished.unsigned_abs() as f64);
            }
        }
    }

    fn add(&mut self, metric: loadd_metrics::MetricId, tags: TagSetId, value: f64) {
        let series = self.recorder.series(metric, tags);
        self.recorder.add(series, value);
    }

    /// The time line has begun.
    pub(crate) fn run_began(&mut self, shared: &Shared, line_start: u64) {
        self.add(
            metric::TEST_START,
            TagSetId::EMPTY,
            seconds(shared.unix_nanos_at(line_start)),
        );
    }

    /// A scenario begins, or goes on where the line is now: what fell due since the checkpoint was written is dropped.
    pub(crate) fn scenario_joined(&mut self, shared: &Shared, index: usize, join: u64) {
        let Some(restored) = &self.restored else {
            return;
        };
        let scenario = &shared.scenarios[index];
        let Some(schedule) = &scenario.part.arrivals else {
            return;
        };
        let known = restored
            .position
            .0
            .saturating_sub(scenario.plan.start_time.0);
        let missed = schedule
            .starts_before(Offset(join))
            .saturating_sub(schedule.starts_before(Offset(known)));
        self.drop_iterations(shared, index, missed, "down");
    }

    /// Iterations that a scenario was to do and did not begin before its `maxDuration`.
    pub(crate) fn not_started(&mut self, shared: &Shared, index: usize, count: u64) {
        self.drop_iterations(shared, index, count, "max_duration");
    }

    fn drop_iterations(&mut self, shared: &Shared, index: usize, count: u64, reason: &str) {
        if count == 0 {
            return;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "iterations of one run stay far below 2^53"
        )]
        let value = count as f64;
        let name = shared.scenarios[index].plan.name.as_str();
        let own = self.recorder.extend(TagSetId::EMPTY, &[("scenario", name)]);
        let with_reason = self.recorder.extend(own, &[("reason", reason)]);
        let k6 = self
            .recorder
            .extend(TagSetId::EMPTY, &shared.scenario_tags(index));
        self.add(metric::PLANNED_ITERATIONS, own, value);
        self.add(metric::OWN_DROPPED_ITERATIONS, with_reason, value);
        self.add(metric::DROPPED_ITERATIONS, k6, value);
        shared.scenarios[index]
            .dropped
            .fetch_add(count, Ordering::Relaxed);
    }

    /// Begins a tick. `true` where a snapshot is due although a core has not answered the tick before.
    pub(crate) fn tick(&mut self, shared: &Shared) -> bool {
        let late = self.outstanding > 0;
        self.ticks += 1;
        self.record_health_if_due(shared);
        self.outstanding = 0;
        late
    }

    /// Once for all periods that have passed: a late tick makes up no facts.
    fn record_health_if_due(&mut self, shared: &Shared) {
        let now = shared.now();
        if now >= self.health_due {
            self.health_due += (1 + (now - self.health_due) / HEALTH_PERIOD) * HEALTH_PERIOD;
            self.record_health(shared);
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "counts and bytes of one process stay far below 2^53"
    )]
    fn record_health(&mut self, shared: &Shared) {
        let facts = ProcessFacts::read();
        let vus = &shared.vus;
        let gauges = [
            (metric::VUS, Some(vus.active.load(Ordering::Relaxed) as f64)),
            (
                metric::VUS_MAX,
                Some(vus.initialized.load(Ordering::Relaxed) as f64),
            ),
            (
                metric::VU_MEMORY_BYTES,
                Some(vus.heap_bytes.load(Ordering::Relaxed) as f64),
            ),
            (metric::RESIDENT_MEMORY_BYTES, facts.resident_bytes),
            (metric::OPEN_FDS, facts.open_fds),
            (metric::MAX_FDS, facts.max_fds),
            (metric::CLOCK_OFFSET, Some(shared.clock_offset_seconds())),
        ];
        let run_tags = self.recorder.extend(TagSetId::EMPTY, &shared.run_tags());
        for (metric, value) in gauges {
            let tags = if matches!(metric, metric::VUS | metric::VUS_MAX) {
                run_tags
            } else {
                TagSetId::EMPTY
            };
            if let Some(value) = value {
                self.add(metric, tags, value);
            }
        }
        if let Some(seconds) = facts.cpu_seconds {
            self.add_cpu(seconds);
        }
    }

    /// The process' CPU time so far, as an increment: a counter that an earlier process has begun goes on.
    fn add_cpu(&mut self, seconds: f64) {
        self.add(
            metric::CPU_SECONDS,
            TagSetId::EMPTY,
            (seconds - self.cpu_seconds).max(0.0),
        );
        self.cpu_seconds = seconds;
    }

    /// The empty shelves for this tick, each for its core.
    pub(crate) fn spares(&mut self) -> Vec<(usize, Shelf)> {
        let spares: Vec<(usize, Shelf)> = self
            .spares
            .iter_mut()
            .enumerate()
            .filter_map(|(core, spare)| Some((core, spare.take()?)))
            .collect();
        self.outstanding = spares.len();
        spares
    }

    /// Takes a core's full shelf; `true` when it was the last one of this tick.
    pub(crate) fn take(&mut self, core: usize, shelf: Shelf) -> bool {
        self.absorb(core, shelf);
        let waited = self.outstanding > 0;
        self.outstanding = self.outstanding.saturating_sub(1);
        waited && self.outstanding == 0
    }

    pub(crate) fn absorb(&mut self, core: usize, shelf: Shelf) {
        self.spares[core] = Some(self.totals.absorb(shelf));
    }

    fn absorb_own(&mut self) {
        let full = self.recorder.swap(std::mem::take(&mut self.spare));
        self.spare = self.totals.absorb(full);
    }

    /// What others count off the hot path becomes part of the snapshot.
    fn read_own(&mut self, shared: &Shared) {
        shared.settings.tick_hook.call();
        shared.settings.self_metrics.read_into(&mut self.totals);
        self.warn_of_reductions(shared);
        for metric in shared.registry.newly_overflowed() {
            tracing::warn!(
                target: "loadd::engine",
                metric = %metric.name,
                limit = shared.registry.settings().series_per_metric,
                "too many series: further ones are folded into one with overflow=\"true\" (loadd_series_overflowed_total)"
            );
        }
    }

    /// Once for each of the two bounds.
    fn warn_of_reductions(&mut self, shared: &Shared) {
        let new = self.totals.take_reductions();
        let settings = shared.registry.settings();
        if new.by_buckets > 0 && !std::mem::replace(&mut self.told_of_buckets, true) {
            tracing::warn!(
                target: "loadd::engine",
                limit = settings.histogram_max_buckets,
                "a histogram has too many buckets: its resolution is lowered, and so with others from now on (loadd_histogram_resolution_reductions_total)"
            );
        }
        if new.by_memory > 0 && !std::mem::replace(&mut self.told_of_memory, true) {
            tracing::warn!(
                target: "loadd::engine",
                limit_bytes = settings.histogram_memory,
                "histograms take too much memory: the resolution of the widest is lowered (loadd_histogram_resolution_reductions_total); fewer series need less"
            );
        }
    }

    /// The truth at this instant; every 2 s the thresholds are judged by it.
    pub(crate) fn snapshot(&mut self, shared: &Shared) -> Arc<Snapshot> {
        self.absorb_own();
        self.read_own(shared);
        let snapshot = self
            .totals
            .snapshot(shared.wall_ms_now(), self.elapsed(shared), false);
        if self.ticks >= self.judged_at + THRESHOLD_TICKS {
            self.judged_at = self.ticks;
            self.judge(shared, &snapshot, false);
        }
        snapshot
    }

    /// The last snapshot: nothing is counted after it.
    pub(crate) fn last_snapshot(
        &mut self,
        shared: &Shared,
        stop: Option<StopReason>,
        failed: bool,
    ) -> Arc<Snapshot> {
        let finished = !failed || stop.is_some();
        self.add(
            metric::RUN_FINISHED,
            TagSetId::EMPTY,
            f64::from(u8::from(finished)),
        );
        self.absorb_own();
        self.read_own(shared);
        let snapshot = self
            .totals
            .snapshot(shared.wall_ms_now(), self.elapsed(shared), true);
        self.judge(shared, &snapshot, true);
        snapshot
    }

    fn judge(&mut self, shared: &Shared, snapshot: &Snapshot, at_end: bool) {
        self.results = shared.settings.thresholds.evaluate(snapshot, at_end);
        self.abort_asked = self.results.iter().any(|result| result.abort);
        for index in 0..self.results.len() {
            let result = &self.results[index];
            let (ok, name, expression) = (result.ok, result.key.clone(), result.expression.clone());
            let tags = self.recorder.extend(
                TagSetId::EMPTY,
                &[
                    ("metric", name.as_str()),
                    ("threshold", expression.as_str()),
                ],
            );
            self.add(metric::THRESHOLD_OK, tags, f64::from(u8::from(ok)));
        }
    }

    /// Test duration so far, an earlier process of the same run included.
    fn elapsed(&self, shared: &Shared) -> Duration {
        let before = self
            .restored
            .as_ref()
            .map_or(Duration::ZERO, |restored| restored.elapsed);
        before + self.ended.unwrap_or_else(|| shared.elapsed())
    }

    /// The test's clock stops: what follows is shutting down. Facts that fell due just before, and for which no tick was
    /// in time, are not left out.
    pub(crate) fn freeze_elapsed(&mut self, shared: &Shared) {
        self.record_health_if_due(shared);
        self.ended = Some(shared.elapsed());
    }

    pub(crate) fn is_tainted(&self) -> bool {
        self.results.iter().any(|result| !result.ok)
    }

    pub(crate) fn abort_asked(&self) -> bool {
        self.abort_asked
    }

    /// Names of the metrics whose thresholds are crossed, sorted, each once.
    pub(crate) fn crossed(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .results
            .iter()
            .filter(|result| !result.ok)
            .map(|result| result.key.clone())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a microsecond is lost, in seconds since the epoch"
)]
fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}
