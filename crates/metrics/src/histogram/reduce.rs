//! Fewer buckets: a lower schema, or a wider zero bucket. Both are exact, and neither can be undone.

use super::{
    Histogram,
    schema::{MIN_SCHEMA, coarser, edge_at_or_above, upper_edge},
};

impl Histogram {
    /// Lowers the schema; a schema that is not lower changes nothing.
    pub fn reduce(&mut self, schema: i8) {
        let schema = schema.max(MIN_SCHEMA);
        if schema >= self.schema {
            return;
        }
        let steps = u32::from(self.schema.abs_diff(schema));
        self.positive = self.positive.map(|index| Some(coarser(index, steps))).0;
        self.negative = self.negative.map(|index| Some(coarser(index, steps))).0;
        self.schema = schema;
        self.widen_zero(edge_at_or_above(self.zero_threshold, schema));
    }

    /// Lowers the schema until no more than `limit` buckets are populated. Says by how many steps.
    pub fn reduce_to_limit(&mut self, limit: usize) -> u32 {
        let mut steps = 0;
        while self.positive.populated() + self.negative.populated() > limit
            && self.schema > MIN_SCHEMA
        {
            self.reduce(self.schema - 1);
            steps += 1;
        }
        steps
    }

    /// Lowers the schema by one; `false` where it is the lowest.
    pub(crate) fn reduce_a_step(&mut self) -> bool {
        let lowest = self.schema <= MIN_SCHEMA;
        if !lowest {
            self.reduce(self.schema - 1);
        }
        !lowest
    }

    /// Moves what lies below a larger threshold, which is an edge of the schema, into the zero bucket.
    pub(super) fn widen_zero(&mut self, threshold: f64) {
        if threshold <= self.zero_threshold {
            return;
        }
        let schema = self.schema;
        for side in [&mut self.positive, &mut self.negative] {
            let (kept, taken) =
                side.map(|index| (upper_edge(index, schema) > threshold).then_some(index));
            *side = kept;
            self.zero_count += taken;
        }
        self.zero_threshold = threshold;
    }
}
