//! What a sample is and where it adds up.
//!
//! The way of a sample here: a core's [`Recorder`] adds it to that core's [`Shelf`] (plain memory, no lock); at each tick
//! the full shelf is traded for an empty one and [`Totals`] absorbs it; [`Totals::snapshot`] gives the immutable, cumulative
//! [`Snapshot`] that everything downstream reads: thresholds, summary, page, remote write. Knows no runtime and no clock:
//! times are arguments.

mod builtin;
mod corrected;
mod exemplars;
mod histogram;
mod intern;
mod kind;
mod limit;
pub mod naming;
mod own;
mod recorder;
mod saved;
mod selector;
mod shelf;
mod snapshot;
mod stat;
mod summary;
mod system_tags;
mod tag_cache;
mod tag_filter;
mod tag_sets;
mod tags;
mod tap;
mod threshold;
mod totals;
mod window;

pub use builtin::{Builtin, Family, MetricId, MetricInfo};
pub use corrected::{LoopLatency, OpenLatency};
pub use exemplars::{Exemplar, Exemplars};
pub use histogram::{CLASSIC_PLAIN, CLASSIC_TIMES, Histogram, Span, Spans};
pub use intern::Registry;
pub use kind::{Contains, Kind};
pub use limit::{MetricsSettings, OVERFLOW_TAG};
pub use own::{OWN_METRICS, OwnCounter, OwnGauge, OwnLabels, OwnMetric, SelfMetrics};
pub use recorder::{Recorder, RequestSeries, RequestTimes, SeriesId};
pub use saved::{SavedAmounts, SavedHistogram, SavedSeries, SavedValue};
pub use selector::{Selector, SelectorError};
pub use shelf::Shelf;
pub use snapshot::{Gauge, SeriesState, Snapshot, Value};
pub use stat::TrendStat;
pub use summary::{
    Summary, SummaryCheck, SummaryMetric, SummaryOptions, SummarySection, SummaryValues,
};
pub use system_tags::{SystemTag, SystemTags};
pub use tags::{TagSet, TagSetId};
pub use tap::{Fed, SampleMetadata, SampleTap, TapFeed, TapSample, TapSink, tap};
pub use threshold::{
    Comparison, Method, Threshold, ThresholdError, ThresholdFault, ThresholdResult, ThresholdSet,
    ThresholdSettings,
};
pub use totals::{Reductions, Totals};
pub use window::Window;

/// The built-in metrics: an id for each, and their table.
pub mod metric {
    pub use crate::builtin::*;
}
