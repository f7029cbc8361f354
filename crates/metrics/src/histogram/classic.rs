//! Classic buckets with given upper bounds.

use std::cmp::Ordering;

use super::{Histogram, schema::Indexer, schema::upper_edge};

/// Upper bounds of classic buckets of times, in seconds, where none are set.
pub const CLASSIC_TIMES: [f64; 18] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0,
    10.0, 30.0, 60.0,
];
/// Upper bounds of classic buckets of other values, where none are set.
pub const CLASSIC_PLAIN: [f64; 10] = [0.1, 1.0, 10.0, 50.0, 100.0, 500.0, 1e3, 1e4, 1e5, 1e6];

/// The native bucket that holds a bound, in rising order over the whole axis.
#[derive(Debug, Clone, Copy)]
enum Place {
    Negative(i32),
    Zero,
    Positive(i32),
    /// Above all.
    Above,
}

impl Histogram {
    /// Cumulative counts at each of the rising bounds, `le` of a classic histogram; `+Inf` is [`Histogram::count`].
    ///
    /// Exact where a positive bound is a native edge ([`Histogram::is_edge`]). Elsewhere the native bucket that holds the bound counts
    /// as below it: a value that equals a bound is always counted (scripts like round numbers), one above it by less than the
    /// bucket's width may be, and a count never falls when the resolution does.
    #[must_use]
    pub fn classic(&self, bounds: &[f64]) -> Vec<u64> {
        let indexer = Indexer::shared(self.schema);
        let mut negative = self.negative.iter().rev().peekable();
        let mut zero = Some(self.zero_count);
        let mut positive = self.positive.iter().peekable();
        let mut below = 0;
        bounds
            .iter()
            .map(|bound| {
                let place = self.place(indexer, *bound);
                let lowest = match place {
                    Place::Negative(index) => index,
                    Place::Zero | Place::Positive(_) | Place::Above => i32::MIN,
                };
                while let Some((_, count)) = negative.next_if(|(index, _)| *index >= lowest) {
                    below += count;
                }
                if !matches!(place, Place::Negative(_)) {
                    below += zero.take().unwrap_or(0);
                }
                let highest = match place {
                    Place::Negative(_) | Place::Zero => i32::MIN,
                    Place::Positive(index) => index,
                    Place::Above => i32::MAX,
                };
                while let Some((_, count)) = positive.next_if(|(index, _)| *index <= highest) {
                    below += count;
                }
                below
            })
            .collect()
    }

    fn place(&self, indexer: &Indexer, bound: f64) -> Place {
        if bound.abs() <= self.zero_threshold {
            return Place::Zero;
        }
        match bound.partial_cmp(&0.0) {
            Some(Ordering::Less) if bound.is_finite() => Place::Negative(indexer.index(-bound)),
            Some(Ordering::Less) => Place::Negative(i32::MAX),
            Some(Ordering::Greater) if bound.is_finite() => Place::Positive(indexer.index(bound)),
            Some(_) | None => Place::Above,
        }
    }

    /// Whether a bound is an edge of this histogram's schema (or of its zero bucket).
    #[must_use]
    pub fn is_edge(&self, bound: f64) -> bool {
        let size = bound.abs();
        if !size.is_finite() || size == 0.0 || size == self.zero_threshold {
            return size == self.zero_threshold;
        }
        upper_edge(Indexer::shared(self.schema).index(size), self.schema) == size
    }
}
