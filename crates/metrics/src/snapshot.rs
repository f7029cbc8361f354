//! The cumulative truth at one instant.

use std::{sync::Arc, time::Duration};

use crate::{Histogram, MetricId, Registry, SeriesId, Shelf, TagSet};

/// What all cores have counted so far.
#[derive(Debug)]
pub struct Totals {
    _private: (),
}

impl Totals {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(registry: &Arc<Registry>) -> Totals {
        let _ = registry;
        todo!()
    }

    /// Adds a core's shelf and gives it back empty.
    pub fn absorb(&mut self, shelf: Shelf) -> Shelf {
        let _ = shelf;
        todo!()
    }

    /// The truth at this instant. Unchanged series are shared with the snapshot before.
    pub fn snapshot(&mut self, time_ms: i64, elapsed: Duration, last: bool) -> Arc<Snapshot> {
        let _ = (time_ms, elapsed, last);
        todo!()
    }
}

/// Immutable, cumulative, dated: the only truth that anything downstream reads.
#[derive(Debug)]
pub struct Snapshot {
    /// Unix time in milliseconds; strictly rising from snapshot to snapshot, whatever the wall clock does.
    pub time_ms: i64,
    /// Test duration so far: divisor of rates, clock of `delayAbortEval`.
    pub elapsed: Duration,
    /// Whether this is the run's last one.
    pub last: bool,
    /// All series, by [`SeriesId`].
    pub series: Vec<SeriesState>,
}

/// One series in a snapshot. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SeriesState {
    /// Number.
    pub id: SeriesId,
    /// Metric.
    pub metric: MetricId,
    /// Tags.
    pub tags: Arc<TagSet>,
    /// Cumulative value.
    pub value: Value,
    /// Changes whenever the value has changed: equal marks mean equal values.
    pub version: u64,
}

/// Cumulative value of a series.
#[derive(Debug, Clone)]
pub enum Value {
    /// A series that exists and has no sample yet is 0.
    Counter(f64),
    /// `None` while there is no sample.
    Gauge(Option<Gauge>),
    /// Non-zero samples and all samples.
    Rate {
        /// Samples that were not zero.
        nonzero: u64,
        /// All samples.
        total: u64,
    },
    /// A distribution.
    Trend(Arc<Histogram>),
}

/// A gauge's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gauge {
    /// The last one.
    pub last: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}
