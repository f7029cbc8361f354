//! Which tags a series keeps: `metrics.drop_tags` and `metrics.keep_tags`.
//!
//! Looked at where a series is made, not where a sample is recorded: samples that differ only in a dropped tag add up in one
//! series. loadd's own metrics keep their labels, but for those that have a request's tags.

use std::{collections::BTreeSet, sync::Arc};

use crate::{Family, MetricInfo, MetricsSettings, OVERFLOW_TAG, TagSet, limit::Kept, metric};

/// Which tags a series keeps.
#[derive(Debug)]
pub(crate) struct TagFilter {
    dropped: BTreeSet<Arc<str>>,
    /// Empty: all that are not dropped.
    kept: BTreeSet<Arc<str>>,
}

impl TagFilter {
    pub(crate) fn new(settings: &MetricsSettings) -> TagFilter {
        let names = |list: &[String]| list.iter().map(|name| Arc::from(name.as_str())).collect();
        TagFilter {
            dropped: names(&settings.drop_tags),
            kept: names(&settings.keep_tags),
        }
    }

    /// What a series of this metric has instead of these tags; `None` where it has all of them. What a threshold's selector
    /// names stays: otherwise the threshold would never be judged.
    pub(crate) fn filtered(
        &self,
        metric: &MetricInfo,
        tags: &TagSet,
        named: &Kept,
    ) -> Option<TagSet> {
        let loses = |name: &str, value: &str| {
            (self.dropped.contains(name) || !self.kept.is_empty() && !self.kept.contains(name))
                && name != OVERFLOW_TAG
                && !named.names(name, value)
        };
        let concerned = !(self.dropped.is_empty() && self.kept.is_empty())
            && (metric.family == Family::K6
                || metric.id == metric::HTTP_REQ_DURATION_CORRECTED
                || metric.id == metric::HTTP_REQS_INTERRUPTED);
        if !concerned || !tags.iter().any(|(name, value)| loses(name, value)) {
            return None;
        }
        Some(tags.filter(|name, value| !loses(name, value)))
    }
}
