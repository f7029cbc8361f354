//! [`ArrivalSchedule`]: when the starts of an arrival rate are due, and whose they are.
//!
//! Two questions, "how many owned starts are due before t" and "when is owned start k due", that invert each other exactly:
//! `starts_before(t)` is the number of k with `start_of(k) < t`. The curves know only the whole test; the stripe picks.

mod constant;
mod ramping;

use self::{constant::Constant, ramping::Ramping};
use crate::{Executor, Offset, Share, Stripe};

/// The starts of one share (or of a core's part of it).
#[derive(Debug, Clone, PartialEq)]
pub struct ArrivalSchedule {
    curve: Curve,
    stripe: Stripe,
}

#[derive(Debug, Clone, PartialEq)]
enum Curve {
    Constant(Constant),
    Ramping(Ramping),
}

impl ArrivalSchedule {
    pub(crate) fn of(
        executor: &Executor,
        share: &Share,
        (part, parts): (u64, u64),
    ) -> Option<Self> {
        let (curve, max_vus) = match executor {
            Executor::ConstantArrivalRate {
                rate,
                time_unit,
                duration,
                max_vus,
                ..
            } => (
                Curve::Constant(Constant::new(*rate, *time_unit, *duration)),
                *max_vus,
            ),
            Executor::RampingArrivalRate {
                start_rate,
                time_unit,
                stages,
                max_vus,
                ..
            } => (
                Curve::Ramping(Ramping::new(*start_rate, *time_unit, stages)),
                *max_vus,
            ),
            Executor::ConstantVus { .. }
            | Executor::RampingVus { .. }
            | Executor::PerVuIterations { .. }
            | Executor::SharedIterations { .. } => return None,
        };
        let stripe = share.stripe_rescaled(max_vus)?.split(part, parts);
        Some(Self { curve, stripe })
    }

    /// How many owned starts are due before `t`.
    #[must_use]
    pub fn starts_before(&self, t: Offset) -> u64 {
        self.stripe.owned_below(match &self.curve {
            Curve::Constant(constant) => constant.due_before(t),
            Curve::Ramping(ramping) => ramping.due_before(t),
        })
    }

    /// When the k-th owned start is due, k from 0; never decreases. `None` after the last.
    #[must_use]
    pub fn start_of(&self, k: u64) -> Option<Offset> {
        let ordinal = self.ordinal_of(k);
        match &self.curve {
            Curve::Constant(constant) => constant.due(ordinal),
            Curve::Ramping(ramping) => ramping.due(ordinal),
        }
    }

    /// The k-th owned ordinal of the whole test. Iterations are numbered by it as well, in the order in which they begin:
    /// the j-th begun one is `ordinal_of(j)`, dropped starts use up none.
    #[must_use]
    pub fn ordinal_of(&self, k: u64) -> u64 {
        self.stripe.ordinal(k)
    }

    /// The regular end; `None`: never. Starts of a constant rate are due before it, the last of a ramping one may be due
    /// exactly at it.
    #[must_use]
    pub fn end(&self) -> Option<Offset> {
        match &self.curve {
            Curve::Constant(constant) => constant.end(),
            Curve::Ramping(ramping) => Some(ramping.end()),
        }
    }

    /// Starts per second that this share is asked for at `t`; 0 after the end.
    #[must_use]
    pub fn rate_at(&self, t: Offset) -> f64 {
        self.stripe.density()
            * match &self.curve {
                Curve::Constant(constant) => constant.rate_at(t),
                Curve::Ramping(ramping) => ramping.rate_at(t),
            }
    }
}

#[cfg(test)]
mod tests;
