//! Corrected latency: between what one core does and the pure rules of `loadd_metrics`.
//!
//! While nobody waits in a virtual queue this costs one more addition for each request, and no reading of the clock.

use std::{cell::RefCell, time::Instant};

use loadd_client::Timings;
use loadd_metrics::{LoopLatency, Recorder, SeriesId};

use crate::core::{Core, CoreCommand, CoreScenario};

/// What one VU's requests have to be corrected by.
#[derive(Default)]
pub(crate) struct VuLatency(RefCell<State>);

#[derive(Default)]
struct State {
    model: Model,
    loops: LoopLatency,
}

#[derive(Default, Clone, Copy)]
enum Model {
    /// Setup, teardown.
    #[default]
    Neither,
    Open {
        scenario: usize,
        /// Start delay, until the iteration's first request has taken it.
        delay: Option<u64>,
    },
    Closed,
}

impl VuLatency {
    /// An iteration begins, with its start delay where an arrival rate has started it.
    pub(crate) fn begin(&self, scenario: usize, delay: Option<u64>) {
        self.0.borrow_mut().model = match delay {
            Some(_) => Model::Open { scenario, delay },
            None => Model::Closed,
        };
    }

    /// Whether an arrival rate has started the iteration.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.0.borrow().model, Model::Open { .. })
    }

    /// The loop begins, or goes on after a pause.
    pub(crate) fn loop_begins(&self) {
        self.0.borrow_mut().loops.pause();
    }
}

/// Records the corrected latency of one core's requests.
#[derive(Default)]
pub(crate) struct LatencyRecorder {
    /// The first request's instant: those after it are told in nanoseconds from here.
    epoch: Option<Instant>,
}

/// One request that has ended.
pub(crate) struct Ended<'a> {
    pub(crate) series: SeriesId,
    /// The same for all requests of a VU with one method and name.
    pub(crate) key: u64,
    pub(crate) answered: bool,
    pub(crate) times: &'a Timings,
}

impl LatencyRecorder {
    pub(crate) fn record(
        &mut self,
        recorder: &mut Recorder,
        scenarios: &[CoreScenario],
        vu: &VuLatency,
        ended: &Ended<'_>,
    ) {
        let response = ended.times.duration();
        let State { model, loops } = &mut *vu.0.borrow_mut();
        match (model, ended.times.asked) {
            (Model::Open { scenario, delay }, _) => {
                let delay = match delay.take() {
                    Some(delay) => {
                        if ended.answered {
                            let mut open = scenarios[*scenario].latency.borrow_mut();
                            open.first_answer(ended.series, response);
                        }
                        delay
                    }
                    None => 0,
                };
                recorder.observe_own(ended.series, response.saturating_add(delay));
            }
            (Model::Closed, Some(asked)) => {
                let epoch = *self.epoch.get_or_insert(asked);
                let asked = nanos(asked.saturating_duration_since(epoch));
                let answered = asked + ended.times.blocked + response;
                loops.answered(
                    recorder,
                    ended.series,
                    ended.key,
                    (asked, answered),
                    response,
                );
            }
            (Model::Neither | Model::Closed, _) => recorder.observe_own(ended.series, response),
        }
    }
}

fn nanos(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Core {
    /// Who waits in the scenario's virtual queue uses the idle time of its VUs. To be called before their number changes.
    pub(crate) fn use_idle_time(&self, scenario: usize) {
        let here = &self.scenarios[scenario];
        let mut latency = here.latency.borrow_mut();
        if latency.is_empty() {
            return;
        }
        latency.idle_until(
            &mut self.recorder.borrow_mut(),
            here.tags,
            self.shared.now(),
            here.pool.idle(),
        );
    }

    /// A start was dropped: it waits in the virtual queue of a core that has VUs.
    pub(crate) fn missed(&self, scenario: usize, intended: u64, hops: usize) {
        let here = &self.scenarios[scenario];
        let cores = &self.shared.cores;
        if here.pool.is_vacant() && hops + 1 < cores.len() {
            let passed_on = CoreCommand::Missed {
                scenario,
                intended,
                hops: hops + 1,
            };
            if cores[(self.index + 1) % cores.len()]
                .send(passed_on)
                .is_ok()
            {
                return;
            }
        }
        self.missed_between(scenario, (intended, intended), 1);
    }

    /// Starts were dropped that had been due evenly between two instants.
    pub(crate) fn missed_between(&self, scenario: usize, (first, last): (u64, u64), count: u64) {
        if count == 0 {
            return;
        }
        self.use_idle_time(scenario);
        let here = &self.scenarios[scenario];
        let now = self.shared.now();
        here.latency
            .borrow_mut()
            .missed_between(first, last, count, now);
        if here.stopping.get() && here.pool.busy() == 0 {
            self.end_latency(scenario);
        }
    }

    /// The scenario is over: whoever still waits counts with the wait so far.
    pub(crate) fn end_latency(&self, scenario: usize) {
        self.use_idle_time(scenario);
        let here = &self.scenarios[scenario];
        let mut recorder = self.recorder.borrow_mut();
        let mut latency = here.latency.borrow_mut();
        if !latency.is_empty() {
            latency.end(&mut recorder, here.tags, self.shared.now());
        }
    }
}
