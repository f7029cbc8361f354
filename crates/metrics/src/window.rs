//! What happened between two snapshots: rates and percentiles of the last seconds.

use std::{sync::Arc, time::Duration};

use crate::{Gauge, Histogram, MetricId, Snapshot, TagSet, Value};

/// The difference of two snapshots of one run.
#[derive(Debug, Clone)]
pub struct Window {
    older: Option<Arc<Snapshot>>,
    newer: Arc<Snapshot>,
}

impl Window {
    /// From the older to the newer one; `None`: from the beginning of the run.
    #[must_use]
    pub fn between(older: Option<Arc<Snapshot>>, newer: Arc<Snapshot>) -> Window {
        Window { older, newer }
    }

    /// The snapshot at its end.
    #[must_use]
    pub fn newer(&self) -> &Arc<Snapshot> {
        &self.newer
    }

    /// Its length.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.older.as_ref().map_or(self.newer.elapsed, |older| {
            self.newer.elapsed.saturating_sub(older.elapsed)
        })
    }

    /// What those series of a metric whose tags pass have counted within; a gauge is what it is at the end. `None` where they
    /// have had no sample at all.
    #[must_use]
    pub fn total(&self, metric: MetricId, pass: impl Fn(&TagSet) -> bool) -> Option<Value> {
        let now = self.newer.total(metric, &pass)?;
        let before = self
            .older
            .as_ref()
            .and_then(|older| older.total(metric, &pass));
        Some(match before {
            Some(before) => now.since(&before),
            None => now,
        })
    }

    /// Increase of a counter.
    #[must_use]
    pub fn increase(&self, metric: MetricId, pass: impl Fn(&TagSet) -> bool) -> f64 {
        match self.total(metric, pass) {
            Some(Value::Counter(sum)) => sum,
            Some(Value::Gauge(_) | Value::Rate { .. } | Value::Trend(_)) | None => 0.0,
        }
    }

    /// Increase of a counter per second; 0 while the window has no length.
    #[must_use]
    pub fn per_second(&self, metric: MetricId, pass: impl Fn(&TagSet) -> bool) -> f64 {
        let seconds = self.length().as_secs_f64();
        if seconds > 0.0 {
            self.increase(metric, pass) / seconds
        } else {
            0.0
        }
    }

    /// Share of non-zero samples of a rate; `None` without samples in the window.
    #[must_use]
    pub fn share(&self, metric: MetricId, pass: impl Fn(&TagSet) -> bool) -> Option<f64> {
        match self.total(metric, pass) {
            Some(Value::Rate { nonzero, total }) if total > 0 => {
                Some(nonzero as f64 / total as f64)
            }
            Some(Value::Counter(_) | Value::Gauge(_) | Value::Rate { .. } | Value::Trend(_))
            | None => None,
        }
    }

    /// The distribution of a trend's samples in the window; `None` without samples. Its least and greatest are those of the
    /// whole run.
    #[must_use]
    pub fn trend(
        &self,
        metric: MetricId,
        pass: impl Fn(&TagSet) -> bool,
    ) -> Option<Arc<Histogram>> {
        match self.total(metric, pass) {
            Some(Value::Trend(histogram)) if histogram.count() > 0 => Some(histogram),
            Some(Value::Counter(_) | Value::Gauge(_) | Value::Rate { .. } | Value::Trend(_))
            | None => None,
        }
    }

    /// Last value of a gauge at the end of the window.
    #[must_use]
    pub fn gauge(&self, metric: MetricId, pass: impl Fn(&TagSet) -> bool) -> Option<Gauge> {
        match self.newer.total(metric, pass) {
            Some(Value::Gauge(gauge)) => gauge,
            Some(Value::Counter(_) | Value::Rate { .. } | Value::Trend(_)) | None => None,
        }
    }
}

impl Value {
    /// What has been added since `earlier` was this value. A gauge stays as it is.
    #[must_use]
    pub fn since(&self, earlier: &Value) -> Value {
        match (self, earlier) {
            (Value::Counter(sum), Value::Counter(before)) => Value::Counter(sum - before),
            (
                Value::Rate { nonzero, total },
                Value::Rate {
                    nonzero: before,
                    total: all,
                },
            ) => Value::Rate {
                nonzero: nonzero.saturating_sub(*before),
                total: total.saturating_sub(*all),
            },
            (Value::Trend(histogram), Value::Trend(before)) => {
                Value::Trend(Arc::new(histogram.since(before)))
            }
            (Value::Counter(_) | Value::Gauge(_) | Value::Rate { .. } | Value::Trend(_), _) => {
                self.clone()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MetricsSettings, Recorder, Registry, Shelf, TagSetId, Totals, metric};

    #[test]
    fn a_window_holds_what_came_between_its_snapshots() {
        let registry = Registry::new(MetricsSettings::default());
        let mut recorder = Recorder::new(&registry);
        let mut totals = Totals::new(&registry);
        let series = recorder.request_series(TagSetId::EMPTY);
        let mut round = |requests: u64, nanos: u64, failed: bool, second: u64| {
            for _ in 0..requests {
                recorder.record_request(&series, &[nanos; 7], Some(failed));
            }
            totals.absorb(recorder.swap(Shelf::default()));
            totals.snapshot(0, Duration::from_secs(second), false)
        };
        let first = round(100, 1_000_000, false, 2);
        let second = round(30, 900_000_000, true, 5);
        let window = Window::between(Some(first), Arc::clone(&second));
        assert_eq!(window.increase(metric::HTTP_REQS, |_| true), 30.0);
        assert_eq!(window.per_second(metric::HTTP_REQS, |_| true), 10.0);
        assert_eq!(window.share(metric::HTTP_REQ_FAILED, |_| true), Some(1.0));
        let trend = window.trend(metric::HTTP_REQ_DURATION, |_| true).unwrap();
        assert_eq!(trend.count(), 30);
        assert!((trend.percentile(50.0) - 0.9).abs() < 0.9 * trend.relative_error());
        let quiet = Window::between(Some(Arc::clone(&second)), second);
        assert_eq!(quiet.per_second(metric::HTTP_REQS, |_| true), 0.0);
        assert!(quiet.share(metric::HTTP_REQ_FAILED, |_| true).is_none());
    }
}
