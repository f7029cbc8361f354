//! Latencies in bounded memory, exact to 0.1 %.
//!
//! Buckets are linear inside each power of two (512 to a power), so the middle of a bucket is within 1/1024 of every value in
//! it. This is deliberately *not* the histogram that loadd reports with: the judge shares no code with what it judges.

use std::time::Duration;

/// Sub-buckets of one power of two, as bits.
const BITS: u32 = 9;
/// Values from here on share the last bucket: 2^43 ns are 2.4 hours.
const LIMIT: u64 = (1 << 43) - 1;
const BUCKETS: usize = ((43 - BITS as usize) << BITS) + (1 << BITS);

/// Upper bounds of the classic histogram on `/metrics`, in seconds. Counted exactly, not derived from the fine buckets.
pub(crate) const CLASSIC: [f64; 22] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25,
    0.3, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Counts, sum and bounds of durations.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    buckets: Box<[u64]>,
    classic: [u64; CLASSIC.len() + 1],
    count: u64,
    sum_nanos: u128,
    min: u64,
    max: u64,
}

impl Histogram {
    pub(crate) fn new() -> Histogram {
        Histogram {
            buckets: vec![0; BUCKETS].into_boxed_slice(),
            classic: [0; CLASSIC.len() + 1],
            count: 0,
            sum_nanos: 0,
            min: u64::MAX,
            max: 0,
        }
    }

    pub(crate) fn record(&mut self, nanos: u64) {
        self.buckets[index_of(nanos)] += 1;
        let seconds = nanos as f64 / 1e9;
        self.classic[CLASSIC.partition_point(|bound| *bound < seconds)] += 1;
        self.count += 1;
        self.sum_nanos += u128::from(nanos);
        self.min = self.min.min(nanos);
        self.max = self.max.max(nanos);
    }

    pub(crate) fn merge(&mut self, other: &Histogram) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        for (mine, theirs) in self.classic.iter_mut().zip(&other.classic) {
            *mine += theirs;
        }
        self.count += other.count;
        self.sum_nanos += other.sum_nanos;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn sum_seconds(&self) -> f64 {
        self.sum_nanos as f64 / 1e9
    }

    pub(crate) fn min(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_nanos(self.min))
    }

    pub(crate) fn max(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_nanos(self.max))
    }

    /// The nearest-rank quantile, within 0.1 %; `None` without values. `q` outside 0..=1 is drawn to the nearer end.
    pub(crate) fn quantile(&self, q: f64) -> Option<Duration> {
        if self.count == 0 {
            return None;
        }
        let rank = ((q.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).clamp(1, self.count);
        let mut seen = 0;
        let index = self.buckets.iter().position(|bucket| {
            seen += bucket;
            seen >= rank
        })?;
        Some(Duration::from_nanos(
            middle_of(index).clamp(self.min, self.max),
        ))
    }

    /// Each classic bound in seconds with the count of its own bucket (not cumulative); the last bound is infinite.
    pub(crate) fn classic(&self) -> Vec<(f64, u64)> {
        CLASSIC
            .iter()
            .copied()
            .chain([f64::INFINITY])
            .zip(self.classic)
            .collect()
    }
}

fn index_of(nanos: u64) -> usize {
    let value = nanos.min(LIMIT);
    if value < 1 << BITS {
        return value as usize;
    }
    let power = value.ilog2();
    let shift = power - BITS;
    let within = (value >> shift) as usize - (1 << BITS);
    ((power - BITS + 1) as usize) * (1 << BITS) + within
}

fn middle_of(index: usize) -> u64 {
    let (row, within) = (index >> BITS, (index & ((1 << BITS) - 1)) as u64);
    if row == 0 {
        return within;
    }
    let shift = row as u32 - 1;
    let low = (within + (1 << BITS)) << shift;
    low + ((1_u64 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_histogram_has_no_quantile() {
        assert_eq!(Histogram::new().quantile(0.5), None);
        assert_eq!(Histogram::new().max(), None);
    }

    #[test]
    fn classic_bounds_are_inclusive() {
        let mut histogram = Histogram::new();
        histogram.record(200_000_000);
        histogram.record(200_000_001);
        let of = |bound: f64| {
            histogram
                .classic()
                .iter()
                .find(|(le, _)| *le == bound)
                .map(|(_, n)| *n)
        };
        assert_eq!(
            (of(0.2), of(0.25), of(f64::INFINITY)),
            (Some(1), Some(1), Some(0))
        );
    }

    proptest! {
        #[test]
        fn every_value_lies_within_a_thousandth_of_its_bucket(nanos in 0..LIMIT) {
            let middle = middle_of(index_of(nanos));
            prop_assert!(middle.abs_diff(nanos) as f64 <= nanos as f64 * 0.001, "{nanos} -> {middle}");
        }

        #[test]
        fn quantiles_agree_with_a_sorted_list(mut values in prop::collection::vec(0..100_000_000_000_u64, 1..200), q in 0.0..=1.0_f64) {
            let (mut left, mut right) = (Histogram::new(), Histogram::new());
            for (at, value) in values.iter().enumerate() {
                if at.is_multiple_of(2) { left.record(*value) } else { right.record(*value) }
            }
            left.merge(&right);
            values.sort_unstable();
            let rank = ((q * values.len() as f64).ceil() as usize).max(1_usize);
            let exact = values[rank - 1] as f64;
            let found = left.quantile(q).expect("there are values").as_nanos() as f64;
            prop_assert!((found - exact).abs() <= exact * 0.001, "{found} for {exact}");
            prop_assert_eq!(left.classic().iter().map(|(_, n)| n).sum::<u64>(), values.len() as u64);
        }
    }
}
