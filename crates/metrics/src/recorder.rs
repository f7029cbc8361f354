//! The hot path: one core's recorder.
//!
//! A sample of a known series costs an index, a bucket look-up and a few additions in this core's own memory: no lock, no
//! atomic, no allocation. Caches stand before the registry; each has a stated size and is emptied when it reaches it, which
//! costs a visit to the registry's lock and nothing else.

mod steps;

use std::sync::Arc;

use hashbrown::HashMap;

use crate::{
    Gauge, MetricId, Registry, Shelf, TagSet, TagSetId,
    histogram::{Far, PLAIN_ZERO_THRESHOLD, TIME_ZERO_NANOS, schema::Indexer},
    shelf::{Cell, Distribution, Window},
    tag_cache::TagCache,
    tap::{SampleMetadata, SampleTap},
};

/// Entries of the cache of series, and of that of requests.
const CACHED_SERIES: usize = 65_536;
const CACHED_REQUESTS: usize = 16_384;

/// A series: one metric with one tag set. Dense: the n-th series of the process is number n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(pub(crate) u32);

impl SeriesId {
    /// The number, an index into [`crate::Snapshot::series`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The series of an HTTP request, found by one look-up.
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
    /// `loadd_http_req_duration_corrected`; [`Recorder::record_request`] leaves it to [`crate::OpenLatency`] and
    /// [`crate::LoopLatency`].
    pub corrected: SeriesId,
}

impl RequestSeries {
    /// The trends in the order of [`RequestTimes`].
    fn trends(&self) -> [SeriesId; 7] {
        [
            self.duration,
            self.blocked,
            self.connecting,
            self.tls_handshaking,
            self.sending,
            self.waiting,
            self.receiving,
        ]
    }
}

/// Times of a request in nanoseconds: duration, blocked, connecting, TLS handshaking, sending, waiting, receiving.
pub type RequestTimes = [u64; 7];

/// One core's recorder: adds samples to that core's shelf. `Send` (to be made elsewhere and moved in), not `Sync`.
#[derive(Debug)]
pub struct Recorder {
    registry: Arc<Registry>,
    indexer: Indexer,
    shelf: Shelf,
    tags: TagCache,
    series: HashMap<(MetricId, TagSetId), SeriesId>,
    requests: HashMap<TagSetId, RequestSeries>,
    /// Who wants each sample by itself; off, it costs one look for each sample.
    tap: Option<Box<SampleTap>>,
    /// A `Cell` is `Send` and not `Sync`.
    _one_core: std::marker::PhantomData<std::cell::Cell<()>>,
}

impl Recorder {
    /// A recorder with an empty shelf.
    #[must_use]
    pub fn new(registry: &Arc<Registry>) -> Recorder {
        Recorder {
            registry: Arc::clone(registry),
            indexer: Indexer::new(registry.settings().histogram_schema),
            shelf: Shelf::default(),
            tags: TagCache::default(),
            series: HashMap::new(),
            requests: HashMap::new(),
            tap: None,
            _one_core: std::marker::PhantomData,
        }
    }

    /// From now on each sample also goes into this tap.
    pub fn attach(&mut self, tap: SampleTap) {
        self.tap = Some(Box::new(tap));
    }

    /// Whether samples go into a tap: only then their metadata is looked at.
    #[must_use]
    #[inline]
    pub fn is_tapped(&self) -> bool {
        self.tap.is_some()
    }

    /// Metadata of the samples to come, for the tap.
    pub fn set_metadata(&mut self, metadata: Option<SampleMetadata>) {
        if let Some(tap) = &mut self.tap {
            tap.metadata = metadata;
        }
    }

    /// `base` with `extra` laid over it (later entries win, also over `base`); interned, cached on this core.
    pub fn extend(&mut self, base: TagSetId, extra: &[(&str, &str)]) -> TagSetId {
        if extra.is_empty() {
            base
        } else {
            self.tags.extend(&self.registry, base, extra).0
        }
    }

    /// [`Recorder::extend`], with the set: its id is good for as long as somebody holds that.
    pub fn extend_held(
        &mut self,
        base: TagSetId,
        extra: &[(&str, &str)],
    ) -> (TagSetId, Arc<TagSet>) {
        let (id, set) = self.tags.extend(&self.registry, base, extra);
        (id, Arc::clone(set))
    }

    /// `base` without the tag `name`, with the set: its id is good for as long as somebody holds that.
    pub fn without_held(&mut self, base: TagSetId, name: &str) -> (TagSetId, Arc<TagSet>) {
        let (id, set) = self.tags.without(&self.registry, base, name);
        (id, Arc::clone(set))
    }

    /// The set behind an id that this recorder has just given, or that somebody holds.
    #[must_use]
    pub fn hold(&self, id: TagSetId) -> Arc<TagSet> {
        self.registry.tag_set(id)
    }

    /// The registry behind this recorder.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The series of a metric and a tag set; at the cardinality limit the metric's overflow series.
    pub fn series(&mut self, metric: MetricId, tags: TagSetId) -> SeriesId {
        if let Some(id) = self.series.get(&(metric, tags)) {
            return *id;
        }
        let id = self.registry.series(metric, tags);
        if self.series.len() >= CACHED_SERIES {
            self.series.clear();
        }
        self.series.insert((metric, tags), id);
        id
    }

    /// The series of a request with these tags.
    pub fn request_series(&mut self, tags: TagSetId) -> RequestSeries {
        if let Some(series) = self.requests.get(&tags) {
            return *series;
        }
        let series = self.registry.request_series(tags);
        if self.requests.len() >= CACHED_REQUESTS {
            self.requests.clear();
        }
        self.requests.insert(tags, series);
        series
    }

    /// Adds a sample in the metric's own unit: a counter's increment, a gauge's value, a rate's zero or non-zero, a trend's
    /// value (milliseconds where it contains time; kept to the nanosecond, and up to 292 years). NaN and infinities are
    /// refused and counted.
    #[inline]
    pub fn add(&mut self, series: SeriesId, value: f64) {
        if !value.is_finite() {
            return self.shelf.refuse(series);
        }
        if self.tap.is_some() {
            self.tap_one(series, value);
        }
        self.add_up(series, value);
    }

    #[inline]
    fn add_up(&mut self, series: SeriesId, value: f64) {
        let Some(cell) = self.shelf.cells.get_mut(series.index()) else {
            return self.meet(series, Sample::Number(value));
        };
        let was_dirty = match cell {
            Cell::Counter(counter) => {
                counter.sum += value;
                counter.samples += 1;
                std::mem::replace(&mut counter.dirty, true)
            }
            Cell::Gauge(gauge) => {
                gauge.value = if gauge.dirty {
                    Gauge {
                        last: value,
                        min: gauge.value.min.min(value),
                        max: gauge.value.max.max(value),
                    }
                } else {
                    Gauge {
                        last: value,
                        min: value,
                        max: value,
                    }
                };
                gauge.samples += 1;
                std::mem::replace(&mut gauge.dirty, true)
            }
            Cell::Rate(rate) => {
                rate.nonzero += u64::from(value != 0.0);
                rate.total += 1;
                std::mem::replace(&mut rate.dirty, true)
            }
            Cell::Time(_) => return self.observe_nanos(series, (value * 1e6).round() as i64),
            Cell::Plain(trend) => {
                let was_dirty = trend.min <= trend.max;
                trend.min = trend.min.min(value);
                trend.max = trend.max.max(value);
                trend.sum = (trend.sum + value).clamp(f64::MIN, f64::MAX);
                let size = value.abs();
                let place = if size <= PLAIN_ZERO_THRESHOLD {
                    None
                } else {
                    Some(self.indexer.index(size))
                };
                let far = if value < 0.0 {
                    trend.below(place)
                } else {
                    trend.above(place)
                };
                if let Some(far) = far {
                    *self.shelf.far.entry((series.0, far)).or_default() += 1;
                }
                was_dirty
            }
            Cell::Empty => return self.meet(series, Sample::Number(value)),
        };
        if !was_dirty {
            self.shelf.dirty.push(series.0);
        }
    }

    /// Adds 1 to a counter.
    #[inline]
    pub fn count(&mut self, series: SeriesId) {
        self.add(series, 1.0);
    }

    /// Adds a duration to a trend of times.
    #[inline]
    pub fn observe(&mut self, series: SeriesId, nanos: u64) {
        if self.tap.is_some() {
            self.tap_one(series, nanos as f64 / 1e6);
        }
        self.observe_nanos(series, i64::try_from(nanos).unwrap_or(i64::MAX));
    }

    /// [`Recorder::observe`] of what has been tapped already.
    #[inline]
    fn observe_up(&mut self, series: SeriesId, nanos: u64) {
        self.observe_nanos(series, i64::try_from(nanos).unwrap_or(i64::MAX));
    }

    /// Adds all samples of one request: a count, whether it failed (`None`: nobody asked), and the seven times.
    #[inline]
    pub fn record_request(
        &mut self,
        series: &RequestSeries,
        times: &RequestTimes,
        failed: Option<bool>,
    ) {
        if self.tap.is_some() {
            self.tap_request(series, times, failed);
        }
        self.add_up(series.reqs, 1.0);
        if let Some(failed) = failed {
            self.add_up(series.failed, f64::from(u8::from(failed)));
        }
        for (trend, nanos) in series.trends().into_iter().zip(times) {
            self.observe_up(trend, *nanos);
        }
    }

    #[cold]
    #[inline(never)]
    fn tap_one(&mut self, series: SeriesId, value: f64) {
        if let Some(tap) = &mut self.tap {
            tap.put([(series, value)]);
        }
    }

    /// In the order in which k6 writes them.
    #[cold]
    #[inline(never)]
    fn tap_request(&mut self, series: &RequestSeries, times: &RequestTimes, failed: Option<bool>) {
        let Some(tap) = &mut self.tap else { return };
        let millis = times.map(|nanos| nanos as f64 / 1e6);
        let trends = series.trends().into_iter().zip(millis);
        let failed = failed.map(|failed| (series.failed, f64::from(u8::from(failed))));
        tap.put(
            std::iter::once((series.reqs, 1.0))
                .chain(trends)
                .chain(failed),
        );
    }

    /// Trades the shelf for an empty one.
    #[must_use = "the full shelf holds what has been counted"]
    pub fn swap(&mut self, spare: Shelf) -> Shelf {
        debug_assert!(
            spare.is_empty(),
            "a spare shelf comes from Totals::absorb or Shelf::default"
        );
        if let Some(tap) = &mut self.tap {
            tap.flush();
        }
        std::mem::replace(&mut self.shelf, spare)
    }

    #[inline]
    fn observe_nanos(&mut self, series: SeriesId, nanos: i64) {
        let Some(Cell::Time(trend)) = self.shelf.cells.get_mut(series.index()) else {
            return self.meet(series, Sample::Nanos(nanos));
        };
        if trend.min > trend.max {
            self.shelf.dirty.push(series.0);
        }
        trend.min = trend.min.min(nanos);
        trend.max = trend.max.max(nanos);
        match trend.sum.checked_add(nanos) {
            Some(sum) => trend.sum = sum,
            None => spill_sum(
                &mut self.shelf.far,
                series,
                i128::from(std::mem::replace(&mut trend.sum, nanos)),
            ),
        }
        let size = nanos.unsigned_abs();
        let place = if size <= TIME_ZERO_NANOS as u64 {
            None
        } else {
            Some(self.indexer.index(size as f64 / 1e9))
        };
        let far = if nanos < 0 {
            trend.below(place)
        } else {
            trend.above(place)
        };
        if let Some(far) = far {
            *self.shelf.far.entry((series.0, far)).or_default() += 1;
        }
    }

    /// A series that this shelf has no cell for yet.
    #[cold]
    #[inline(never)]
    fn meet(&mut self, series: SeriesId, sample: Sample) {
        let Some(info) = self.registry.series_info(series) else {
            debug_assert!(false, "a series of another registry");
            return;
        };
        if self.shelf.cells.len() <= series.index() {
            self.shelf
                .cells
                .resize_with(series.index() + 1, Cell::default);
        }
        let cell = &mut self.shelf.cells[series.index()];
        if matches!(cell, Cell::Empty) {
            *cell = Cell::new(info.kind, info.contains);
        }
        match (sample, &*cell) {
            (Sample::Number(value), _) => self.add_up(series, value),
            (Sample::Nanos(nanos), Cell::Time(_)) => self.observe_nanos(series, nanos),
            // A duration for something that is no trend of times: in milliseconds, as a script would give it.
            (Sample::Nanos(nanos), _) => self.add_up(series, nanos as f64 / 1e6),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Sample {
    Number(f64),
    Nanos(i64),
}

#[cold]
fn spill_sum(far: &mut HashMap<(u32, Far), i128>, series: SeriesId, sum: i128) {
    *far.entry((series.0, Far::Sum)).or_default() += sum;
}

impl<N> Distribution<N> {
    /// Counts a sample that is not negative; `None` is the zero bucket. Gives back where to keep it if not here.
    #[inline]
    fn above(&mut self, place: Option<i32>) -> Option<Far> {
        let Some(index) = place else {
            return self.zero();
        };
        if self.window.hit(index) || grow_and_hit(&mut self.window, index) {
            None
        } else {
            Some(Far::Positive(index))
        }
    }

    #[cold]
    fn below(&mut self, place: Option<i32>) -> Option<Far> {
        let Some(index) = place else {
            return self.zero();
        };
        let window = self.negative.get_or_insert_default();
        if window.hit(index) || grow_and_hit(window, index) {
            None
        } else {
            Some(Far::Negative(index))
        }
    }

    #[inline]
    fn zero(&mut self) -> Option<Far> {
        if self.window.zero == u32::MAX {
            return Some(Far::Zero);
        }
        self.window.zero += 1;
        None
    }
}

#[cold]
fn grow_and_hit(window: &mut Window, index: i32) -> bool {
    window.grow_to(index) && window.hit(index)
}
