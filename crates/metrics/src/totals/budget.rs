//! Bounds on the memory of histograms: buckets of one, and bytes of all. Where one is passed, the schema of the widest is
//! lowered, which is exact but for the resolution, and never undone.

use std::{collections::BinaryHeap, sync::Arc};

use super::Totals;
use crate::{SeriesId, Value, metric};

/// How many times histograms were made coarser since this was asked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reductions {
    /// Since one of them had more buckets than a histogram may.
    pub by_buckets: u64,
    /// Since all together took more memory than they may.
    pub by_memory: u64,
}

impl Totals {
    /// How many times histograms were made coarser since this was asked last: to be warned of.
    pub fn take_reductions(&mut self) -> Reductions {
        std::mem::take(&mut self.reductions)
    }

    /// Bytes that the buckets of all histograms take.
    #[must_use]
    pub fn histogram_bytes(&self) -> usize {
        self.histogram_bytes
    }

    /// Whether memory has run short once: then shelves give back what they can at each tick.
    pub(super) fn is_short_of_memory(&self) -> bool {
        self.short_of_memory
    }

    /// Keeps a histogram that has changed within its buckets; `before`: its bytes before the change.
    pub(super) fn keep_to_limit(&mut self, id: SeriesId, before: usize) {
        let limit = self.registry.settings().histogram_max_buckets;
        let Value::Trend(histogram) = &mut self.series[id.index()].value else {
            return;
        };
        let mut steps = 0;
        if histogram.populated() > limit {
            steps = Arc::make_mut(histogram).reduce_to_limit(limit);
        }
        self.histogram_bytes = self.histogram_bytes + histogram.bytes() - before;
        if steps > 0 {
            self.reductions.by_buckets += 1;
            self.add(metric::RESOLUTION_REDUCTIONS, &[], 1.0);
        }
    }

    /// Keeps all histograms together within their memory: the widest lose a step each until an eighth of it is free, so that
    /// this is not to be done again at once.
    pub(super) fn keep_to_budget(&mut self) {
        let budget = self.registry.settings().histogram_memory;
        if self.histogram_bytes <= budget {
            return;
        }
        self.short_of_memory = true;
        let target = budget - budget / 8;
        let mut widest: BinaryHeap<(usize, usize)> = self
            .series
            .iter()
            .enumerate()
            .filter_map(|(index, state)| match &state.value {
                Value::Trend(histogram) => Some((histogram.bytes(), index)),
                Value::Counter(_) | Value::Gauge(_) | Value::Rate { .. } => None,
            })
            .collect();
        let mut reduced = 0;
        while self.histogram_bytes > target
            && let Some((before, index)) = widest.pop()
        {
            let state = self.touch(SeriesId(index as u32));
            let Value::Trend(histogram) = &mut state.value else {
                continue;
            };
            if !Arc::make_mut(histogram).reduce_a_step() {
                continue;
            }
            let after = histogram.bytes();
            self.histogram_bytes = self.histogram_bytes + after - before;
            reduced += 1;
            widest.push((after, index));
        }
        if reduced > 0 {
            self.reductions.by_memory += reduced;
            self.add(metric::RESOLUTION_REDUCTIONS, &[], reduced as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::{Histogram, MetricsSettings, Recorder, Registry, Shelf, TagSetId};

    proptest! {
        #[test]
        fn memory_and_buckets_stay_in_their_bounds_and_only_resolution_is_lost(
            rounds in prop::collection::vec(
                prop::collection::vec((0usize..8, -20.0f64..20.0), 1..150),
                1..8,
            ),
            budget in 200usize..6_000,
            buckets in 4usize..60,
        ) {
            let registry = Registry::new(MetricsSettings {
                histogram_memory: budget,
                histogram_max_buckets: buckets,
                ..MetricsSettings::default()
            });
            let mut recorder = Recorder::new(&registry);
            let mut totals = Totals::new(&registry);
            let mut shelf = Shelf::default();
            let mut told = 0;
            let mut twins: Vec<Histogram> = (0..8).map(|_| Histogram::times(7)).collect();
            let mut schemas = [7; 8];
            let series: Vec<SeriesId> = (0..8usize)
                .map(|n| {
                    let tags = recorder.extend(TagSetId::EMPTY, &[("n", &n.to_string())]);
                    recorder.series(metric::GROUP_DURATION, tags)
                })
                .collect();
            for round in rounds {
                for (which, power) in round {
                    let millis = power.exp2();
                    recorder.add(series[which], millis);
                    twins[which].observe_millis(millis);
                }
                shelf = totals.absorb(recorder.swap(shelf));
                let snapshot = totals.snapshot(0, Duration::ZERO, false);
                let mut bytes = 0;
                let mut floor = true;
                for (n, id) in series.iter().enumerate() {
                    let Some(state) = snapshot.series.get(id.index()) else { continue };
                    let Value::Trend(found) = &state.value else { panic!("a trend") };
                    bytes += found.bytes();
                    floor &= found.schema() == -4 || found.count() == 0;
                    prop_assert!(found.schema() <= schemas[n], "a schema never rises");
                    schemas[n] = found.schema();
                    prop_assert!(found.populated() <= buckets || found.schema() == -4);
                    let mut coarse = twins[n].clone();
                    coarse.reduce(found.schema());
                    prop_assert_eq!(&**found, &coarse, "nothing but resolution is lost");
                }
                prop_assert_eq!(bytes, totals.histogram_bytes());
                prop_assert!(bytes <= budget || floor, "{} of {} bytes", bytes, budget);
                let new = totals.take_reductions();
                told += new.by_buckets + new.by_memory;
            }
            let counted = match totals.snapshot(0, Duration::ZERO, false).total(metric::RESOLUTION_REDUCTIONS, |_| true) {
                Some(Value::Counter(sum)) => sum,
                _ => 0.0,
            };
            prop_assert_eq!(counted, told as f64);
        }
    }
}
