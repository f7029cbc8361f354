//! The hot path: one core's recorder.

use std::sync::Arc;

use crate::{Contains, Kind, MetricId, TagSet, TagSetId};

/// A series: one metric with one tag set. Dense: the n-th series of the process is number n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(pub(crate) u32);

/// All metrics, tag sets and series of the process. Shared by `Arc`; its lock is met only by what is new to a core.
#[derive(Debug)]
pub struct Registry {
    _private: (),
}

/// Bounds and choices of the pipeline.
#[derive(Debug, Clone)]
pub struct MetricsSettings {
    /// Series kept for each metric; the rest folds into one overflow series.
    pub series_per_metric: usize,
    /// Schema of all histograms, -4 to 8.
    pub histogram_schema: i8,
    /// Populated buckets of one histogram beyond which its schema is lowered.
    pub histogram_max_buckets: usize,
}

impl Registry {
    /// A registry that holds the built-in metrics.
    #[must_use]
    pub fn new(settings: MetricsSettings) -> Arc<Registry> {
        let _ = settings;
        todo!()
    }

    /// A custom metric; the same name, kind and contents give the same id (built-in names too).
    ///
    /// # Errors
    /// k6's text, where the name is not valid or taken by another kind.
    pub fn declare(&self, name: &str, kind: Kind, contains: Contains) -> Result<MetricId, String> {
        let _ = (name, kind, contains);
        todo!()
    }

    /// The metric of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<MetricId> {
        let _ = name;
        todo!()
    }

    /// The tag set behind an id.
    #[must_use]
    pub fn tag_set(&self, id: TagSetId) -> Arc<TagSet> {
        let _ = id;
        todo!()
    }
}

/// The nine series of an HTTP request, found by one look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestSeries {
    /// `http_reqs`
    pub reqs: SeriesId,
    /// `http_req_failed`
    pub failed: SeriesId,
    /// `http_req_duration`
    pub duration: SeriesId,
    /// `http_req_blocked`
    pub blocked: SeriesId,
    /// `http_req_connecting`
    pub connecting: SeriesId,
    /// `http_req_tls_handshaking`
    pub tls_handshaking: SeriesId,
    /// `http_req_sending`
    pub sending: SeriesId,
    /// `http_req_waiting`
    pub waiting: SeriesId,
    /// `http_req_receiving`
    pub receiving: SeriesId,
}

/// One core's recorder: adds samples to that core's shelf. `Send` (to be made elsewhere and moved in), not `Sync`.
#[derive(Debug)]
pub struct Recorder {
    _private: (),
}

/// What one core has counted since the last swap.
#[derive(Debug, Default)]
pub struct Shelf {
    _private: (),
}

impl Recorder {
    /// A recorder with an empty shelf.
    #[must_use]
    pub fn new(registry: &Arc<Registry>) -> Recorder {
        let _ = registry;
        todo!()
    }

    /// `base` with `extra` laid over it (later entries win, also over `base`); interned, cached on this core.
    pub fn extend(&mut self, base: TagSetId, extra: &[(&str, &str)]) -> TagSetId {
        let _ = (base, extra);
        todo!()
    }

    /// `base` without the tag `name`.
    pub fn without(&mut self, base: TagSetId, name: &str) -> TagSetId {
        let _ = (base, name);
        todo!()
    }

    /// The series of a metric and a tag set; at the cardinality limit the metric's overflow series.
    pub fn series(&mut self, metric: MetricId, tags: TagSetId) -> SeriesId {
        let _ = (metric, tags);
        todo!()
    }

    /// The nine series of a request with these tags.
    pub fn request_series(&mut self, tags: TagSetId) -> RequestSeries {
        let _ = tags;
        todo!()
    }

    /// Adds a sample in the metric's own unit: a counter's increment, a gauge's value, a rate's zero or non-zero, a trend's
    /// value (milliseconds where it contains time). NaN and infinities are refused and counted.
    pub fn add(&mut self, series: SeriesId, value: f64) {
        let _ = (series, value);
        todo!()
    }

    /// Adds 1 to a counter.
    pub fn count(&mut self, series: SeriesId) {
        let _ = series;
        todo!()
    }

    /// Adds a duration to a trend of times.
    pub fn observe(&mut self, series: SeriesId, nanos: u64) {
        let _ = (series, nanos);
        todo!()
    }

    /// Trades the shelf for an empty one.
    pub fn swap(&mut self, spare: Shelf) -> Shelf {
        let _ = spare;
        todo!()
    }
}
