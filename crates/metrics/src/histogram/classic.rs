//! Classic buckets with given upper bounds.

use super::{
    Histogram,
    schema::{Indexer, upper_edge},
};

impl Histogram {
    /// Cumulative counts at each of the rising bounds, `le` of a classic histogram; `+Inf` is [`Histogram::count`].
    ///
    /// Exact where a bound is a native edge ([`Histogram::is_edge`]); elsewhere the native bucket that holds the bound counts
    /// as above it, so that the result never overstates.
    #[must_use]
    pub fn classic(&self, bounds: &[f64]) -> Vec<u64> {
        bounds.iter().map(|bound| self.count_to(*bound)).collect()
    }

    /// Whether a bound is an edge of this histogram's schema (or of its zero bucket).
    #[must_use]
    pub fn is_edge(&self, bound: f64) -> bool {
        let size = bound.abs();
        if !size.is_finite() || size == 0.0 || size == self.zero_threshold {
            return size == self.zero_threshold;
        }
        upper_edge(Indexer::new(self.schema).index(size), self.schema) == size
    }

    fn count_to(&self, bound: f64) -> u64 {
        let schema = self.schema;
        let negative = self
            .negative
            .iter()
            .filter(|(index, _)| -upper_edge(index - 1, schema) <= bound);
        let zero = if self.zero_threshold <= bound {
            self.zero_count
        } else {
            0
        };
        let positive = self
            .positive
            .iter()
            .take_while(|(index, _)| upper_edge(*index, schema) <= bound);
        negative.map(|(_, count)| count).sum::<u64>()
            + zero
            + positive.map(|(_, count)| count).sum::<u64>()
    }
}
