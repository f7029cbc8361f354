//! From snapshots to records: what a push sends. Pure: snapshots go in, records come out.
//!
//! * A record is due every `interval` of snapshot time; all its values carry that one time.
//! * **Birth**: a series begins with a zero, dated at the tick before its first sample, never before what was sent already.
//!   A series that goes on from the checkpoint gets none, nor does a gauge: nobody measured that 0.
//! * **Slow beat**: an unchanged series is sent with each push for the first minute, then once a minute, each at a second of
//!   its own, so that a push is not idle for a minute and then late. When it wakes, its old value goes along, dated at the
//!   push before, so that short windows see the first increments.
//! * **Exemplars** go with a histogram once each, in the order of their times, and not with a series' first push: receivers
//!   of version 1.0 put them in before the series is there, and lose them.
//! * **End**: after the last snapshot's record a second one with a staleness marker for each series.

use std::sync::Arc;

use bytes::Bytes;
use hashbrown::HashMap;
use loadd_metrics::{Exemplars, Kind, SeriesId, SeriesState, Snapshot, Value};

use crate::{
    remote_write::histogram::{Invalid, Writer, empty_message},
    spool::record::{Point, Reading, Record, Run, SeriesDef},
};

const BEAT_MS: i64 = 60_000;

/// What is known of a series on the way to the wire.
#[derive(Debug)]
struct Known {
    def: Arc<SeriesDef>,
    /// Time of its zero, until that is sent.
    birth_ms: Option<i64>,
    /// Version in the last push that had it.
    sent: Option<u64>,
    sent_ms: i64,
    changed_ms: i64,
    /// Its value, kept while it rests: no copy, since it is the pipeline's own until that changes.
    resting: Option<Value>,
    /// Where in the minute its slow beat falls.
    phase_ms: i64,
    /// Time of its last exemplar.
    exemplar_ms: i64,
}

impl Known {
    /// Whether the slow beat of this series has come since it was last sent.
    fn beat_is_due(&self, time_ms: i64) -> bool {
        let beats = |time_ms: i64| (time_ms + self.phase_ms).div_euclid(BEAT_MS);
        beats(time_ms) > beats(self.sent_ms)
    }
}

/// Makes records of snapshots.
#[derive(Debug)]
pub(crate) struct Pusher {
    run: Arc<Run>,
    interval_ms: i64,
    known: HashMap<SeriesId, Known>,
    writer: Writer,
    /// Bytes and points of the push before: the next one needs about as much room.
    room: (usize, usize),
    /// Time of the snapshot before; at first the moment of joining.
    tick_ms: i64,
    /// Time of the push before.
    push_ms: i64,
    next_push_ms: i64,
    /// Nothing may be dated at or before this.
    floor_ms: i64,
    ended: bool,
    /// Where traces are on.
    exemplars: Option<Arc<Exemplars>>,
    /// What an earlier process has sent reaches to here.
    joined_after_ms: i64,
}

/// What came of a snapshot: up to two records, and how many samples failed the validator.
#[derive(Debug, Default)]
pub(crate) struct Pushed {
    pub(crate) records: Vec<Record>,
    pub(crate) invalid: u64,
}

impl Pusher {
    /// A pusher that joins at `joined_ms`, after whatever was sent up to `floor_ms`.
    pub(crate) fn new(run: Arc<Run>, interval_ms: i64, joined_ms: i64, floor_ms: i64) -> Pusher {
        Pusher {
            run,
            interval_ms: interval_ms.max(1),
            known: HashMap::new(),
            writer: Writer::default(),
            room: (0, 0),
            tick_ms: joined_ms.max(floor_ms + 1),
            push_ms: floor_ms,
            next_push_ms: joined_ms,
            floor_ms,
            ended: false,
            exemplars: None,
            joined_after_ms: floor_ms,
        }
    }

    /// From now on sends these along.
    pub(crate) fn send_exemplars(&mut self, exemplars: Arc<Exemplars>) {
        self.exemplars = Some(exemplars);
    }

    /// Takes a snapshot.
    pub(crate) fn take(&mut self, snapshot: &Snapshot) -> Pushed {
        let mut pushed = Pushed::default();
        if self.ended {
            return pushed;
        }
        // Snapshots are dated by a clock that may have stepped back since an earlier process: hold still until it catches up.
        let time_ms = snapshot.time_ms.max(self.floor_ms + 1);
        for series in &snapshot.series {
            self.meet(snapshot, series, time_ms);
        }
        self.tick_ms = self.tick_ms.max(time_ms);
        if snapshot.last || snapshot.time_ms >= self.next_push_ms {
            self.next_push_ms =
                next_multiple(snapshot.time_ms, self.next_push_ms, self.interval_ms);
            pushed
                .records
                .extend(self.push(snapshot, time_ms, &mut pushed.invalid));
        }
        if snapshot.last {
            self.ended = true;
            pushed.records.extend(self.end());
        }
        pushed
    }

    fn meet(&mut self, snapshot: &Snapshot, series: &SeriesState, time_ms: i64) {
        let tick_ms = self.tick_ms;
        let order = self.known.len() as i64;
        let known = self.known.entry(series.id).or_insert_with(|| {
            let metric = snapshot.metric(series.metric);
            let def = SeriesDef {
                run: Arc::clone(&self.run),
                metric: metric.name.to_string(),
                kind: metric.kind,
                contains: metric.contains,
                family: metric.family,
                tags: series
                    .tags
                    .iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                help: metric.help.to_string(),
            };
            let born = !series.restored && metric.kind != Kind::Gauge;
            Known {
                def: Arc::new(def),
                birth_ms: born.then_some(tick_ms),
                sent: None,
                sent_ms: 0,
                changed_ms: 0,
                resting: None,
                // The golden ratio spreads neighbours evenly, however many there are.
                phase_ms: order.wrapping_mul(37_082).rem_euclid(BEAT_MS),
                exemplar_ms: self.joined_after_ms,
            }
        });
        // Still without a sample at this tick: its zero moves along, up to the tick before the first one.
        if !series.has_samples() && known.sent.is_none() && known.birth_ms.is_some() {
            known.birth_ms = Some(time_ms);
        }
    }

    fn push(&mut self, snapshot: &Snapshot, time_ms: i64, invalid: &mut u64) -> Option<Record> {
        let mut points = Vec::with_capacity(self.room.1);
        self.writer.reserve(self.room.0);
        let mut bytes = 0;
        let exemplars = self.exemplars.as_ref().map(|exemplars| exemplars.latest());
        for series in &snapshot.series {
            let Some(known) = self.known.get_mut(&series.id) else {
                continue;
            };
            let changed = known.sent != Some(series.version);
            if changed {
                known.changed_ms = time_ms;
            }
            let resting = time_ms - known.changed_ms > BEAT_MS;
            if resting && !snapshot.last && !known.beat_is_due(time_ms) {
                known.resting.get_or_insert_with(|| series.value.clone());
                continue;
            }
            let reading = match reading(&mut self.writer, &series.value) {
                Ok(Some(reading)) => reading,
                Ok(None) => continue,
                Err(fault) => {
                    tracing::debug!(metric = known.def.metric, %fault, "histogram_not_sent");
                    *invalid += 1;
                    continue;
                }
            };
            bytes += reading.len();
            let exemplar = exemplars.as_ref().and_then(|all| all.get(&series.id));
            let exemplar = exemplar.filter(|exemplar| {
                let is_new = exemplar.time_ms > known.exemplar_ms && exemplar.time_ms <= time_ms;
                is_new && (known.sent.is_some() || snapshot.last)
            });
            known.exemplar_ms = exemplar.map_or(known.exemplar_ms, |exemplar| exemplar.time_ms);
            let mut add = |time_ms, reading, exemplar| {
                points.push(Point {
                    series: Arc::clone(&known.def),
                    time_ms,
                    reading,
                    exemplar,
                });
            };
            if let Some(birth_ms) = known.birth_ms.take().filter(|birth_ms| *birth_ms < time_ms) {
                add(birth_ms, Reading::Zero(zero_of(&series.value)), None);
            }
            let rested = known.resting.take_if(|_| changed);
            if known.sent_ms < self.push_ms
                && let Some(value) = rested
                && let Ok(Some(old)) = self::reading(&mut self.writer, &value)
            {
                add(self.push_ms, old, None);
            }
            add(
                time_ms,
                reading,
                exemplar.map(|exemplar| Box::new(*exemplar)),
            );
            known.sent = Some(series.version);
            known.sent_ms = time_ms;
        }
        self.room = (bytes + bytes / 8, points.len() + points.len() / 8);
        self.push_ms = time_ms;
        self.floor_ms = time_ms;
        self.record(points, time_ms, snapshot.last)
    }

    fn end(&mut self) -> Option<Record> {
        let time_ms = self.floor_ms + 1;
        self.floor_ms = time_ms;
        let mut sent: Vec<(&SeriesId, &Known)> = self
            .known
            .iter()
            .filter(|(_, known)| known.sent.is_some())
            .collect();
        sent.sort_unstable_by_key(|(id, _)| **id);
        let points = sent
            .into_iter()
            .map(|(_, known)| Point {
                series: Arc::clone(&known.def),
                time_ms,
                reading: Reading::Stale,
                exemplar: None,
            })
            .collect();
        self.record(points, time_ms, true)
    }

    fn record(&self, points: Vec<Point>, time_ms: i64, last: bool) -> Option<Record> {
        (!points.is_empty()).then(|| Record {
            seq: 0,
            time_ms,
            run: Arc::clone(&self.run),
            last,
            points,
        })
    }
}

/// The first push after `time_ms` on the beat that began at `from_ms`: a missed one is not made up.
fn next_multiple(time_ms: i64, from_ms: i64, interval_ms: i64) -> i64 {
    from_ms + ((time_ms - from_ms).max(0) / interval_ms + 1) * interval_ms
}

fn zero_of(value: &Value) -> Bytes {
    match value {
        Value::Trend(histogram) => empty_message(histogram),
        Value::Counter(_) | Value::Gauge(_) | Value::Rate { .. } => Bytes::new(),
    }
}

fn reading(writer: &mut Writer, value: &Value) -> Result<Option<Reading>, Invalid> {
    Ok(match value {
        Value::Counter(sum) => Some(Reading::Number(*sum)),
        Value::Gauge(gauge) => gauge.map(|gauge| Reading::Number(gauge.last)),
        Value::Rate { nonzero, total } => Some(Reading::Rate {
            nonzero: *nonzero,
            total: *total,
        }),
        Value::Trend(histogram) => Some(Reading::Histogram(writer.write(histogram)?)),
    })
}

#[cfg(test)]
mod tests;
