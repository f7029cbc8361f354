//! How long a script may run: the interrupt handler's decision.
//!
//! The engine asks about every 10,000 branches and calls, in loops, recursion and regular expressions alike. The clock is
//! read only then, never on the way of a request.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use crate::Limits;

/// What the handler does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Run on.
    Continue,
    /// The slice is used up: let the neighbours run.
    Yield,
    /// Longer than `limits.script_time` without a wait.
    TimeIsUp,
}

/// A VU's run time since it last waited for the world.
#[derive(Debug, Default)]
pub(crate) struct RunClock {
    /// First look at the clock in this slice; `None` until the engine asks.
    slice_began: Cell<Option<Instant>>,
    /// Used in earlier slices of the same run.
    used: Cell<Duration>,
}

impl RunClock {
    /// The script has waited: a new run begins.
    pub(crate) fn restart(&self) {
        self.slice_began.set(None);
        self.used.set(Duration::ZERO);
    }

    /// The neighbours have had their turn: the run goes on.
    pub(crate) fn resume_slice(&self) {
        self.slice_began.set(None);
    }

    /// The engine asks whether to go on.
    pub(crate) fn ask(&self, now: Instant, limits: &Limits) -> Verdict {
        let Some(began) = self.slice_began.get() else {
            self.slice_began.set(Some(now));
            return Verdict::Continue;
        };
        let slice = now.saturating_duration_since(began);
        if limits
            .script_time
            .is_some_and(|limit| self.used.get() + slice >= limit)
        {
            return Verdict::TimeIsUp;
        }
        if slice < limits.slice {
            return Verdict::Continue;
        }
        self.used.set(self.used.get() + slice);
        Verdict::Yield
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_yields_after_each_slice_and_ends_at_its_limit_however_many_slices_it_took() {
        let limits = Limits {
            script_time: Some(Duration::from_millis(12)),
            slice: Duration::from_millis(5),
            ..Limits::default()
        };
        let clock = RunClock::default();
        let mut now = Instant::now();
        let mut verdicts = Vec::new();
        for _ in 0..15 {
            let verdict = clock.ask(now, &limits);
            if verdict == Verdict::Yield {
                clock.resume_slice();
            }
            verdicts.push(verdict);
            if verdict == Verdict::TimeIsUp {
                break;
            }
            now += Duration::from_millis(1);
        }
        let yields = verdicts
            .iter()
            .filter(|verdict| **verdict == Verdict::Yield)
            .count();
        assert_eq!((yields, verdicts.last()), (2, Some(&Verdict::TimeIsUp)));
    }
}
