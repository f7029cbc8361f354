//! The cumulative truth at one instant.

use std::{sync::Arc, time::Duration};

use crate::{Histogram, MetricId, MetricInfo, SavedSeries, SavedValue, SeriesId, TagSet};

/// Immutable, cumulative, dated: the only truth that anything downstream reads.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Unix time in milliseconds; strictly rising from snapshot to snapshot, whatever the wall clock does.
    pub time_ms: i64,
    /// Test duration so far: divisor of rates, clock of `delayAbortEval`.
    pub elapsed: Duration,
    /// Whether this is the run's last one.
    pub last: bool,
    /// All series, by [`SeriesId`].
    pub series: Vec<SeriesState>,
    /// All metrics, by [`MetricId`].
    pub metrics: Arc<[MetricInfo]>,
    /// The greatest [`SeriesState::version`] so far.
    pub version: u64,
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
    /// Changes whenever the value has changed: equal marks mean equal values. 0: no sample yet. Of two series the one that
    /// changed later has the greater mark.
    pub version: u64,
    /// Whether it goes on from what an earlier process had counted: then it gets no explicit zero at its birth.
    pub restored: bool,
}

impl SeriesState {
    /// Whether it has had a sample.
    #[must_use]
    pub fn has_samples(&self) -> bool {
        self.version != 0
    }
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
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gauge {
    /// The last one.
    pub last: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Gauge {
    /// A gauge that has been set once.
    #[must_use]
    pub fn of(value: f64) -> Gauge {
        Gauge {
            last: value,
            min: value,
            max: value,
        }
    }

    /// What the gauge is once it has also had these later values.
    #[must_use]
    pub fn then(self, later: Gauge) -> Gauge {
        Gauge {
            last: later.last,
            min: self.min.min(later.min),
            max: self.max.max(later.max),
        }
    }
}

impl Snapshot {
    /// A metric of this snapshot.
    #[must_use]
    pub fn metric(&self, id: MetricId) -> &MetricInfo {
        &self.metrics[id.0 as usize]
    }

    /// The metric of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&MetricInfo> {
        self.metrics.iter().find(|metric| &*metric.name == name)
    }

    /// All series of a metric.
    pub fn of(&self, metric: MetricId) -> impl Iterator<Item = &SeriesState> {
        self.series
            .iter()
            .filter(move |series| series.metric == metric)
    }

    /// One value for all those series of a metric whose tags pass; `None` where none of them has a sample.
    #[must_use]
    pub fn total(&self, metric: MetricId, pass: impl Fn(&TagSet) -> bool) -> Option<Value> {
        Value::total(self.of(metric).filter(|series| pass(&series.tags)))
    }

    /// Series with samples that have changed since a version (0: all of them), as plain data. Remember
    /// [`Snapshot::version`] for the next call.
    pub fn save_series(&self, since: u64) -> impl Iterator<Item = SavedSeries> {
        self.series
            .iter()
            .filter(move |series| series.version > since)
            .filter_map(|series| self.save(series))
    }

    fn save(&self, series: &SeriesState) -> Option<SavedSeries> {
        let metric = self.metric(series.metric);
        Some(SavedSeries {
            metric: metric.name.to_string(),
            kind: metric.kind,
            contains: metric.contains,
            tags: series
                .tags
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            value: match &series.value {
                Value::Counter(sum) => SavedValue::Counter(*sum),
                Value::Gauge(gauge) => {
                    gauge.map(|Gauge { last, min, max }| SavedValue::Gauge { last, min, max })?
                }
                Value::Rate { nonzero, total } => SavedValue::Rate {
                    nonzero: *nonzero,
                    total: *total,
                },
                Value::Trend(histogram) => SavedValue::Trend(histogram.save()),
            },
        })
    }
}

impl Value {
    /// One value for several series of one metric; `None` where none of them has a sample. A gauge's last value is that of
    /// the series that changed last.
    #[must_use]
    pub fn total<'a>(series: impl IntoIterator<Item = &'a SeriesState>) -> Option<Value> {
        let mut newest = 0;
        let mut sum: Option<Value> = None;
        for one in series.into_iter().filter(|series| series.has_samples()) {
            match &mut sum {
                Some(sum) => sum.add(&one.value, one.version > newest),
                None => sum = Some(one.value.clone()),
            }
            newest = newest.max(one.version);
        }
        sum
    }

    fn add(&mut self, other: &Value, later: bool) {
        match (self, other) {
            (Value::Counter(sum), Value::Counter(more)) => *sum += more,
            (Value::Gauge(gauge), Value::Gauge(Some(other))) => {
                *gauge = Some(match *gauge {
                    Some(gauge) if later => gauge.then(*other),
                    Some(gauge) => other.then(gauge),
                    None => *other,
                });
            }
            (
                Value::Rate { nonzero, total },
                Value::Rate {
                    nonzero: more,
                    total: all,
                },
            ) => {
                *nonzero += more;
                *total += all;
            }
            (Value::Trend(histogram), Value::Trend(other)) => Arc::make_mut(histogram).merge(other),
            (Value::Counter(_) | Value::Gauge(_) | Value::Rate { .. } | Value::Trend(_), _) => {
                // A gauge without a value, or (never) series of two metrics: nothing to add.
            }
        }
    }
}
