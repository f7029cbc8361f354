//! What of a scenario falls to this worker: worked out once, before the start.

use loadd_timeline::{ArrivalSchedule, Executor, Length, Quota, ScenarioPlan, Share, Stripe};

/// A worker's part of a scenario.
#[derive(Debug)]
pub(crate) struct SharePart {
    /// VUs that it holds from its start on.
    pub(crate) initial_vus: u64,
    /// VUs that it may hold.
    pub(crate) max_vus: u64,
    /// No iteration begins later.
    pub(crate) length: Length,
    /// Which ordinals of the whole test are this worker's: numbers the iterations.
    pub(crate) stripe: Stripe,
    /// Starts of the whole worker, where they are by a clock.
    pub(crate) arrivals: Option<ArrivalSchedule>,
    /// Iterations to do in all, where they are counted out.
    pub(crate) iterations: Option<u64>,
    /// Whether all VUs draw from one counter of these.
    pub(crate) draws_from_quota: bool,
    /// Nothing falls to this worker.
    pub(crate) is_idle: bool,
}

impl SharePart {
    pub(crate) fn of(plan: &ScenarioPlan, share: &Share) -> SharePart {
        let quota = plan.quota(share);
        let population = plan.population(share, (0, 1));
        let arrivals = plan.arrivals(share, (0, 1));
        let (initial_vus, max_vus) = plan.executor.arrival_vus(share).unwrap_or_else(|| {
            let looping = population
                .as_ref()
                .map_or(0, loadd_timeline::Population::slots);
            let vus = quota.as_ref().map_or(looping, Quota::vus);
            (vus, vus)
        });
        let rescaled = match &plan.executor {
            Executor::ConstantArrivalRate { max_vus, .. }
            | Executor::RampingArrivalRate { max_vus, .. } => share.stripe_rescaled(*max_vus),
            Executor::SharedIterations { vus, .. } => share.stripe_rescaled(*vus),
            Executor::ConstantVus { .. }
            | Executor::RampingVus { .. }
            | Executor::PerVuIterations { .. } => None,
        };
        let ramp_end = match &plan.executor {
            Executor::RampingVus { .. } => population
                .as_ref()
                .and_then(loadd_timeline::Population::regular_end),
            Executor::ConstantVus { .. }
            | Executor::PerVuIterations { .. }
            | Executor::SharedIterations { .. }
            | Executor::ConstantArrivalRate { .. }
            | Executor::RampingArrivalRate { .. } => None,
        };
        SharePart {
            initial_vus,
            max_vus,
            length: ramp_end.map_or_else(|| plan.executor.length(), Length::For),
            stripe: rescaled.unwrap_or_else(|| share.stripe()),
            arrivals,
            iterations: quota.as_ref().map(Quota::iterations),
            draws_from_quota: matches!(quota, Some(Quota::Shared { .. })),
            is_idle: plan.is_idle(share),
        }
    }
}
