//! Bounds of the pipeline: series for each metric, and what the overflow series keeps.
//!
//! Beyond the limit a metric's samples fold into an overflow series. It carries `overflow="true"` and those tags, with those
//! values, that a threshold's selector names: so the thresholds go on being judged on all their samples, and the number of
//! overflow series is bounded by the number of thresholds.

use std::collections::BTreeSet;

use crate::TagSet;

/// Name of the tag that marks an overflow series.
pub const OVERFLOW_TAG: &str = "overflow";

/// Bounds and choices of the pipeline.
#[derive(Debug, Clone)]
pub struct MetricsSettings {
    /// Series kept for each metric; the rest folds into one overflow series.
    pub series_per_metric: usize,
    /// Schema of all histograms, -4 to 8.
    pub histogram_schema: i8,
    /// Populated buckets of one histogram beyond which its schema is lowered.
    pub histogram_max_buckets: usize,
    /// Bytes that the buckets of all histograms may take; beyond them the schema of the widest is lowered.
    pub histogram_memory: usize,
    /// Tags that no series of k6's metrics has.
    pub drop_tags: Vec<String>,
    /// If not empty: the only tags that series of k6's metrics have.
    pub keep_tags: Vec<String>,
}

impl Default for MetricsSettings {
    fn default() -> MetricsSettings {
        MetricsSettings {
            series_per_metric: 10_000,
            histogram_schema: 7,
            histogram_max_buckets: 1_600,
            histogram_memory: 512 << 20,
            drop_tags: Vec::new(),
            keep_tags: Vec::new(),
        }
    }
}

/// Tags with values that survive a fold.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pairs: BTreeSet<(String, String)>,
}

impl Kept {
    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.pairs.insert((name.to_owned(), value.to_owned()));
    }

    /// Whether a selector names this tag with this value.
    pub(crate) fn names(&self, name: &str, value: &str) -> bool {
        self.pairs
            .iter()
            .any(|(kept, with)| kept == name && with == value)
    }

    /// The overflow set of a tag set.
    pub(crate) fn fold(&self, tags: &TagSet) -> TagSet {
        tags.filter(|name, value| self.names(name, value))
            .with(&[(OVERFLOW_TAG, "true")])
    }
}
