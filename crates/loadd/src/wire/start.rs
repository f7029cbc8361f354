//! Before the engine: metrics and thresholds, the run's folder, and whether a run is begun or joined.

use std::{sync::Arc, time::Duration};

use loadd_engine::{EngineSettings, Restored, RunStart, TickHook};
use loadd_metrics::SavedSeries;
use loadd_outputs::{Checkpoint, Decision, RunFolder, StartWish};
use loadd_timeline::{Offset, StartAt};

use super::{clock::now_ms, fail, pipeline::Pipeline};
use crate::{config::ResolvedTest, terminal::exit::Exit};

/// The folder where this run's spool and checkpoint lie, locked.
pub(super) fn open_folder(test: &ResolvedTest) -> Result<Option<RunFolder>, Exit> {
    let Some(path) = &test.spool else {
        return Ok(None);
    };
    RunFolder::open(path, &test.test_id, &test.instance)
        .map(Some)
        .map_err(|error| fail(&format!("remote_write.spool: {error}"), Exit::BadConfig))
}

/// Under which name the checkpoint keeps since when the counts go on.
pub(super) const SINCE: &str = "since_ms";

/// When the run begins, and from where its counts go on.
pub(super) struct Start {
    start: RunStart,
    restored: Option<Restored>,
    date_after_ms: i64,
    since_ms: Option<i64>,
}

impl Start {
    /// Since when the counts go on, where an earlier process began them.
    pub(super) fn since_ms(&self) -> Option<i64> {
        self.since_ms
    }

    /// Contract section 4: join the run that the checkpoint knows, or begin a new one, or say that there is nothing to do.
    pub(super) fn decide(test: &ResolvedTest, folder: Option<&RunFolder>) -> Result<Start, Exit> {
        let checkpoint = folder
            .map(RunFolder::read)
            .transpose()
            .map_err(|error| fail(&format!("checkpoint: {error}"), Exit::BadConfig))?
            .flatten();
        let now = now_ms();
        let wish = match test.start_at {
            StartAt::At(nanos) => {
                let start_ms = nanos.div_euclid(1_000_000);
                let length = test.plan.total_duration(&test.share);
                let end =
                    length.map(|Offset(nanos)| start_ms.saturating_add_unsigned(nanos / 1_000_000));
                StartWish::At {
                    start_ms,
                    over: end.is_some_and(|end| end <= now),
                }
            }
            StartAt::Now | StartAt::NextMinute => StartWish::Open,
        };
        let date_after_ms = checkpoint.as_ref().map_or(0, |known| known.time_ms);
        match Decision::of(checkpoint.as_ref(), wish, test.plan.fingerprint()) {
            Decision::New => {
                let start = match (wish, test.start_at) {
                    (StartWish::At { start_ms, .. }, _) => at_ms(start_ms),
                    (StartWish::Open, StartAt::NextMinute) => {
                        at_ms((now.div_euclid(60_000) + 1) * 60_000)
                    }
                    (StartWish::Open, StartAt::Now | StartAt::At(_)) => RunStart::WhenReady,
                };
                Ok(Start {
                    start,
                    restored: None,
                    date_after_ms,
                    since_ms: None,
                })
            }
            Decision::Join { start_ms, unclean } => {
                tracing::info!(
                    start_ms,
                    unclean,
                    "joining the run that the checkpoint knows: its counts go on"
                );
                let kept = checkpoint.as_ref().and_then(|known| known.keep.get(SINCE));
                let since_ms = kept.and_then(|kept| i64::try_from(*kept).ok());
                let restored = checkpoint.map(|known| restored(known, start_ms, unclean));
                Ok(Start {
                    start: at_ms(start_ms),
                    restored,
                    date_after_ms,
                    since_ms: Some(since_ms.unwrap_or(start_ms)),
                })
            }
            Decision::Aborted { code } => {
                let message = "this run was aborted and is not taken up again; give it another start_at or test_id";
                Err(fail(message, Exit::Earlier(code)))
            }
            Decision::Over { took_part: true } => {
                tracing::info!("the plan is over, and this worker took part to its end");
                Err(Exit::Ok)
            }
            Decision::Over { took_part: false } => Err(fail(
                "the plan was over before this worker was started",
                Exit::PlanOver,
            )),
        }
    }

    /// All that the engine is told.
    pub(super) fn engine_settings(
        self,
        test: &ResolvedTest,
        pipeline: &Arc<Pipeline>,
    ) -> EngineSettings {
        let ticked = Arc::clone(pipeline);
        EngineSettings {
            plan: test.plan.clone(),
            share: test.share.clone(),
            cores: event_loops(std::env::var("GOMAXPROCS").ok().as_deref()),
            tags: test.tags.clone(),
            system_tags: test.system_tags,
            url_templates: test.url_templates.clone(),
            env: test.env.clone(),
            limits: test.limits,
            client: test.client.clone(),
            http: test.http.clone(),
            batch: test.batch,
            setup: test.setup,
            teardown: test.teardown,
            handle_summary: test.handle_summary,
            min_iteration_duration: test.min_iteration_duration,
            options_json: Arc::clone(&test.options_json),
            thresholds: test.thresholds.clone(),
            paused: test.paused,
            start: self.start,
            restored: self.restored,
            date_after_ms: self.date_after_ms,
            self_metrics: pipeline.own(),
            tick_hook: TickHook::new(move || ticked.publish()),
            tap: None,
            tracing: None,
            seed: seed(),
        }
    }
}

/// A seed for this run, said at the start so that it can be told apart.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

fn at_ms(start_ms: i64) -> RunStart {
    RunStart::At(start_ms.saturating_mul(1_000_000))
}

/// Facts of the process itself and of the run's end are this process' own: they do not go on.
fn goes_on(series: &SavedSeries) -> bool {
    !matches!(
        series.metric.as_str(),
        "loadd_run_finished" | "loadd_start_time_seconds" | "loadd_build_info"
    )
}

fn restored(known: Checkpoint, start_ms: i64, unclean: bool) -> Restored {
    let position_ms = u64::try_from(known.time_ms - start_ms).unwrap_or(0);
    Restored {
        series: known.counts.into_iter().filter(goes_on).collect(),
        position: Offset::from(Duration::from_millis(position_ms)),
        elapsed: known.elapsed,
        unclean,
    }
}

/// `GOMAXPROCS`, with which k6's users bound its processors: as many event loops. As in Go, what is no positive number counts
/// for nothing (0: one loop for each usable core).
fn event_loops(given: Option<&str>) -> usize {
    given.and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::event_loops;

    #[test]
    fn as_in_go_only_a_positive_number_bounds_the_processors() {
        for (given, loops) in [
            (None, 0),
            (Some("1"), 1),
            (Some("16"), 16),
            (Some("0"), 0),
            (Some("-2"), 0),
            (Some("many"), 0),
        ] {
            assert_eq!(event_loops(given), loops, "{given:?}");
        }
    }
}
