//! What all cores have counted so far: shelves go in, snapshots come out.
//!
//! Only what a shelf has touched is looked at. A histogram is copied when it changes while a snapshot still holds it, and
//! shared otherwise.

mod budget;

pub use budget::Reductions;

use std::{sync::Arc, time::Duration};

use hashbrown::HashMap;

use crate::{
    Contains, Gauge, Histogram, Kind, MetricId, MetricInfo, Registry, SavedSeries, SavedValue,
    SeriesId, SeriesState, Shelf, Snapshot, TagSet, Value, intern::SeriesInfo, metric, shelf::Cell,
};

/// What all cores have counted so far.
#[derive(Debug)]
pub struct Totals {
    registry: Arc<Registry>,
    metrics: Arc<[MetricInfo]>,
    series: Vec<SeriesState>,
    /// By series: whether it is an overflow series.
    overflow: Vec<bool>,
    /// Rises with every change of a series.
    clock: u64,
    /// Time of the newest snapshot in milliseconds; the next one is later.
    last_ms: i64,
    /// What counters that are set, not added to, had when they were restored.
    bases: HashMap<SeriesId, f64>,
    /// Of all trends.
    histogram_bytes: usize,
    short_of_memory: bool,
    reductions: Reductions,
}

impl Totals {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(registry: &Arc<Registry>) -> Totals {
        Totals {
            registry: Arc::clone(registry),
            metrics: registry.metrics(),
            series: Vec::new(),
            overflow: Vec::new(),
            clock: 0,
            last_ms: i64::MIN,
            bases: HashMap::new(),
            histogram_bytes: 0,
            short_of_memory: false,
            reductions: Reductions::default(),
        }
    }

    /// Adds a core's shelf and gives it back empty.
    pub fn absorb(&mut self, mut shelf: Shelf) -> Shelf {
        let schema = self.registry.settings().histogram_schema;
        let mut overflowed = HashMap::new();
        let thrifty = self.is_short_of_memory();
        let mut bytes = Vec::with_capacity(shelf.dirty.len());
        for id in &shelf.dirty {
            let id = SeriesId(*id);
            let state = self.touch(id);
            bytes.push(state.value.bytes());
            let samples = absorb_cell(&mut shelf.cells[id.index()], &mut state.value, schema);
            if thrifty {
                shelf.cells[id.index()].give_back();
            }
            let metric = state.metric;
            if self.overflow[id.index()] {
                *overflowed.entry(metric).or_insert(0) += samples;
            }
        }
        for ((id, place), amount) in shelf.far.drain() {
            if let Value::Trend(histogram) = &mut self.touch(SeriesId(id)).value {
                Arc::make_mut(histogram).absorb_far(schema, place, amount);
            }
        }
        for (id, before) in shelf.dirty.drain(..).zip(bytes) {
            self.keep_to_limit(SeriesId(id), before);
        }
        self.keep_to_budget();
        for (metric, samples) in overflowed {
            self.count_own(metric::SERIES_OVERFLOWED, metric, samples);
        }
        for (id, samples) in shelf.invalid.drain() {
            let metric = self.touch(SeriesId(id)).metric;
            self.count_own(metric::SAMPLES_INVALID, metric, samples);
        }
        shelf
    }

    /// The truth at this instant. Unchanged series are shared with the snapshot before.
    pub fn snapshot(&mut self, time_ms: i64, elapsed: Duration, last: bool) -> Arc<Snapshot> {
        let series = self.registry.series_of(metric::SERIES, TagSet::default());
        self.learn();
        let known = self.series.len() as f64;
        self.set(series, known);
        if self.metrics.len() != self.registry.metric_count() {
            self.metrics = self.registry.metrics();
        }
        self.last_ms = time_ms.max(self.last_ms.saturating_add(1));
        Arc::new(Snapshot {
            time_ms: self.last_ms,
            elapsed,
            last,
            series: self.series.clone(),
            metrics: Arc::clone(&self.metrics),
            version: self.clock,
        })
    }

    /// No snapshot shall be dated at or before this instant: the newest one that an earlier process has sent.
    pub fn date_after(&mut self, time_ms: i64) {
        self.last_ms = self.last_ms.max(time_ms);
    }

    /// Goes on from what an earlier process had counted. Gives back what does not fit (a metric of this name has another
    /// kind now).
    pub fn restore(&mut self, saved: impl IntoIterator<Item = SavedSeries>) -> Vec<SavedSeries> {
        saved
            .into_iter()
            .filter_map(|series| self.restore_one(series))
            .collect()
    }

    /// Adds to a counter from beside the hot path.
    pub fn add(&mut self, metric: MetricId, tags: &[(&str, &str)], amount: f64) {
        let id = self.own_series(metric, tags);
        match &mut self.touch(id).value {
            Value::Counter(sum) => *sum += amount,
            Value::Gauge(_) | Value::Rate { .. } | Value::Trend(_) => {
                debug_assert!(false, "only counters are added to");
            }
        }
    }

    /// Sets a gauge, or a counter to its value since the start of this process, from beside the hot path. A counter goes on
    /// from what was restored.
    pub fn set_value(&mut self, metric: MetricId, tags: &[(&str, &str)], value: f64) {
        let id = self.own_series(metric, tags);
        self.set(id, value);
    }

    /// As [`Totals::set_value`], for a metric that the registry has from the beginning.
    pub(crate) fn set_named(&mut self, name: &str, tags: &[(&str, &str)], value: f64) {
        if let Some(metric) = self.registry.find(name) {
            self.set_value(metric, tags, value);
        }
    }

    fn own_series(&mut self, metric: MetricId, tags: &[(&str, &str)]) -> SeriesId {
        self.registry
            .series_of(metric, TagSet::new(tags.iter().copied()))
    }

    fn set(&mut self, id: SeriesId, value: f64) {
        self.learn();
        let base = self.bases.get(&id).copied().unwrap_or(0.0);
        let state = &self.series[id.index()];
        let fresh = state.version == 0;
        let new = match &state.value {
            Value::Counter(sum) if *sum != base + value || fresh => Value::Counter(base + value),
            Value::Gauge(gauge)
                if gauge.is_none_or(|gauge| gauge.last.to_bits() != value.to_bits()) =>
            {
                Value::Gauge(Some(
                    gauge.map_or(Gauge::of(value), |gauge| gauge.then(Gauge::of(value))),
                ))
            }
            Value::Counter(_) | Value::Gauge(_) | Value::Rate { .. } | Value::Trend(_) => return,
        };
        self.touch(id).value = new;
    }

    fn count_own(&mut self, counter: MetricId, of: MetricId, amount: u64) {
        let name = self.registry.metric(of).name;
        self.add(counter, &[("metric", &name)], amount as f64);
    }

    /// The series, marked as changed.
    fn touch(&mut self, id: SeriesId) -> &mut SeriesState {
        if self.series.len() <= id.index() {
            self.learn();
        }
        self.clock += 1;
        let state = &mut self.series[id.index()];
        state.version = self.clock;
        state
    }

    /// Takes in series that are new in the registry.
    fn learn(&mut self) {
        let schema = self.registry.settings().histogram_schema;
        for info in self.registry.series_from(self.series.len()) {
            let SeriesInfo {
                metric,
                kind,
                contains,
                set,
                overflow,
                ..
            } = info;
            self.series.push(SeriesState {
                id: SeriesId(self.series.len() as u32),
                metric,
                tags: set,
                value: Value::empty(kind, contains, schema),
                version: 0,
                restored: false,
            });
            self.overflow.push(overflow);
        }
    }

    /// Gives the series back where it does not fit.
    fn restore_one(&mut self, saved: SavedSeries) -> Option<SavedSeries> {
        let declared = self
            .registry
            .declare(&saved.metric, saved.kind, saved.contains);
        let Ok(metric) = declared else {
            return Some(saved);
        };
        let tags: Vec<_> = saved
            .tags
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let id = self.own_series(metric, &tags);
        let own_base = match &saved.value {
            SavedValue::Counter(sum) => Some(*sum),
            SavedValue::Gauge { .. } | SavedValue::Rate { .. } | SavedValue::Trend(_) => None,
        };
        let state = self.touch(id);
        let bytes = state.value.bytes();
        match (&mut state.value, &saved.value) {
            (Value::Counter(sum), SavedValue::Counter(before)) => *sum += before,
            (Value::Gauge(gauge), SavedValue::Gauge { last, min, max }) => {
                let before = Gauge {
                    last: *last,
                    min: *min,
                    max: *max,
                };
                *gauge = Some(gauge.map_or(before, |now| before.then(now)));
            }
            (
                Value::Rate { nonzero, total },
                SavedValue::Rate {
                    nonzero: before,
                    total: all,
                },
            ) => {
                *nonzero += before;
                *total += all;
            }
            (Value::Trend(histogram), SavedValue::Trend(before)) => {
                Arc::make_mut(histogram).merge(&Histogram::restore(before));
            }
            (Value::Counter(_) | Value::Gauge(_) | Value::Rate { .. } | Value::Trend(_), _) => {
                return Some(saved);
            }
        }
        state.restored = true;
        let now = state.value.bytes();
        self.histogram_bytes = self.histogram_bytes + now - bytes;
        if let Some(sum) = own_base {
            self.bases.insert(id, sum);
        }
        None
    }
}

impl Value {
    /// Bytes of its buckets.
    fn bytes(&self) -> usize {
        match self {
            Value::Trend(histogram) => histogram.bytes(),
            Value::Counter(_) | Value::Gauge(_) | Value::Rate { .. } => 0,
        }
    }

    fn empty(kind: Kind, contains: Contains, schema: i8) -> Value {
        match (kind, contains) {
            (Kind::Counter, _) => Value::Counter(0.0),
            (Kind::Gauge, _) => Value::Gauge(None),
            (Kind::Rate, _) => Value::Rate {
                nonzero: 0,
                total: 0,
            },
            (Kind::Trend, Contains::Time) => Value::Trend(Arc::new(Histogram::times(schema))),
            (Kind::Trend, Contains::Default | Contains::Data) => {
                Value::Trend(Arc::new(Histogram::plain(schema)))
            }
        }
    }
}

/// Adds a cell to a value and empties it. Says how many samples it had.
fn absorb_cell(cell: &mut Cell, value: &mut Value, schema: i8) -> u64 {
    match (cell, value) {
        (Cell::Counter(cell), Value::Counter(sum)) => {
            let cell = std::mem::take(cell);
            *sum += cell.sum;
            cell.samples
        }
        (Cell::Gauge(cell), Value::Gauge(gauge)) => {
            let cell = std::mem::take(cell);
            *gauge = Some(gauge.map_or(cell.value, |before| before.then(cell.value)));
            cell.samples
        }
        (Cell::Rate(cell), Value::Rate { nonzero, total }) => {
            let cell = std::mem::take(cell);
            *nonzero += cell.nonzero;
            *total += cell.total;
            cell.total
        }
        (Cell::Time(cell), Value::Trend(histogram)) => {
            let before = histogram.count();
            let histogram = Arc::make_mut(histogram);
            histogram.absorb(cell.part(schema));
            cell.clear();
            histogram.count() - before
        }
        (Cell::Plain(cell), Value::Trend(histogram)) => {
            let before = histogram.count();
            let histogram = Arc::make_mut(histogram);
            histogram.absorb(cell.part(schema));
            cell.clear();
            histogram.count() - before
        }
        (
            Cell::Empty
            | Cell::Counter(_)
            | Cell::Gauge(_)
            | Cell::Rate(_)
            | Cell::Time(_)
            | Cell::Plain(_),
            Value::Counter(_) | Value::Gauge(_) | Value::Rate { .. } | Value::Trend(_),
        ) => {
            debug_assert!(
                false,
                "a cell and its series have one kind, that of the metric"
            );
            0
        }
    }
}

#[cfg(test)]
mod tests;
