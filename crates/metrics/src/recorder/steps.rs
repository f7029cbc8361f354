//! Many samples at once: evenly spaced times, counted bucket by bucket.

use super::{Cell, Recorder, SeriesId, spill_sum};
use crate::{
    histogram::{Far, TIME_ZERO_NANOS, schema::lower_edge},
    shelf::{Distribution, Window},
};

impl Recorder {
    /// [`Recorder::observe`] for loadd's own trends, which no tap is told of.
    #[inline]
    pub fn observe_own(&mut self, series: SeriesId, nanos: u64) {
        self.observe_nanos(series, i64::try_from(nanos).unwrap_or(i64::MAX));
    }

    /// Adds `count` durations: `highest`, `highest - step`, `highest - 2 step`, ..., none below 0. Costs no more than a step
    /// for each bucket that they fall into. Not for taps.
    pub fn observe_steps(&mut self, series: SeriesId, highest: u64, step: u64, count: u64) {
        let mut left = match count.checked_sub(1) {
            Some(left) => left,
            None => return,
        };
        self.observe_own(series, highest);
        let mut next = highest.saturating_sub(step);
        let schema = self.registry.settings().histogram_schema;
        let Some(Cell::Time(trend)) = self.shelf.cells.get_mut(series.index()) else {
            debug_assert!(false, "a trend of times, which the first sample has met");
            return;
        };
        while left > 0 {
            let (index, many) = if next <= TIME_ZERO_NANOS as u64 {
                (None, left)
            } else {
                let index = self.indexer.index(next as f64 / 1e9);
                let below = ((lower_edge(index, schema) * 1e9) as u64).max(TIME_ZERO_NANOS as u64);
                let room = next.saturating_sub(below + 1);
                let many = room
                    .checked_div(step)
                    .map_or(left, |many| left.min(many + 1));
                (Some(index), many)
            };
            if let Some(far) = trend.count_many(index, many) {
                *self.shelf.far.entry((series.0, far)).or_default() += i128::from(many);
            }
            let last = next.saturating_sub(step.saturating_mul(many - 1));
            trend.min = trend.min.min(i64::try_from(last).unwrap_or(i64::MAX));
            let sum = i128::from(many) * (i128::from(next) + i128::from(last)) / 2;
            match i64::try_from(sum)
                .ok()
                .and_then(|sum| trend.sum.checked_add(sum))
            {
                Some(sum) => trend.sum = sum,
                None => {
                    let spilt = std::mem::take(&mut trend.sum);
                    spill_sum(&mut self.shelf.far, series, i128::from(spilt) + sum);
                }
            }
            left -= many;
            next = last.saturating_sub(step);
        }
    }
}

impl Distribution<i64> {
    /// Counts samples of one bucket; `None` is the zero bucket. Gives back where to keep them if not here.
    fn count_many(&mut self, place: Option<i32>, many: u64) -> Option<Far> {
        let Some(index) = place else {
            let all = u32::try_from(many).ok();
            return match all.and_then(|many| self.window.zero.checked_add(many)) {
                Some(zero) => {
                    self.window.zero = zero;
                    None
                }
                None => Some(Far::Zero),
            };
        };
        let fits = |window: &mut Window| window.hit_many(index, many);
        if fits(&mut self.window) || self.window.grow_to(index) && fits(&mut self.window) {
            None
        } else {
            Some(Far::Positive(index))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use crate::{MetricsSettings, Recorder, Registry, Shelf, TagSetId, Totals, Value, metric};

    proptest! {
        #[test]
        fn evenly_spaced_times_at_once_are_the_same_as_one_by_one(
            highest in 0u64..100_000_000_000,
            step in 0u64..2_000_000_000,
            count in 0u64..2_000,
            schema in -4i8..=8,
        ) {
            let count = highest.checked_div(step).map_or(count, |fit| count.min(fit + 1));
            let settings = MetricsSettings { histogram_schema: schema, ..MetricsSettings::default() };
            let registry = Registry::new(settings);
            let of = |add: &dyn Fn(&mut Recorder, crate::SeriesId)| {
                let mut recorder = Recorder::new(&registry);
                let series = recorder.series(metric::ITERATION_DURATION, TagSetId::EMPTY);
                add(&mut recorder, series);
                let mut totals = Totals::new(&registry);
                totals.absorb(recorder.swap(Shelf::default()));
                totals.snapshot(0, Duration::ZERO, false).total(metric::ITERATION_DURATION, |_| true)
            };
            let at_once = of(&|recorder, series| recorder.observe_steps(series, highest, step, count));
            let singly = of(&|recorder, series| {
                for k in 0..count {
                    recorder.observe_own(series, highest - k * step);
                }
            });
            let same = match (&at_once, &singly) {
                (Some(Value::Trend(a)), Some(Value::Trend(b))) => a == b,
                (None, None) => true,
                _ => false,
            };
            prop_assert!(same, "{at_once:?} {singly:?}");
        }
    }
}
