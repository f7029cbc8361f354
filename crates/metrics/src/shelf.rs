//! What one core has counted since the last swap: dense cells by series, and a list of those that were touched.

use hashbrown::HashMap;

use crate::{
    Contains, Gauge, Kind, SeriesId,
    histogram::{Amounts, Far, PLAIN_ZERO_THRESHOLD, Part, Stretch, TIME_ZERO_THRESHOLD},
};

/// Buckets that one window may span: all times from the zero threshold to centuries at schema 8. What lies outside is kept
/// in [`Shelf::far`].
const WINDOW_LIMIT: i64 = 1 << 14;
/// A window grows by whole cache lines.
const LINE: i64 = 16;

/// What one core has counted since the last swap.
#[derive(Debug, Default)]
pub struct Shelf {
    /// By series; `Empty` where this core has not met the series yet.
    pub(crate) cells: Vec<Cell>,
    /// Series touched since the last swap, each once.
    pub(crate) dirty: Vec<u32>,
    /// Counts outside a window or beyond 32 bits. Bounded by the number of bucket indexes; hardly ever used.
    pub(crate) far: HashMap<(u32, Far), i128>,
    /// NaN and infinite samples by series.
    pub(crate) invalid: HashMap<u32, u64>,
}

/// One series' cell. A cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) enum Cell {
    #[default]
    Empty,
    Counter(Counter),
    Gauge(GaugeCell),
    Rate(RateCell),
    Time(Distribution<i64>),
    Plain(Distribution<f64>),
}

#[derive(Debug, Default)]
pub(crate) struct Counter {
    pub(crate) sum: f64,
    pub(crate) samples: u64,
    pub(crate) dirty: bool,
}

#[derive(Debug, Default)]
pub(crate) struct GaugeCell {
    pub(crate) value: Gauge,
    pub(crate) samples: u64,
    pub(crate) dirty: bool,
}

#[derive(Debug, Default)]
pub(crate) struct RateCell {
    pub(crate) nonzero: u64,
    pub(crate) total: u64,
    pub(crate) dirty: bool,
}

/// Sum, least, greatest and bucket counts. Count is derived: the zero bucket and all others together.
///
/// Invariant: `min > max` exactly while there is no sample, which spares a flag, and the flag's eight bytes.
#[derive(Debug)]
pub(crate) struct Distribution<N> {
    pub(crate) sum: N,
    pub(crate) min: N,
    pub(crate) max: N,
    pub(crate) window: Window,
    /// Buckets of negative samples, made when there is one.
    pub(crate) negative: Option<Box<Window>>,
}

impl Default for Distribution<i64> {
    fn default() -> Distribution<i64> {
        Distribution {
            sum: 0,
            min: i64::MAX,
            max: i64::MIN,
            window: Window::default(),
            negative: None,
        }
    }
}

impl Default for Distribution<f64> {
    fn default() -> Distribution<f64> {
        Distribution {
            sum: 0.0,
            min: f64::MAX,
            max: f64::MIN,
            window: Window::default(),
            negative: None,
        }
    }
}

/// A dense stretch of bucket counts around the indexes seen so far, and the zero bucket.
#[derive(Debug, Default)]
pub(crate) struct Window {
    counts: Box<[u32]>,
    first: i32,
    pub(crate) zero: u32,
}

impl Cell {
    pub(crate) fn new(kind: Kind, contains: Contains) -> Cell {
        match (kind, contains) {
            (Kind::Counter, _) => Cell::Counter(Counter::default()),
            (Kind::Gauge, _) => Cell::Gauge(GaugeCell::default()),
            (Kind::Rate, _) => Cell::Rate(RateCell::default()),
            (Kind::Trend, Contains::Time) => Cell::Time(Distribution::default()),
            (Kind::Trend, Contains::Default | Contains::Data) => {
                Cell::Plain(Distribution::default())
            }
        }
    }
}

impl Cell {
    /// Gives back the memory of an emptied distribution: the next sample asks for what it needs.
    pub(crate) fn give_back(&mut self) {
        match self {
            Cell::Time(cell) => *cell = Distribution::default(),
            Cell::Plain(cell) => *cell = Distribution::default(),
            Cell::Empty | Cell::Counter(_) | Cell::Gauge(_) | Cell::Rate(_) => {}
        }
    }
}

impl Window {
    /// Counts one sample, if the window spans its bucket and the count has room.
    #[inline]
    pub(crate) fn hit(&mut self, index: i32) -> bool {
        let offset = index.wrapping_sub(self.first) as u32 as usize;
        match self.counts.get_mut(offset) {
            Some(count) if *count < u32::MAX => {
                *count += 1;
                true
            }
            Some(_) | None => false,
        }
    }

    /// [`Window::hit`] for many samples of one bucket: all or none.
    pub(crate) fn hit_many(&mut self, index: i32, many: u64) -> bool {
        let offset = index.wrapping_sub(self.first) as u32 as usize;
        let Some(count) = self.counts.get_mut(offset) else {
            return false;
        };
        let sum = u64::from(*count).checked_add(many);
        match sum.and_then(|sum| u32::try_from(sum).ok()) {
            Some(sum) => {
                *count = sum;
                true
            }
            None => false,
        }
    }

    /// Widens the window so that it spans a bucket. `false`: too wide, or the count is full; the sample is to be kept elsewhere.
    #[cold]
    pub(crate) fn grow_to(&mut self, index: i32) -> bool {
        let index = i64::from(index);
        let (old_first, old_end) = (
            i64::from(self.first),
            i64::from(self.first) + self.counts.len() as i64,
        );
        let fresh = self.counts.is_empty();
        if !fresh && (old_first..old_end).contains(&index) {
            return false;
        }
        // Some room ahead, so that a window that creeps outwards does not grow bucket by bucket.
        let ahead = (self.counts.len() as i64 / 4).max(LINE / 2);
        let (mut first, mut end) = if fresh {
            (index - ahead, index + ahead)
        } else {
            (old_first, old_end)
        };
        if index < first {
            first = index - ahead;
        }
        if index >= end {
            end = index + ahead;
        }
        (first, end) = (
            first.div_euclid(LINE) * LINE,
            (end.div_euclid(LINE) + 1) * LINE,
        );
        if end - first > WINDOW_LIMIT {
            return false;
        }
        let mut counts = vec![0; (end - first) as usize].into_boxed_slice();
        if !fresh {
            let from = (old_first - first) as usize;
            counts[from..from + self.counts.len()].copy_from_slice(&self.counts);
        }
        self.counts = counts;
        self.first = first as i32;
        true
    }

    fn stretch(&self) -> Stretch<'_> {
        Stretch {
            first: self.first,
            counts: &self.counts,
        }
    }

    fn clear(&mut self) {
        self.counts.fill(0);
        self.zero = 0;
    }
}

impl Distribution<i64> {
    pub(crate) fn part(&self, schema: i8) -> Part<'_> {
        let amounts = Amounts::Time {
            sum: i128::from(self.sum),
            min: self.min,
            max: self.max,
        };
        self.part_with(schema, TIME_ZERO_THRESHOLD, amounts)
    }
}

impl Distribution<f64> {
    pub(crate) fn part(&self, schema: i8) -> Part<'_> {
        let amounts = Amounts::Plain {
            sum: self.sum,
            min: self.min,
            max: self.max,
        };
        self.part_with(schema, PLAIN_ZERO_THRESHOLD, amounts)
    }
}

impl<N> Distribution<N>
where
    Distribution<N>: Default,
{
    fn part_with(&self, schema: i8, zero_threshold: f64, amounts: Amounts) -> Part<'_> {
        Part {
            schema,
            zero_threshold,
            zero: u64::from(self.window.zero),
            positive: self.window.stretch(),
            negative: self
                .negative
                .as_ref()
                .map_or_else(Stretch::default, |window| window.stretch()),
            amounts,
        }
    }

    /// Empty again; the windows keep their width.
    pub(crate) fn clear(&mut self) {
        let mut empty = Distribution::default();
        std::mem::swap(&mut empty.window, &mut self.window);
        std::mem::swap(&mut empty.negative, &mut self.negative);
        empty.window.clear();
        if let Some(window) = &mut empty.negative {
            window.clear();
        }
        *self = empty;
    }
}

impl Shelf {
    /// Counts a refused sample.
    #[cold]
    pub(crate) fn refuse(&mut self, series: SeriesId) {
        *self.invalid.entry(series.0).or_default() += 1;
    }

    /// Whether nothing has been counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dirty.is_empty() && self.invalid.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_cache_line() {
        assert_eq!(size_of::<Cell>(), 64);
    }

    #[test]
    fn a_window_spans_what_it_has_seen_and_refuses_to_grow_without_bound() {
        let mut window = Window::default();
        for index in [5, -40, 700, 5] {
            assert!(window.hit(index) || window.grow_to(index) && window.hit(index));
        }
        assert!(!window.grow_to(1 << 20));
        let seen: u32 = window.counts.iter().sum();
        assert_eq!(seen, 4);
    }
}
