//! The texts of k6's header: what each scenario does, with the counts of a share.

use std::fmt::Write;

use super::{Executor, Plan, ScenarioPlan};
use crate::{Length, Share, Stripe};

impl Plan {
    /// The head line and a line for each scenario, in k6's words: `(33.33%) 2 scenarios, 40 max VUs, 1m30s max duration
    /// (incl. graceful stop):`, `buy: 10.00 iterations/s for 1m0s (...)`.
    #[must_use]
    pub fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let count = self.scenarios.len();
        let plural = if count == 1 { "" } else { "s" };
        let duration = match self.total_duration(share) {
            Some(end) => format!("{end} max duration (incl. graceful stop)"),
            None => "no end".into(),
        };
        let percent = share.fraction() * 100.0;
        let vus = self.max_vus(share);
        let head = format!("({percent:.2}%) {count} scenario{plural}, {vus} max VUs, {duration}:");
        (
            head,
            self.scenarios
                .iter()
                .map(|scenario| format!("{}: {}", scenario.name, scenario.describe(share)))
                .collect(),
        )
    }
}

impl ScenarioPlan {
    /// What this share does, with everything in brackets that k6 puts there.
    #[must_use]
    pub fn describe(&self, share: &Share) -> String {
        let mut facts = self.executor.facts(share);
        if self.exec != "default" {
            facts.push(format!("exec: {}", self.exec));
        }
        for (name, time) in [
            ("startTime", self.start_time),
            ("gracefulStop", self.graceful_stop),
        ] {
            if time.0 > 0 {
                facts.push(format!("{name}: {time}"));
            }
        }
        let mut text = self.executor.describe(share);
        if !facts.is_empty() {
            write!(text, " ({})", facts.join(", ")).expect("writing into a String cannot fail");
        }
        text
    }
}

impl Executor {
    /// What this share does, without the brackets: `10.00 iterations/s for 1m0s`.
    #[must_use]
    pub fn describe(&self, share: &Share) -> String {
        match self {
            Self::ConstantVus { vus, duration } => {
                format!(
                    "{} looping VUs {}",
                    share.scale(*vus),
                    for_length(*duration)
                )
            }
            Self::RampingVus {
                start_vus, stages, ..
            } => {
                let most = stages
                    .iter()
                    .map(|stage| stage.target)
                    .fold(*start_vus, u64::max);
                let length = for_length(self.length());
                format!(
                    "Up to {} looping VUs {length} over {} stages",
                    share.scale(most),
                    stages.len()
                )
            }
            Self::PerVuIterations {
                vus, iterations, ..
            } => {
                format!(
                    "{iterations} iterations for each of {} VUs",
                    share.scale(*vus)
                )
            }
            Self::SharedIterations {
                vus, iterations, ..
            } => {
                let own = share
                    .stripe_rescaled(*vus)
                    .map_or(0, |stripe| stripe.owned_below(*iterations));
                format!("{own} iterations shared among {} VUs", share.scale(*vus))
            }
            Self::ConstantArrivalRate {
                rate,
                max_vus,
                duration,
                time_unit,
                ..
            } => {
                let rate = per_second(*rate, time_unit.0, share, *max_vus);
                format!("{rate:.2} iterations/s {}", for_length(*duration))
            }
            Self::RampingArrivalRate {
                start_rate,
                time_unit,
                stages,
                max_vus,
                ..
            } => {
                let most = stages
                    .iter()
                    .map(|stage| stage.target)
                    .fold(*start_rate, u64::max);
                let rate = per_second(most, time_unit.0, share, *max_vus);
                let length = for_length(self.length());
                format!(
                    "Up to {rate:.2} iterations/s {length} over {} stages",
                    stages.len()
                )
            }
        }
    }

    /// The executor's own facts in the brackets.
    fn facts(&self, share: &Share) -> Vec<String> {
        match self {
            Self::ConstantVus { .. } => Vec::new(),
            Self::RampingVus {
                graceful_ramp_down, ..
            } if graceful_ramp_down.0 == 0 => Vec::new(),
            Self::RampingVus {
                graceful_ramp_down, ..
            } => vec![format!("gracefulRampDown: {graceful_ramp_down}")],
            Self::PerVuIterations { max_duration, .. }
            | Self::SharedIterations { max_duration, .. } => {
                vec![format!("maxDuration: {max_duration}")]
            }
            Self::ConstantArrivalRate {
                pre_allocated_vus,
                max_vus,
                ..
            }
            | Self::RampingArrivalRate {
                pre_allocated_vus,
                max_vus,
                ..
            } => {
                let (first, most) = (share.scale(*pre_allocated_vus), share.scale(*max_vus));
                vec![if first == most {
                    format!("maxVUs: {most}")
                } else {
                    format!("maxVUs: {first}-{most}")
                }]
            }
        }
    }
}

fn for_length(length: Length) -> String {
    match length {
        Length::For(length) => format!("for {length}"),
        Length::Forever => "without end".into(),
    }
}

/// A rate of the whole, as this share's starts per second.
fn per_second(rate: u64, time_unit: u64, share: &Share, max_vus: u64) -> f64 {
    let density = share
        .stripe_rescaled(max_vus)
        .map_or(0.0, |stripe: Stripe| stripe.density());
    rate as f64 * 1e9 / time_unit as f64 * density
}
