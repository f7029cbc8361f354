//! The open model: users come whether or not somebody is free to serve them.
//!
//! A start that is dropped waits in a virtual queue. Only the idle time of VUs drains it, first come first served; each
//! takes the scenario's running median iteration time. It counts with its wait plus the running median response time. What
//! is never drained counts at the end with the wait so far: a lower bound, and counted as such.

use std::collections::VecDeque;

use super::median::LongMedian;
use crate::{Recorder, SeriesId, TagSetId, metric};

const SECOND: u64 = 1_000_000_000;
/// Entries of the queue; beyond them neighbours are laid together, so that a week of overload takes no more memory.
const ENTRIES: usize = 4_096;

/// One scenario's virtual queue on one core, and its medians.
#[derive(Debug, Default)]
pub struct OpenLatency {
    queue: VecDeque<Missed>,
    /// Idle VU time that goes by before the next one begins.
    debt: u64,
    /// Up to here idle time has been used.
    at: u64,
    iterations: LongMedian,
    responses: LongMedian,
    series: Option<SeriesId>,
}

/// Starts missed within a second, evenly spread.
#[derive(Debug, Clone, Copy)]
struct Missed {
    first: u64,
    last: u64,
    count: u64,
}

impl Missed {
    fn step(&self) -> u64 {
        if self.count > 1 {
            (self.last - self.first) / (self.count - 1)
        } else {
            0
        }
    }
}

impl OpenLatency {
    /// Whether nobody waits or is being served: then idle time is nobody's business.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.debt == 0
    }

    /// A scenario's first answered request of an iteration: the missed ones count in its series.
    #[inline]
    pub fn first_answer(&mut self, series: SeriesId, response: u64) {
        self.series = Some(series);
        self.responses.push(response);
    }

    /// An iteration has run to its end.
    #[inline]
    pub fn iteration(&mut self, took: u64) {
        self.iterations.push(took);
    }

    /// A start was dropped. `now` is not before its intended instant.
    pub fn missed(&mut self, intended: u64, now: u64) {
        self.missed_between(intended, intended, 1, now);
    }

    /// Starts were dropped that had been due evenly from `first` to `last`.
    pub fn missed_between(&mut self, first: u64, last: u64, count: u64, now: u64) {
        if count == 0 {
            return;
        }
        if self.is_empty() {
            self.at = now;
        }
        let last = last.max(first);
        match self.queue.back_mut() {
            Some(entry) if last >= entry.last && last / SECOND == entry.first / SECOND => {
                entry.last = last;
                entry.count += count;
            }
            Some(_) | None => self.queue.push_back(Missed { first, last, count }),
        }
        if self.queue.len() > ENTRIES {
            self.lay_together();
        }
    }

    /// From the last call until `now` this many VUs were idle. Call it before their number changes, and now and then.
    pub fn idle_until(
        &mut self,
        recorder: &mut Recorder,
        fallback: TagSetId,
        now: u64,
        idle: usize,
    ) {
        let idle_time = now.saturating_sub(self.at).saturating_mul(idle as u64);
        if idle > 0 {
            let takes = self.iterations.get().max(1);
            while self.debt < idle_time
                && let Some(intended) = self.take()
            {
                let begins = self.at + self.debt / idle as u64;
                let wait = begins.saturating_sub(intended);
                let series = self.series_or(recorder, fallback);
                recorder.observe_own(series, wait.saturating_add(self.responses.get()));
                self.debt += takes;
            }
            self.debt = self.debt.saturating_sub(idle_time);
        }
        self.at = self.at.max(now);
    }

    /// The scenario is over: what still waits counts with its wait so far.
    pub fn end(&mut self, recorder: &mut Recorder, fallback: TagSetId, now: u64) {
        self.debt = 0;
        if self.queue.is_empty() {
            return;
        }
        let series = self.series_or(recorder, fallback);
        let response = self.responses.get();
        let mut censored = 0;
        for missed in self.queue.drain(..) {
            let longest = now.saturating_sub(missed.first).saturating_add(response);
            recorder.observe_steps(series, longest, missed.step(), missed.count);
            censored += missed.count;
        }
        let counter = recorder.series(metric::CORRECTED_CENSORED, TagSetId::EMPTY);
        recorder.add(counter, censored as f64);
    }

    fn series_or(&self, recorder: &mut Recorder, fallback: TagSetId) -> SeriesId {
        self.series
            .unwrap_or_else(|| recorder.series(metric::HTTP_REQ_DURATION_CORRECTED, fallback))
    }

    /// Takes the one that has waited longest.
    fn take(&mut self) -> Option<u64> {
        let entry = self.queue.front_mut()?;
        let intended = entry.first;
        if entry.count == 1 {
            self.queue.pop_front();
        } else {
            entry.first += entry.step();
            entry.count -= 1;
        }
        Some(intended)
    }

    #[cold]
    fn lay_together(&mut self) {
        let pairs: Vec<Missed> = self.queue.drain(..).collect();
        self.queue = pairs
            .chunks(2)
            .map(|pair| Missed {
                first: pair[0].first,
                last: pair[pair.len() - 1].last,
                count: pair.iter().map(|missed| missed.count).sum(),
            })
            .collect();
    }

    /// Entries of the queue.
    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.queue.len()
    }
}
