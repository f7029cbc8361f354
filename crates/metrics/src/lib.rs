//! What a sample is and where it adds up.
//!
//! The way of a sample here: a core's [`Recorder`] adds it to that core's [`Shelf`] (plain memory, no lock); at each tick
//! the full shelf is traded for an empty one and [`Totals`] absorbs it; [`Totals::snapshot`] gives the immutable, cumulative
//! [`Snapshot`] that everything downstream reads: thresholds, summary, page, remote write. Knows no runtime and no clock:
//! times are arguments.

mod builtin;
mod histogram;
mod kind;
mod recorder;
mod snapshot;
mod tags;

pub use builtin::{Builtin, Family, MetricId};
pub use histogram::Histogram;
pub use kind::{Contains, Kind};
pub use recorder::{MetricsSettings, Recorder, Registry, RequestSeries, SeriesId, Shelf};
pub use snapshot::{Gauge, SeriesState, Snapshot, Totals, Value};
pub use tags::{TagSet, TagSetId};

/// The built-in metrics: an id for each, and their table.
pub mod metric {
    pub use crate::builtin::*;
}
