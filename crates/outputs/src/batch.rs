//! A part of a record on its way: a stretch of whole series, small enough for one request, that can be cut in halves.

use std::{ops::Range, sync::Arc};

use crate::spool::record::{Point, Record};

/// Series in one request.
pub(crate) const MAX_SERIES: usize = 2_000;
/// Bytes of one request before compression; a single series may be longer.
pub(crate) const MAX_BYTES: usize = 4 << 20;

/// What the points of one series come to in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Weight {
    /// Time series.
    pub(crate) series: usize,
    /// Bytes before compression, or a little more.
    pub(crate) bytes: usize,
}

/// Points of whole series, of one record.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    record: Arc<Record>,
    points: Range<usize>,
}

impl Batch {
    /// Batches of at most this many series, and [`MAX_BYTES`], as somebody weighs them.
    pub(crate) fn cut(
        record: &Arc<Record>,
        max_series: usize,
        mut weigh: impl FnMut(&[Point]) -> Weight,
    ) -> Vec<Batch> {
        let mut batches = Vec::new();
        let mut batch = 0..0;
        let mut sum = Weight::default();
        for chunk in chunks(&record.points) {
            let weight = weigh(chunk);
            let full =
                sum.series + weight.series > max_series || sum.bytes + weight.bytes > MAX_BYTES;
            if full && !batch.is_empty() {
                let next = batch.end..batch.end;
                batches.push(std::mem::replace(&mut batch, next));
                sum = Weight::default();
            }
            batch.end += chunk.len();
            sum.series += weight.series;
            sum.bytes += weight.bytes;
        }
        if !batch.is_empty() {
            batches.push(batch);
        }
        batches
            .into_iter()
            .map(|points| Batch {
                record: Arc::clone(record),
                points,
            })
            .collect()
    }

    /// Its points; those of one series stand together.
    pub(crate) fn points(&self) -> &[Point] {
        &self.record.points[self.points.clone()]
    }

    /// How many samples these are.
    pub(crate) fn samples(&self) -> u64 {
        self.points().iter().map(Point::samples).sum()
    }

    /// How many series these are.
    pub(crate) fn series(&self) -> usize {
        chunks(self.points()).count()
    }

    /// Both halves by number of series; `None` of a single one.
    pub(crate) fn halves(&self) -> Option<(Batch, Batch)> {
        let half = self.series() / 2;
        if half == 0 {
            return None;
        }
        let first: usize = chunks(self.points()).take(half).map(<[Point]>::len).sum();
        let middle = self.points.start + first;
        let part = |points| Batch {
            record: Arc::clone(&self.record),
            points,
        };
        Some((
            part(self.points.start..middle),
            part(middle..self.points.end),
        ))
    }
}

/// The points of each series.
pub(crate) fn chunks(points: &[Point]) -> impl Iterator<Item = &[Point]> {
    points.chunk_by(|one, next| Arc::ptr_eq(&one.series, &next.series))
}
