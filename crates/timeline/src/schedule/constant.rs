//! A constant rate: start n is due at `floor(n * timeUnit / rate)`, the first at 0, in `[0, R)`. k6 truncates the period
//! `timeUnit / rate` first and so drifts; here the total is exactly rate times duration.

use crate::{Length, Offset};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Constant {
    /// Above 0.
    rate: u64,
    /// Above 0.
    time_unit: u64,
    duration: Length,
}

impl Constant {
    pub(super) fn new(rate: u64, time_unit: Offset, duration: Length) -> Self {
        debug_assert!(rate > 0 && time_unit.0 > 0);
        Self {
            rate: rate.max(1),
            time_unit: time_unit.0.max(1),
            duration,
        }
    }

    pub(super) fn due(&self, ordinal: u64) -> Option<Offset> {
        let due = u128::from(ordinal) * u128::from(self.time_unit) / u128::from(self.rate);
        let due = Offset(u64::try_from(due).ok()?);
        self.end().is_none_or(|end| due < end).then_some(due)
    }

    /// `floor(n * u / r) < t` for a whole t is `n < t * r / u`: so many n as the latter, rounded up.
    pub(super) fn due_before(&self, t: Offset) -> u64 {
        let t = self.end().map_or(t, |end| t.min(end));
        let count = (u128::from(t.0) * u128::from(self.rate)).div_ceil(u128::from(self.time_unit));
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    pub(super) fn end(&self) -> Option<Offset> {
        self.duration.end()
    }

    pub(super) fn rate_at(&self, t: Offset) -> f64 {
        if self.end().is_some_and(|end| t >= end) {
            return 0.0;
        }
        self.rate as f64 * 1e9 / self.time_unit as f64
    }
}
