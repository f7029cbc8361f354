//! Running medians in fixed memory: of the last few values, and of very many.

/// Values that [`RecentMedian`] looks back on.
const RECENT: usize = 15;
/// Values are kept in units of 64 ns: 32 bits reach 274 s, and what is longer counts as that.
const UNIT_BITS: u32 = 6;

/// Median of the last fifteen values: small, for each VU and request. Renewed once a round, which makes it cheap.
#[derive(Debug, Default)]
pub(super) struct RecentMedian {
    ring: [u32; RECENT],
    next: u8,
    filled: u8,
    median: u32,
}

impl RecentMedian {
    pub(super) fn push(&mut self, nanos: u64) {
        let value = u32::try_from(nanos >> UNIT_BITS).unwrap_or(u32::MAX);
        self.ring[usize::from(self.next)] = value;
        self.next += 1;
        let whole = usize::from(self.filled) == RECENT;
        if !whole {
            self.filled += 1;
        }
        if usize::from(self.next) == RECENT || !whole && self.next.is_multiple_of(5) {
            self.renew();
        }
        if usize::from(self.next) == RECENT {
            self.next = 0;
        }
    }

    fn renew(&mut self) {
        let mut sorted = self.ring;
        let sorted = &mut sorted[..usize::from(self.filled)];
        sorted.sort_unstable();
        self.median = sorted[sorted.len() / 2];
    }

    /// In nanoseconds; `None` before the first five values.
    pub(super) fn get(&self) -> Option<u64> {
        (self.filled >= 5).then(|| u64::from(self.median) << UNIT_BITS)
    }
}

/// Shortest stretch of a loop that gives one value of a [`Pace`].
const STRETCH: u64 = 50_000_000;

/// At which interval a loop repeats a request: the median of the last stretches' means. The mean of a stretch holds the
/// loop's small delays, which the median of single intervals would not: a loop of 0.2 ms with a delay of 5 ms now and then
/// comes round less often than its quickest turns say. The median over stretches keeps the stalls out.
#[derive(Debug, Default)]
pub(super) struct Pace {
    turns: u32,
    nanos: u64,
    stretches: RecentMedian,
}

impl Pace {
    pub(super) fn push(&mut self, interval: u64) {
        if interval >= STRETCH {
            self.stretches.push(interval);
            return;
        }
        self.turns += 1;
        self.nanos += interval;
        if self.nanos >= STRETCH {
            self.stretches.push(self.nanos / u64::from(self.turns));
            (self.turns, self.nanos) = (0, 0);
        }
    }

    /// In nanoseconds; `None` before the first five stretches.
    pub(super) fn get(&self) -> Option<u64> {
        self.stretches.get()
    }
}

/// Buckets to a doubling.
const STEPS: usize = 32;
/// From 1 ns to more than an hour.
const BUCKETS: usize = STEPS * 42;
/// Counts are halved here, so that the median follows a target that changes.
const FULL: u32 = 1 << 16;

/// Median of the last some ten thousand values, within 1 %. 5 KiB: one for each scenario and core.
#[derive(Debug)]
pub(super) struct LongMedian {
    counts: Box<[u32]>,
    total: u32,
    /// The median's bucket, and how many values lie in lower ones.
    at: usize,
    below: u32,
}

impl Default for LongMedian {
    fn default() -> LongMedian {
        LongMedian {
            counts: vec![0; BUCKETS].into_boxed_slice(),
            total: 0,
            at: 0,
            below: 0,
        }
    }
}

impl LongMedian {
    pub(super) fn push(&mut self, nanos: u64) {
        let bucket = bucket_of(nanos);
        self.counts[bucket] += 1;
        self.total += 1;
        self.below += u32::from(bucket < self.at);
        if self.total == FULL {
            self.halve();
        }
        let half = self.total / 2;
        while self.below > half && self.at > 0 {
            self.at -= 1;
            self.below -= self.counts[self.at];
        }
        while self.below + self.counts[self.at] <= half && self.at + 1 < BUCKETS {
            self.below += self.counts[self.at];
            self.at += 1;
        }
    }

    #[cold]
    fn halve(&mut self) {
        for count in &mut self.counts {
            *count = count.div_ceil(2);
        }
        self.total = self.counts.iter().sum();
        self.below = self.counts[..self.at].iter().sum();
    }

    /// In nanoseconds; 0 without values.
    pub(super) fn get(&self) -> u64 {
        if self.total == 0 {
            return 0;
        }
        let within = f64::from(self.total / 2 - self.below) + 0.5;
        let share = (within / f64::from(self.counts[self.at].max(1))).clamp(0.0, 1.0);
        let (low, high) = (lower_edge(self.at), lower_edge(self.at + 1));
        (low + (high - low) * share) as u64
    }
}

/// Equal steps within each doubling, as the bits of a number have them.
fn bucket_of(nanos: u64) -> usize {
    let nanos = nanos.max(1);
    let octave = nanos.ilog2() as usize;
    let within = if octave >= 5 {
        (nanos >> (octave - 5)) as usize - STEPS
    } else {
        (nanos << (5 - octave)) as usize - STEPS
    };
    (octave * STEPS + within).min(BUCKETS - 1)
}

fn lower_edge(bucket: usize) -> f64 {
    let (octave, within) = (bucket / STEPS, bucket % STEPS);
    (STEPS + within) as f64 / STEPS as f64 * 2.0_f64.powi(octave as i32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_few_stalls_do_not_move_the_recent_median() {
        let mut median = RecentMedian::default();
        for n in 0..100 {
            median.push(if n % 10 == 3 {
                1_000_000_000
            } else {
                5_000_000
            });
        }
        let median = median.get().unwrap();
        assert!(median.abs_diff(5_000_000) < 64, "{median}");
    }

    #[test]
    fn the_long_median_follows_a_target_that_changes() {
        let mut median = LongMedian::default();
        for _ in 0..100_000 {
            median.push(1_000_000);
        }
        for _ in 0..100_000 {
            median.push(7_000_000);
        }
        assert!(
            median.get().abs_diff(7_000_000) < 150_000,
            "{}",
            median.get()
        );
    }

    proptest! {
        #[test]
        fn the_long_median_lies_beside_the_sorted_lists(values in prop::collection::vec(1u64..10_000_000_000, 1..400)) {
            let mut median = LongMedian::default();
            for value in &values {
                median.push(*value);
            }
            let mut sorted = values;
            sorted.sort_unstable();
            let truth = sorted[sorted.len() / 2] as f64;
            prop_assert!((median.get() as f64 / truth - 1.0).abs() < 0.04, "{} {truth}", median.get());
        }
    }
}
