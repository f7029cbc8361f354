//! [`Quota`]: iterations that are counted out instead of timed. The counter itself is the caller's.

use crate::{Executor, Share, Stripe};

/// How many iterations by how many VUs fall to a share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quota {
    /// Each of `vus` VUs does `iterations`.
    PerVu {
        /// VUs of this share.
        vus: u64,
        /// Iterations of each VU (not divided).
        iterations: u64,
    },
    /// `vus` VUs draw from one counter of `iterations`.
    Shared {
        /// VUs of this share.
        vus: u64,
        /// Iterations of this share.
        iterations: u64,
        /// Which ordinals of the whole test these are.
        stripe: Stripe,
    },
}

impl Quota {
    pub(crate) fn of(executor: &Executor, share: &Share) -> Option<Self> {
        match executor {
            Executor::PerVuIterations {
                vus, iterations, ..
            } => {
                let vus = share.scale(*vus);
                (vus > 0).then_some(Self::PerVu {
                    vus,
                    iterations: *iterations,
                })
            }
            Executor::SharedIterations {
                vus, iterations, ..
            } => {
                let stripe = share.stripe_rescaled(*vus)?;
                let iterations = stripe.owned_below(*iterations);
                (iterations > 0).then(|| Self::Shared {
                    vus: share.scale(*vus),
                    iterations,
                    stripe,
                })
            }
            Executor::ConstantVus { .. }
            | Executor::RampingVus { .. }
            | Executor::ConstantArrivalRate { .. }
            | Executor::RampingArrivalRate { .. } => None,
        }
    }

    /// VUs of this share.
    #[must_use]
    pub const fn vus(&self) -> u64 {
        match self {
            Self::PerVu { vus, .. } | Self::Shared { vus, .. } => *vus,
        }
    }

    /// Iterations of this share, all VUs together.
    #[must_use]
    pub const fn iterations(&self) -> u64 {
        match self {
            Self::PerVu { vus, iterations } => vus.saturating_mul(*iterations),
            Self::Shared { iterations, .. } => *iterations,
        }
    }
}
