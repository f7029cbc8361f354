//! Native histograms: exponential buckets as Prometheus defines them, with exact count, sum, least and greatest.
//!
//! Times are bucketed in seconds and summed in whole nanoseconds, so that no order of merging changes a sum.

pub(crate) mod buckets;
mod classic;
mod edges;
mod merge;
mod quantile;
mod reduce;
pub(crate) mod schema;
mod spans;
#[cfg(test)]
mod tests;

pub use classic::{CLASSIC_PLAIN, CLASSIC_TIMES};
pub use spans::{Span, Spans};

use crate::{SavedAmounts, SavedHistogram};
use buckets::Buckets;

/// Zero threshold of times, 2^-20 s: what the clock cannot tell apart needs no bucket.
pub(crate) const TIME_ZERO_THRESHOLD: f64 = 1.0 / 1_048_576.0;
/// Zero threshold of everything else, 2^-128 as in Prometheus' clients.
pub(crate) const PLAIN_ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39;
/// Longest time in whole nanoseconds that is at most [`TIME_ZERO_THRESHOLD`].
pub(crate) const TIME_ZERO_NANOS: i64 = 953;

/// A cumulative native histogram.
///
/// Invariant: `count` = `zero_count` + all bucket counts; no bucket ever shrinks; the schema only falls, the zero threshold
/// only rises and is an edge of the schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    schema: i8,
    zero_threshold: f64,
    count: u64,
    zero_count: u64,
    positive: Buckets,
    negative: Buckets,
    amounts: Amounts,
}

/// Sum, least and greatest, in whole nanoseconds or plain numbers. All 0 without samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Amounts {
    Time { sum: i128, min: i64, max: i64 },
    Plain { sum: f64, min: f64, max: f64 },
}

const NANOS: f64 = 1e9;
const NANOS_IN_MILLI: f64 = 1e6;

impl Amounts {
    fn sum(&self) -> f64 {
        match self {
            Amounts::Time { sum, .. } => *sum as f64 / NANOS,
            Amounts::Plain { sum, .. } => *sum,
        }
    }

    fn min(&self) -> f64 {
        match self {
            Amounts::Time { min, .. } => *min as f64 / NANOS,
            Amounts::Plain { min, .. } => *min,
        }
    }

    fn max(&self) -> f64 {
        match self {
            Amounts::Time { max, .. } => *max as f64 / NANOS,
            Amounts::Plain { max, .. } => *max,
        }
    }
}

impl Histogram {
    /// An empty histogram of times.
    #[must_use]
    pub fn times(schema: i8) -> Histogram {
        Histogram::empty(
            schema,
            TIME_ZERO_THRESHOLD,
            Amounts::Time {
                sum: 0,
                min: 0,
                max: 0,
            },
        )
    }

    /// An empty histogram of plain numbers.
    #[must_use]
    pub fn plain(schema: i8) -> Histogram {
        Histogram::empty(
            schema,
            PLAIN_ZERO_THRESHOLD,
            Amounts::Plain {
                sum: 0.0,
                min: 0.0,
                max: 0.0,
            },
        )
    }

    fn empty(schema: i8, zero_threshold: f64, amounts: Amounts) -> Histogram {
        let schema = schema.clamp(schema::MIN_SCHEMA, schema::MAX_SCHEMA);
        Histogram {
            schema,
            zero_threshold: schema::edge_at_or_above(zero_threshold, schema),
            count: 0,
            zero_count: 0,
            positive: Buckets::default(),
            negative: Buckets::default(),
            amounts,
        }
    }

    /// Samples.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Sum of all samples, in seconds where they are times.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.amounts.sum()
    }

    /// The least sample, exact, in seconds where they are times; 0 without samples.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.amounts.min()
    }

    /// The greatest sample, exact, in seconds where they are times; 0 without samples.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.amounts.max()
    }

    /// Mean of all samples, in seconds where they are times; 0 without samples.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.count == 0 {
            0.0
        } else {
            self.sum() / self.count as f64
        }
    }

    pub(crate) fn sum_in_script_unit(&self) -> f64 {
        match self.amounts {
            Amounts::Time { sum, .. } => sum as f64 / NANOS_IN_MILLI,
            Amounts::Plain { sum, .. } => sum,
        }
    }

    pub(crate) fn min_in_script_unit(&self) -> f64 {
        match self.amounts {
            Amounts::Time { min, .. } => min as f64 / NANOS_IN_MILLI,
            Amounts::Plain { min, .. } => min,
        }
    }

    pub(crate) fn max_in_script_unit(&self) -> f64 {
        match self.amounts {
            Amounts::Time { max, .. } => max as f64 / NANOS_IN_MILLI,
            Amounts::Plain { max, .. } => max,
        }
    }

    /// Whether the samples are times: kept in nanoseconds, told in seconds.
    #[must_use]
    pub fn is_time(&self) -> bool {
        matches!(self.amounts, Amounts::Time { .. })
    }

    /// Schema, -4 to 8: 2^schema buckets for each doubling.
    #[must_use]
    pub fn schema(&self) -> i8 {
        self.schema
    }

    /// The zero bucket holds all samples whose size is at most this.
    #[must_use]
    pub fn zero_threshold(&self) -> f64 {
        self.zero_threshold
    }

    /// Samples in the zero bucket.
    #[must_use]
    pub fn zero_count(&self) -> u64 {
        self.zero_count
    }

    /// Populated buckets of positive samples, by rising index.
    pub fn positive(&self) -> impl DoubleEndedIterator<Item = (i32, u64)> {
        self.positive.iter()
    }

    /// Populated buckets of negative samples, by rising index of their size.
    pub fn negative(&self) -> impl DoubleEndedIterator<Item = (i32, u64)> {
        self.negative.iter()
    }

    /// Populated buckets on both sides.
    #[must_use]
    pub fn populated(&self) -> usize {
        self.positive.populated() + self.negative.populated()
    }

    /// Bytes that the buckets take.
    pub(crate) fn bytes(&self) -> usize {
        self.positive.bytes() + self.negative.bytes()
    }

    /// Largest relative error of a quantile: one bucket's width.
    #[must_use]
    pub fn relative_error(&self) -> f64 {
        (f64::from(-self.schema)).exp2().exp2() - 1.0
    }

    /// Adds one time. For tools and tests; the hot path has a [`crate::Recorder`].
    pub fn observe(&mut self, nanos: u64) {
        self.observe_nanos(i64::try_from(nanos).unwrap_or(i64::MAX));
    }

    /// A time in milliseconds, as a recorder takes it from a script.
    #[cfg(test)]
    pub(crate) fn observe_millis(&mut self, millis: f64) {
        self.observe_nanos((millis * 1e6).round() as i64);
    }

    fn observe_nanos(&mut self, nanos: i64) {
        let one = Amounts::Time {
            sum: i128::from(nanos),
            min: nanos,
            max: nanos,
        };
        self.add_one(nanos as f64 / NANOS, one);
    }

    /// Adds one sample in the unit of the buckets (seconds, or plain). NaN and infinities are ignored.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if self.is_time() {
            self.observe_nanos((value * NANOS).round() as i64);
        } else {
            self.add_one(
                value,
                Amounts::Plain {
                    sum: value,
                    min: value,
                    max: value,
                },
            );
        }
    }

    fn add_one(&mut self, value: f64, amounts: Amounts) {
        let mut one = Histogram::empty(self.schema, self.zero_threshold, amounts);
        one.count = 1;
        if value.abs() <= self.zero_threshold {
            one.zero_count = 1;
        } else {
            let index = schema::Indexer::shared(self.schema).index(value.abs());
            let side = if value > 0.0 {
                &mut one.positive
            } else {
                &mut one.negative
            };
            side.add(&mut buckets::Cursor::default(), index, 1);
        }
        self.merge(&one);
    }

    /// The histogram as plain data.
    #[must_use]
    pub fn save(&self) -> SavedHistogram {
        SavedHistogram {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count,
            positive: self.positive.iter().collect(),
            negative: self.negative.iter().collect(),
            amounts: match self.amounts {
                Amounts::Time { sum, min, max } => SavedAmounts::Nanos { sum, min, max },
                Amounts::Plain { sum, min, max } => SavedAmounts::Plain { sum, min, max },
            },
        }
    }

    /// The histogram behind plain data. A schema outside -4..=8 is brought into it; the count follows from the buckets.
    #[must_use]
    pub fn restore(saved: &SavedHistogram) -> Histogram {
        let amounts = match saved.amounts {
            SavedAmounts::Nanos { sum, min, max } => Amounts::Time { sum, min, max },
            SavedAmounts::Plain { sum, min, max } => Amounts::Plain { sum, min, max },
        };
        let mut histogram = Histogram::empty(saved.schema, saved.zero_threshold, amounts);
        histogram.zero_count = saved.zero_count;
        histogram.positive = saved.positive.iter().copied().collect();
        histogram.negative = saved.negative.iter().copied().collect();
        histogram.count = [&histogram.positive, &histogram.negative]
            .into_iter()
            .flat_map(Buckets::iter)
            .fold(saved.zero_count, |sum, (_, count)| {
                sum.saturating_add(count)
            });
        // Buckets may have lain below the edge to which `empty` has raised the threshold.
        let raised = std::mem::replace(&mut histogram.zero_threshold, saved.zero_threshold);
        histogram.widen_zero(raised);
        histogram
    }

    /// For the shelf: adds what it has counted. A part holds at least one sample, if only in its far counts, which must
    /// follow at once.
    pub(crate) fn absorb(&mut self, part: Part<'_>) {
        self.reduce(part.schema);
        self.widen_zero(schema::edge_at_or_above(part.zero_threshold, self.schema));
        self.amounts.merge(&part.amounts, self.count == 0, false);
        self.zero_count += part.zero;
        self.count += part.zero;
        for (far, stretch) in [
            (Far::Positive as fn(i32) -> Far, part.positive),
            (Far::Negative, part.negative),
        ] {
            let mut cursor = buckets::Cursor::default();
            for (offset, count) in stretch.counts.iter().enumerate() {
                if *count != 0 {
                    self.put(
                        &mut cursor,
                        part.schema,
                        far(stretch.first + offset as i32),
                        u64::from(*count),
                    );
                }
            }
        }
    }

    /// For the shelf: what did not fit its counts or its sum.
    pub(crate) fn absorb_far(&mut self, schema: i8, place: Far, amount: i128) {
        if let (Far::Sum, Amounts::Time { sum, .. }) = (place, &mut self.amounts) {
            *sum = sum.saturating_add(amount);
        } else {
            self.put(
                &mut buckets::Cursor::default(),
                schema,
                place,
                u64::try_from(amount).unwrap_or(0),
            );
        }
    }

    /// Counts samples in a bucket of a schema that is not below this one's.
    fn put(&mut self, cursor: &mut buckets::Cursor, schema: i8, place: Far, samples: u64) {
        let steps = u32::from(schema.abs_diff(self.schema));
        let (side, index) = match place {
            Far::Positive(index) => (&mut self.positive, schema::coarser(index, steps)),
            Far::Negative(index) => (&mut self.negative, schema::coarser(index, steps)),
            Far::Zero => {
                self.zero_count += samples;
                self.count += samples;
                return;
            }
            Far::Sum => return,
        };
        if schema::upper_edge(index, self.schema) <= self.zero_threshold {
            self.zero_count += samples;
        } else {
            side.add(cursor, index, samples);
        }
        self.count += samples;
    }
}

/// Where a count that a shelf could not keep in its window belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Far {
    Sum,
    Zero,
    Positive(i32),
    Negative(i32),
}

/// A dense stretch of counts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stretch<'a> {
    pub(crate) first: i32,
    pub(crate) counts: &'a [u32],
}

/// What a shelf has counted for one distribution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) schema: i8,
    pub(crate) zero_threshold: f64,
    pub(crate) zero: u64,
    pub(crate) positive: Stretch<'a>,
    pub(crate) negative: Stretch<'a>,
    pub(crate) amounts: Amounts,
}
