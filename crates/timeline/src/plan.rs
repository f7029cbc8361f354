//! [`Plan`]: what the whole test does, valid by construction of [`crate::resolve`]. A worker's part of it comes from asking
//! with its [`Share`](crate::Share); the plan itself is never scaled.

mod describe;
mod fingerprint;
mod needs;

use std::collections::BTreeMap;

use crate::{ArrivalSchedule, Length, Offset, Population, Quota, Share};

/// All scenarios of the whole test, by start time, then name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The scenarios, in the order in which they are shown everywhere.
    pub scenarios: Vec<ScenarioPlan>,
}

/// One scenario of the whole test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioPlan {
    /// Its key in `scenarios`.
    pub name: String,
    /// What it does.
    pub executor: Executor,
    /// When its own time begins, counted from the end of setup.
    pub start_time: Offset,
    /// How long iterations may go on after its regular end.
    pub graceful_stop: Offset,
    /// The exported function that an iteration calls.
    pub exec: String,
    /// Laid over `__ENV`.
    pub env: BTreeMap<String, String>,
    /// On all of its samples.
    pub tags: BTreeMap<String, String>,
}

/// How a scenario asks for iterations. Counts and rates are those of the whole test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Executor {
    /// A fixed number of looping VUs.
    ConstantVus {
        /// How many.
        vus: u64,
        /// For how long.
        duration: Length,
    },
    /// A number of looping VUs that follows stages.
    RampingVus {
        /// How many at the start.
        start_vus: u64,
        /// Each ramps linearly from the target before to its own.
        stages: Vec<Stage>,
        /// How long the iteration of a VU that is ramped down may go on.
        graceful_ramp_down: Offset,
    },
    /// Each VU does so many iterations.
    PerVuIterations {
        /// How many VUs.
        vus: u64,
        /// Of each VU.
        iterations: u64,
        /// No iteration starts later.
        max_duration: Offset,
    },
    /// All VUs together do so many iterations.
    SharedIterations {
        /// How many VUs.
        vus: u64,
        /// Of all together.
        iterations: u64,
        /// No iteration starts later.
        max_duration: Offset,
    },
    /// Iterations start at a fixed rate.
    ConstantArrivalRate {
        /// Starts per time unit, above 0.
        rate: u64,
        /// Above 0.
        time_unit: Offset,
        /// For how long.
        duration: Length,
        /// VUs made before the start.
        pre_allocated_vus: u64,
        /// VUs that may be made.
        max_vus: u64,
        /// What becomes of a start that finds no VU.
        on_exhausted: OnExhausted,
    },
    /// Iterations start at a rate that follows stages.
    RampingArrivalRate {
        /// Starts per time unit at the beginning.
        start_rate: u64,
        /// Above 0.
        time_unit: Offset,
        /// Each ramps linearly from the target before to its own.
        stages: Vec<Stage>,
        /// VUs made before the start.
        pre_allocated_vus: u64,
        /// VUs that may be made.
        max_vus: u64,
        /// What becomes of a start that finds no VU.
        on_exhausted: OnExhausted,
    },
}

/// A linear ramp to `target`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stage {
    /// How long it takes; 0 is a jump.
    pub duration: Offset,
    /// VUs, or starts per time unit, at its end.
    pub target: u64,
}

/// What becomes of a start that is due while no VU is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnExhausted {
    /// It is lost and counted (k6's way).
    #[default]
    Drop,
    /// It waits for a VU and is measured from its intended start.
    Queue,
}

impl Executor {
    /// k6's name of the executor, such as `constant-arrival-rate`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::ConstantVus { .. } => "constant-vus",
            Self::RampingVus { .. } => "ramping-vus",
            Self::PerVuIterations { .. } => "per-vu-iterations",
            Self::SharedIterations { .. } => "shared-iterations",
            Self::ConstantArrivalRate { .. } => "constant-arrival-rate",
            Self::RampingArrivalRate { .. } => "ramping-arrival-rate",
        }
    }

    /// The regular length of the whole test's scenario, after which nothing starts. A share of a ramping-vus may end
    /// earlier: [`Population::regular_end`].
    #[must_use]
    pub fn length(&self) -> Length {
        match self {
            Self::ConstantVus { duration, .. } | Self::ConstantArrivalRate { duration, .. } => {
                *duration
            }
            Self::RampingVus { stages, .. } | Self::RampingArrivalRate { stages, .. } => {
                Length::For(total(stages))
            }
            Self::PerVuIterations { max_duration, .. }
            | Self::SharedIterations { max_duration, .. } => Length::For(*max_duration),
        }
    }

    /// What becomes of a start without a VU; `None` where starts are not by a clock.
    #[must_use]
    pub const fn on_exhausted(&self) -> Option<OnExhausted> {
        match self {
            Self::ConstantArrivalRate { on_exhausted, .. }
            | Self::RampingArrivalRate { on_exhausted, .. } => Some(*on_exhausted),
            Self::ConstantVus { .. }
            | Self::RampingVus { .. }
            | Self::PerVuIterations { .. }
            | Self::SharedIterations { .. } => None,
        }
    }

    /// (preAllocatedVUs, maxVUs) of this share; `None` where starts are not by a clock.
    #[must_use]
    pub fn arrival_vus(&self, share: &Share) -> Option<(u64, u64)> {
        match self {
            Self::ConstantArrivalRate {
                pre_allocated_vus,
                max_vus,
                ..
            }
            | Self::RampingArrivalRate {
                pre_allocated_vus,
                max_vus,
                ..
            } => Some((share.scale(*pre_allocated_vus), share.scale(*max_vus))),
            Self::ConstantVus { .. }
            | Self::RampingVus { .. }
            | Self::PerVuIterations { .. }
            | Self::SharedIterations { .. } => None,
        }
    }
}

/// The length of all stages together.
pub(crate) fn total(stages: &[Stage]) -> Offset {
    stages
        .iter()
        .fold(Offset::ZERO, |sum, stage| sum + stage.duration)
}

impl ScenarioPlan {
    /// When iterations start, for part `core.0` of `core.1` of this share. `None` where starts are not by a clock, or this
    /// share has no work here (its part of maxVUs is 0).
    #[must_use]
    pub fn arrivals(&self, share: &Share, core: (u64, u64)) -> Option<ArrivalSchedule> {
        ArrivalSchedule::of(&self.executor, share, core)
    }

    /// How many VUs loop when, for part `core.0` of `core.1` of this share. `None` where VUs do not loop by a clock, or no
    /// VU falls to this part.
    #[must_use]
    pub fn population(&self, share: &Share, core: (u64, u64)) -> Option<Population> {
        Population::of(&self.executor, self.graceful_stop, share, core)
    }

    /// How many iterations by how many VUs fall to this share. `None` where iterations are not counted out, or nothing
    /// falls to this share.
    #[must_use]
    pub fn quota(&self, share: &Share) -> Option<Quota> {
        Quota::of(&self.executor, share)
    }

    /// Whether this share has nothing to do here: k6 leaves the scenario out.
    #[must_use]
    pub fn is_idle(&self, share: &Share) -> bool {
        match &self.executor {
            Executor::ConstantVus { vus, .. } => share.scale(*vus) == 0,
            Executor::RampingVus { .. } => self.population(share, (0, 1)).is_none(),
            Executor::PerVuIterations { .. } | Executor::SharedIterations { .. } => {
                self.quota(share).is_none()
            }
            Executor::ConstantArrivalRate { max_vus, .. }
            | Executor::RampingArrivalRate { max_vus, .. } => share.scale(*max_vus) == 0,
        }
    }
}

#[cfg(test)]
mod tests;
