//! Thinning: what goes when the log is full. Every second whole record, oldest first; counters are cumulative, so this
//! costs resolution and never a count. Births and ends, which are said only once, move into the record after.

use std::sync::Arc;

use hashbrown::HashMap;

use super::record::{Point, Record};

/// What a pass did.
#[derive(Debug, Default)]
pub(crate) struct Thinned {
    pub(crate) kept: Vec<Record>,
    pub(crate) records_dropped: u64,
    pub(crate) samples_dropped: u64,
}

/// Drops every second record that may go: not a run's last ones, not those at or below `held` (a sender has them in its
/// hands), and not one whose births have no later record of the same run to move to.
pub(crate) fn thin(records: Vec<Record>, held: u64) -> Thinned {
    let mut thinned = Thinned::default();
    let mut carried: Vec<Point> = Vec::new();
    let mut kept_one_before = true;
    let mut records = records.into_iter().peekable();
    while let Some(mut record) = records.next() {
        let heir = records.peek().is_some_and(|next| next.run == record.run);
        if record.last || record.seq <= held || !heir || !kept_one_before {
            kept_one_before = true;
            take_over(&mut record, std::mem::take(&mut carried));
            thinned.kept.push(record);
            continue;
        }
        kept_one_before = false;
        thinned.records_dropped += 1;
        let (said_once, repeated): (Vec<Point>, Vec<Point>) = record
            .points
            .into_iter()
            .partition(|point| point.reading.is_said_once());
        thinned.samples_dropped += repeated.iter().map(Point::samples).sum::<u64>();
        carried.extend(said_once);
    }
    thinned
}

/// Puts older points before the record's own ones of the same series.
fn take_over(record: &mut Record, carried: Vec<Point>) {
    if carried.is_empty() {
        return;
    }
    let mut by_series: HashMap<usize, Vec<Point>> = HashMap::new();
    let mut order = Vec::new();
    for point in carried {
        let address = Arc::as_ptr(&point.series).addr();
        by_series.entry(address).or_insert_with(|| {
            order.push(address);
            Vec::new()
        });
        by_series
            .entry(address)
            .and_modify(|points| points.push(point));
    }
    let mut points = Vec::with_capacity(record.points.len() + order.len());
    for point in record.points.drain(..) {
        points.extend(
            by_series
                .remove(&Arc::as_ptr(&point.series).addr())
                .into_iter()
                .flatten(),
        );
        points.push(point);
    }
    for address in order {
        points.extend(by_series.remove(&address).into_iter().flatten());
    }
    record.points = points;
}
