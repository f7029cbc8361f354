//! [`OpenStepper`]: the state machine that a pacer drives. It takes the time and says which starts are due; starting,
//! queueing or dropping for lack of a VU is the caller's decision.

use crate::{ArrivalSchedule, Offset};

/// Starts later than this are not made up: the process was stopped or the machine slept, and a burst would be no load that
/// anybody asked for.
const MAX_LATE: Offset = Offset::from_secs(1);

/// Walks along an [`ArrivalSchedule`].
#[derive(Debug, Clone)]
pub struct OpenStepper {
    schedule: ArrivalSchedule,
    /// The first owned start that has not been dealt with.
    next: u64,
    /// When it is due; `None`: there is none.
    next_due: Option<Offset>,
    was_paused: bool,
}

/// What a step came to, beside the starts that are due. Planned by this step: the due ones and `stalled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenStep {
    /// Starts that were due more than 1 s ago: to be counted as dropped, reason `stall`.
    pub stalled: u64,
    /// When to step again; `None` while paused (resuming is itself a reason to step) and when over.
    pub wake: Option<Offset>,
    /// No start will come any more.
    pub over: bool,
}

impl OpenStepper {
    /// Joins the line at `join`. Joining makes up nothing: the first start is the first one due at or after `join`.
    #[must_use]
    pub fn new(schedule: ArrivalSchedule, join: Offset) -> Self {
        let next = schedule.starts_before(join);
        let next_due = schedule.start_of(next);
        Self {
            schedule,
            next,
            next_due,
            was_paused: false,
        }
    }

    /// The schedule that it walks along.
    #[must_use]
    pub fn schedule(&self) -> &ArrivalSchedule {
        &self.schedule
    }

    /// Goes on to `now`, which does not decrease from step to step, and fills `due` (cleared first) with the starts that
    /// are due and at most 1 s late, in order: each one's k and its intended instant. While paused, and in the first step
    /// after a pause for what was due before it, starts are skipped: they are neither due nor stalled.
    pub fn step(&mut self, now: Offset, paused: bool, due: &mut Vec<(u64, Offset)>) -> OpenStep {
        due.clear();
        let mut stalled = 0;
        if paused {
            self.skip_to(now + Offset(1));
        } else if self.was_paused {
            self.skip_to(now);
        } else {
            stalled = self.skip_to(now - MAX_LATE);
        }
        self.was_paused = paused;
        while let Some(intended) = self.next_due
            && intended <= now
        {
            due.push((self.next, intended));
            self.next += 1;
            self.next_due = self.schedule.start_of(self.next);
        }
        OpenStep {
            stalled,
            wake: self.next_due.filter(|_| !paused),
            over: self.next_due.is_none(),
        }
    }

    /// Leaves out what is due before `until`, and says how many these were.
    fn skip_to(&mut self, until: Offset) -> u64 {
        if self.next_due.is_none_or(|due| due >= until) {
            return 0;
        }
        let skipped = self.schedule.starts_before(until) - self.next;
        self.next += skipped;
        self.next_due = self.schedule.start_of(self.next);
        skipped
    }
}

#[cfg(test)]
mod tests;
