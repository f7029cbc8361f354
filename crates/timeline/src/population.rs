//! [`Population`]: how many VUs loop when, and until when those that were told to stop may go on.
//!
//! Two lists of steps (instant, count from then on). The *started* plan says how many VUs begin iterations; the *hard* plan
//! how many may still be inside one. A slot is a VU's place in the population, from 0: slot s loops while the started count
//! is above s. A step up starts the lowest stopped slots, a step down stops the highest; a stopped slot's iteration is cut
//! off when the hard count falls to s. A slot started again before that just goes on.

use std::collections::VecDeque;

use crate::{Executor, Length, Offset, Share, Stage, Stripe};

/// The VUs of one share (or of a core's part of it) over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population {
    started: Vec<(Offset, u64)>,
    hard: Vec<(Offset, u64)>,
}

/// One time of looping of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The slot begins to loop.
    pub start: Offset,
    /// It begins no further iteration from here on; `None`: never.
    pub stop: Option<Offset>,
    /// Its iteration is cut off here. May lie after the next span's start, in which case the slot just goes on: nothing is
    /// cut off between the two. `None`: never.
    pub cut_off: Option<Offset>,
}

impl Population {
    pub(crate) fn of(
        executor: &Executor,
        graceful_stop: Offset,
        share: &Share,
        (part, parts): (u64, u64),
    ) -> Option<Self> {
        let stripe = share.stripe().split(part, parts);
        let population = match executor {
            Executor::ConstantVus { vus, duration } => {
                constant(stripe.owned_below(*vus), *duration, graceful_stop)
            }
            Executor::RampingVus {
                start_vus,
                stages,
                graceful_ramp_down,
            } => ramping(
                *start_vus,
                stages,
                *graceful_ramp_down,
                graceful_stop,
                &stripe,
            ),
            Executor::PerVuIterations { .. }
            | Executor::SharedIterations { .. }
            | Executor::ConstantArrivalRate { .. }
            | Executor::RampingArrivalRate { .. } => return None,
        };
        (population.slots() > 0).then_some(population)
    }

    /// How many VUs begin iterations from each instant on: strictly ascending instants, each a change; 0 before the first.
    #[must_use]
    pub fn steps(&self) -> &[(Offset, u64)] {
        &self.started
    }

    /// How many VUs may be inside an iteration from each instant on; never below the started plan.
    #[must_use]
    pub fn hard_steps(&self) -> &[(Offset, u64)] {
        &self.hard
    }

    /// How many VUs begin iterations at `t`.
    #[must_use]
    pub fn vus_at(&self, t: Offset) -> u64 {
        count_at(&self.started, t)
    }

    /// How many VUs may be inside an iteration at `t`.
    #[must_use]
    pub fn busy_at(&self, t: Offset) -> u64 {
        count_at(&self.hard, t)
    }

    /// The most VUs that may be inside an iteration at once.
    #[must_use]
    pub fn slots(&self) -> u64 {
        self.hard.iter().map(|&(_, count)| count).max().unwrap_or(0)
    }

    /// The last step: no iteration begins from here on; 0 where none begins at all (a VU that would come at the very end).
    /// `None`: never.
    #[must_use]
    pub fn regular_end(&self) -> Option<Offset> {
        end_of(&self.started)
    }

    /// When the last iteration is cut off. `None`: never.
    #[must_use]
    pub fn last_end(&self) -> Option<Offset> {
        end_of(&self.hard)
    }

    /// When a slot loops, in order.
    #[must_use]
    pub fn spans(&self, slot: u64) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for &(at, count) in &self.started {
            let open = spans.last_mut().filter(|span| span.stop.is_none());
            match (open, count > slot) {
                (None, true) => spans.push(Span {
                    start: at,
                    stop: None,
                    cut_off: None,
                }),
                (Some(span), false) => {
                    span.stop = Some(at);
                    let later =
                        &self.hard[self.hard.partition_point(|&(hard_at, _)| hard_at < at)..];
                    // A hard count already at or below the slot when the slot stops cuts it off at once.
                    let gone = count_at(&self.hard, at) <= slot;
                    let falls = later
                        .iter()
                        .find(|&&(_, busy)| busy <= slot)
                        .map(|&(hard_at, _)| hard_at);
                    span.cut_off = if gone { Some(at) } else { falls };
                }
                (None, false) | (Some(_), true) => {}
            }
        }
        spans
    }
}

fn count_at(steps: &[(Offset, u64)], t: Offset) -> u64 {
    let passed = steps.partition_point(|&(at, _)| at <= t);
    passed.checked_sub(1).map_or(0, |last| steps[last].1)
}

fn end_of(steps: &[(Offset, u64)]) -> Option<Offset> {
    match steps.last() {
        None => Some(Offset::ZERO),
        Some(&(at, 0)) => Some(at),
        Some(_) => None,
    }
}

fn constant(vus: u64, duration: Length, graceful_stop: Offset) -> Population {
    let (mut started, mut hard) = (Steps::default(), Steps::default());
    started.push(Offset::ZERO, vus);
    hard.push(Offset::ZERO, vus);
    if let Length::For(length) = duration {
        started.push(length, 0);
        hard.push(length + graceful_stop, 0);
    }
    Population {
        started: started.0,
        hard: hard.0,
    }
}

/// Both plans of ramping-vus. The steps are made once for the whole test, from unscaled counts: an owner's are those at
/// which one of its own ordinals (count k is ordinal k - 1) comes or goes.
fn ramping(
    start_vus: u64,
    stages: &[Stage],
    graceful_ramp_down: Offset,
    graceful_stop: Offset,
    stripe: &Stripe,
) -> Population {
    let mut steps = Steps::default();
    steps.push(Offset::ZERO, stripe.owned_below(start_vus));
    let (mut from, mut end) = (start_vus, Offset::ZERO);
    for &Stage {
        duration,
        target: to,
    } in stages
    {
        end = end + duration;
        stage_steps(&mut steps, from, to, duration, end, stripe);
        from = to;
    }
    // Who still loops when the stages are over is stopped by the scenario's end, not by a ramp down: gracefulStop holds.
    let hard = hard_plan(&steps.0, graceful_ramp_down, end + graceful_stop);
    steps.push(end, 0);
    Population {
        started: steps.0,
        hard,
    }
}

/// The owned steps of one stage from `from` to `to` VUs that ends at `end`.
fn stage_steps(
    steps: &mut Steps,
    from: u64,
    to: u64,
    length: Offset,
    end: Offset,
    stripe: &Stripe,
) {
    let (own_from, own_to) = (stripe.owned_below(from), stripe.owned_below(to));
    if length.0 == 0 {
        steps.push(end, own_to);
        return;
    }
    // Length times VUs overflows 64 bits at 24 h with 107,000 VUs.
    let before_end = |numerator: u64, denominator: u64| {
        end - Offset(
            (u128::from(length.0) * u128::from(numerator) / u128::from(denominator)) as u64,
        )
    };
    for own in own_from..own_to {
        let count = stripe.ordinal(own) + 1;
        steps.push(before_end(to - count, to - from), own + 1);
    }
    for own in (own_to..own_from).rev() {
        let count = stripe.ordinal(own) + 1;
        steps.push(before_end(count - to - 1, from - to), own);
    }
}

/// The hard plan: at any instant the maximum of the started plan over the last `graceful_ramp_down`, so that a fall takes
/// effect so much later, unless the count is back by then (a rise at that very instant still counts). What would fall at
/// `end` or later falls at `end`.
fn hard_plan(
    started: &[(Offset, u64)],
    graceful_ramp_down: Offset,
    end: Offset,
) -> Vec<(Offset, u64)> {
    let mut hard = Steps::default();
    // Counts that may be the maximum now or later, descending, each with the instant from which it no longer counts.
    let mut recent: VecDeque<(Offset, u64)> = VecDeque::new();
    let expire = |recent: &mut VecDeque<(Offset, u64)>, hard: &mut Steps, until: Offset| {
        while let Some(&(gone, _)) = recent.front()
            && gone <= until
            && gone < end
        {
            recent.pop_front();
            hard.push(gone, recent.front().map_or(0, |&(_, count)| count));
        }
    };
    for (index, &(at, count)) in started.iter().enumerate() {
        let replaced = started
            .get(index + 1)
            .map_or(Offset::MAX, |&(next, _)| next);
        // What expires before this step does so first; at a tie the step does.
        expire(&mut recent, &mut hard, at.saturating_sub(Offset(1)));
        while recent.back().is_some_and(|&(_, other)| other <= count) {
            recent.pop_back();
        }
        recent.push_back((replaced + graceful_ramp_down, count));
        hard.push(at, recent.front().map_or(0, |&(_, most)| most));
    }
    expire(&mut recent, &mut hard, Offset::MAX);
    hard.push(end, 0);
    hard.0
}

/// Steps under construction: instants do not decrease; of several at one instant the last counts, and what changes nothing
/// is left out.
#[derive(Default)]
struct Steps(Vec<(Offset, u64)>);

impl Steps {
    fn push(&mut self, at: Offset, count: u64) {
        if self.0.last().is_some_and(|&(last, _)| last == at) {
            self.0.pop();
        }
        if self.0.last().map_or(0, |&(_, last)| last) != count {
            self.0.push((at, count));
        }
    }
}

#[cfg(test)]
mod tests;
