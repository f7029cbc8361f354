//! How many VUs a plan needs and how long it takes: the maximum over time of the sum over scenarios, where graceful periods
//! count and scenarios that do not overlap share their VUs.

use super::{Executor, Plan, ScenarioPlan};
use crate::{Length, Offset, Share};

/// Which of an arrival rate's two counts is meant.
#[derive(Clone, Copy)]
enum Pool {
    Planned,
    Max,
}

impl Plan {
    /// VUs that this share makes before the start.
    #[must_use]
    pub fn planned_vus(&self, share: &Share) -> u64 {
        self.peak(share, Pool::Planned)
    }

    /// VUs that this share may come to have.
    #[must_use]
    pub fn max_vus(&self, share: &Share) -> u64 {
        self.peak(share, Pool::Max)
    }

    /// The latest end of this share's scenarios, graceful periods included, from the end of setup; `None`: never. What
    /// leaves this share without work has no length.
    #[must_use]
    pub fn total_duration(&self, share: &Share) -> Option<Offset> {
        self.scenarios
            .iter()
            .try_fold(Offset::ZERO, |latest, scenario| {
                if scenario.is_idle(share) {
                    return Some(latest);
                }
                Some(latest.max(scenario.start_time + scenario.last_end(share)?))
            })
    }

    fn peak(&self, share: &Share, pool: Pool) -> u64 {
        // (when, which scenario, what it needs from then on). At one instant all changes come before the sum is looked at,
        // so that one scenario's end makes room for another's start.
        let mut changes: Vec<(Offset, usize, u64)> = Vec::new();
        for (index, scenario) in self.scenarios.iter().enumerate() {
            let from_start = scenario.needs(share, pool);
            changes.extend(
                from_start
                    .into_iter()
                    .map(|(at, count)| (scenario.start_time + at, index, count)),
            );
        }
        changes.sort_by_key(|&(at, ..)| at);
        let mut needs = vec![0_u64; self.scenarios.len()];
        let (mut sum, mut peak) = (0_u64, 0);
        for instant in changes.chunk_by(|a, b| a.0 == b.0) {
            for &(_, index, count) in instant {
                sum = (sum - needs[index]).saturating_add(count);
                needs[index] = count;
            }
            peak = peak.max(sum);
        }
        peak
    }
}

impl ScenarioPlan {
    /// When the last iteration of this share is cut off at the latest, from the scenario's own start; `None`: never.
    #[must_use]
    pub fn last_end(&self, share: &Share) -> Option<Offset> {
        match &self.executor {
            Executor::RampingVus { .. } => {
                let population = self.population(share, (0, 1));
                Some(
                    population
                        .and_then(|population| population.last_end())
                        .unwrap_or_default(),
                )
            }
            Executor::ConstantVus { .. }
            | Executor::PerVuIterations { .. }
            | Executor::SharedIterations { .. }
            | Executor::ConstantArrivalRate { .. }
            | Executor::RampingArrivalRate { .. } => match self.executor.length() {
                Length::For(length) => Some(length + self.graceful_stop),
                Length::Forever => None,
            },
        }
    }

    /// What it may need from each of these instants on, from its own start.
    fn needs(&self, share: &Share, pool: Pool) -> Vec<(Offset, u64)> {
        let count = match &self.executor {
            Executor::RampingVus { .. } => {
                let population = self.population(share, (0, 1));
                return population
                    .map_or_else(Vec::new, |population| population.hard_steps().to_vec());
            }
            Executor::ConstantVus { vus, .. } => share.scale(*vus),
            Executor::PerVuIterations { .. } | Executor::SharedIterations { .. } => {
                self.quota(share).map_or(0, |quota| quota.vus())
            }
            Executor::ConstantArrivalRate {
                pre_allocated_vus,
                max_vus,
                ..
            }
            | Executor::RampingArrivalRate {
                pre_allocated_vus,
                max_vus,
                ..
            } => match pool {
                Pool::Planned => share.scale(*pre_allocated_vus),
                Pool::Max => share.scale(*max_vus),
            },
        };
        let end = self.last_end(share).map(|end| (end, 0));
        std::iter::once((Offset::ZERO, count)).chain(end).collect()
    }
}
