//! Sums and differences of histograms, across schemas and zero thresholds.
//!
//! The sum has the lower schema and the larger zero threshold, raised to an edge of that schema: both depend only on which
//! histograms are added, not on their order, so that merging is associative and commutative.

use super::{Amounts, Histogram, schema::edge_at_or_above};

impl Histogram {
    /// Adds another histogram.
    pub fn merge(&mut self, other: &Histogram) {
        let schema = self.schema.min(other.schema);
        self.reduce(schema);
        let reduced;
        let mut other = other;
        if other.schema != schema || other.zero_threshold != self.zero_threshold {
            let threshold = edge_at_or_above(self.zero_threshold.max(other.zero_threshold), schema);
            let mut copy = other.clone();
            copy.reduce(schema);
            copy.widen_zero(threshold);
            self.widen_zero(threshold);
            reduced = copy;
            other = &reduced;
        }
        self.zero_count += other.zero_count;
        self.positive.merge(&other.positive);
        self.negative.merge(&other.negative);
        self.amounts
            .merge(&other.amounts, self.count == 0, other.count == 0);
        self.count += other.count;
    }

    /// What has been added since `earlier` was this histogram. Its least and greatest values are not known: they are those
    /// of the whole.
    #[must_use]
    pub fn since(&self, earlier: &Histogram) -> Histogram {
        let mut before = earlier.clone();
        before.reduce(self.schema);
        before.widen_zero(self.zero_threshold);
        Histogram {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            count: self.count.saturating_sub(before.count),
            zero_count: self.zero_count.saturating_sub(before.zero_count),
            positive: self.positive.since(&before.positive),
            negative: self.negative.since(&before.negative),
            amounts: self.amounts.since(&before.amounts),
        }
    }
}

impl Amounts {
    pub(super) fn merge(&mut self, other: &Amounts, self_empty: bool, other_empty: bool) {
        match (&mut *self, other) {
            (
                Amounts::Time { sum, min, max },
                Amounts::Time {
                    sum: more,
                    min: least,
                    max: most,
                },
            ) => {
                *sum = sum.saturating_add(*more);
                if !other_empty {
                    *min = if self_empty {
                        *least
                    } else {
                        (*min).min(*least)
                    };
                    *max = if self_empty { *most } else { (*max).max(*most) };
                }
            }
            (
                Amounts::Plain { sum, min, max },
                Amounts::Plain {
                    sum: more,
                    min: least,
                    max: most,
                },
            ) => {
                *sum = (*sum + more).clamp(f64::MIN, f64::MAX);
                if !other_empty {
                    *min = if self_empty { *least } else { min.min(*least) };
                    *max = if self_empty { *most } else { max.max(*most) };
                }
            }
            // Times and plain numbers never share a metric; should they meet, both count as what goes on the wire.
            (Amounts::Time { .. }, Amounts::Plain { .. })
            | (Amounts::Plain { .. }, Amounts::Time { .. }) => {
                *self = self.plain();
                self.merge(&other.plain(), self_empty, other_empty);
            }
        }
    }

    fn plain(&self) -> Amounts {
        Amounts::Plain {
            sum: self.sum(),
            min: self.min(),
            max: self.max(),
        }
    }

    fn since(&self, earlier: &Amounts) -> Amounts {
        match (self, earlier) {
            (Amounts::Time { sum, min, max }, Amounts::Time { sum: before, .. }) => Amounts::Time {
                sum: sum - before,
                min: *min,
                max: *max,
            },
            (Amounts::Time { .. } | Amounts::Plain { .. }, _) => Amounts::Plain {
                sum: self.sum() - earlier.sum(),
                min: self.min(),
                max: self.max(),
            },
        }
    }
}
