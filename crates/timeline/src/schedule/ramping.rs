//! A rate that follows stages: start n is due when the area under the rate's curve reaches n + 1.
//!
//! The areas are whole numbers in units of `1 / (2 * timeUnit)` of a start, so that no start is lost or gained to rounding
//! where stages meet. Within a stage the instant solves a quadratic equation; it is k6's formula in the form without
//! cancellation (from the stage's lower end, and with the root in the denominator), which is monotone also in f64.

use crate::{Offset, Stage};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ramping {
    stages: Vec<Ramp>,
    start_rate: u64,
    time_unit: u64,
    end: Offset,
}

#[derive(Debug, Clone, PartialEq)]
struct Ramp {
    start: u64,
    length: u64,
    from: u64,
    to: u64,
    /// Area before the stage and at its end.
    before: u128,
    after: u128,
}

impl Ramping {
    pub(super) fn new(start_rate: u64, time_unit: Offset, stages: &[Stage]) -> Self {
        debug_assert!(time_unit.0 > 0);
        let (mut start, mut from, mut area) = (0_u64, start_rate, 0_u128);
        let mut ramps = Vec::with_capacity(stages.len());
        for &Stage {
            duration: Offset(length),
            target: to,
        } in stages
        {
            let before = area;
            let added = (u128::from(from) + u128::from(to)).saturating_mul(u128::from(length));
            area = area.saturating_add(added);
            ramps.push(Ramp {
                start,
                length,
                from,
                to,
                before,
                after: area,
            });
            (start, from) = (start.saturating_add(length), to);
        }
        Self {
            stages: ramps,
            start_rate,
            time_unit: time_unit.0.max(1),
            end: Offset(start),
        }
    }

    /// The area, in the stages' unit, that so many starts make.
    fn area(&self, starts: u64) -> u128 {
        u128::from(starts).saturating_mul(2 * u128::from(self.time_unit))
    }

    pub(super) fn due(&self, ordinal: u64) -> Option<Offset> {
        let area = self.area(ordinal.checked_add(1)?);
        let ramp = self
            .stages
            .get(self.stages.partition_point(|ramp| ramp.after < area))?;
        Some(Offset(ramp.start.saturating_add(ramp.reaches(area))))
    }

    /// A search for the first start at or after `t` by [`Ramping::due`] itself, so that the two agree by construction.
    pub(super) fn due_before(&self, t: Offset) -> u64 {
        let all = self
            .stages
            .last()
            .map_or(0, |ramp| ramp.after / (2 * u128::from(self.time_unit)));
        let (mut low, mut high) = (0, u64::try_from(all).unwrap_or(u64::MAX));
        while low < high {
            let middle = low + (high - low) / 2;
            match self.due(middle) {
                Some(due) if due < t => low = middle + 1,
                Some(_) | None => high = middle,
            }
        }
        low
    }

    pub(super) fn end(&self) -> Offset {
        self.end
    }

    pub(super) fn rate_at(&self, t: Offset) -> f64 {
        if t >= self.end {
            return 0.0;
        }
        let stage = self
            .stages
            .iter()
            .find(|ramp| t.0 < ramp.start.saturating_add(ramp.length));
        let per_unit = stage.map_or(self.start_rate as f64, |ramp| {
            let part = t.0.saturating_sub(ramp.start) as f64 / ramp.length as f64;
            ramp.from as f64 + (ramp.to as f64 - ramp.from as f64) * part
        });
        per_unit * 1e9 / self.time_unit as f64
    }
}

/// A thousandth of a nanosecond: an instant that f64 puts that much below a whole nanosecond is taken as that nanosecond.
const HAIR: f64 = 1e-3;

impl Ramp {
    /// When, within the stage, its curve's area reaches `area`, which lies above `before` and not above `after`.
    ///
    /// With F and G for the rates per time unit and x for the missing area: `F t + (G - F) t^2 / 2D = x / 2`, in both
    /// directions, the second time from the stage's end.
    fn reaches(&self, area: u128) -> u64 {
        let length = self.length as f64;
        let (from, to) = (self.from as f64, self.to as f64);
        if self.from == self.to {
            let missing = (area - self.before) / (2 * u128::from(self.from.max(1)));
            return u64::try_from(missing).unwrap_or(u64::MAX).min(self.length);
        }
        if self.from < self.to {
            let missing = (area - self.before) as f64;
            let t = missing / (from + (from * from + missing * (to - from) / length).sqrt());
            // A float beyond the range saturates when it is cast.
            return ((t + HAIR) as u64).min(self.length);
        }
        let beyond = (self.after - area) as f64;
        if beyond == 0.0 {
            return self.length;
        }
        let t = beyond / (to + (to * to + beyond * (from - to) / length).sqrt());
        self.length
            .saturating_sub((t - HAIR).max(0.0).ceil() as u64)
    }
}
