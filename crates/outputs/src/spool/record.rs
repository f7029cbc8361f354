//! A record: one push, in no receiver's language. It carries its own time, the run it belongs to and every series that
//! this push sends, so that it can be sent hours later, after a restart, or to another kind of receiver.
//!
//! Layout of a payload: kind byte, then for `1` (run): number, start, labels, since; for `2` (series): number, run, metric,
//! kind, contents, family, tags, help; for `3` (record): sequence, time, points, last, run, then (series number, age of the point
//! in ms, the exemplar where there is one, reading) to the end. Numbers are given anew in each segment. A histogram reading is the protobuf `Histogram`
//! message without time stamp, which both versions of remote write share.

use std::sync::Arc;

use bytes::Bytes;
use hashbrown::HashMap;
use loadd_metrics::{Contains, Exemplar, Family, Kind, naming::WireMetric};

use super::wire::{Take, put_bytes, put_f64, put_i64, put_pairs, put_u64};

/// The run that a record belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    /// Resolved start, Unix milliseconds.
    pub(crate) start_ms: i64,
    /// Since when its counts have been going on from 0, Unix milliseconds.
    pub(crate) since_ms: i64,
    /// Labels on every series: `instance`, `testid`, `job` and the configured ones.
    pub(crate) labels: Vec<(String, String)>,
}

/// What a series is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SeriesDef {
    pub(crate) run: Arc<Run>,
    pub(crate) metric: String,
    pub(crate) kind: Kind,
    pub(crate) contains: Contains,
    pub(crate) family: Family,
    pub(crate) tags: Vec<(String, String)>,
    /// Help of the metric; empty where there is none.
    pub(crate) help: String,
}

impl SeriesDef {
    /// What its name on the wire depends on.
    pub(crate) fn wire(&self) -> WireMetric<'_> {
        WireMetric {
            name: &self.metric,
            kind: self.kind,
            contains: self.contains,
            family: self.family,
        }
    }

    pub(crate) fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// One value of a series at one instant.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    pub(crate) series: Arc<SeriesDef>,
    pub(crate) time_ms: i64,
    pub(crate) reading: Reading,
    /// A slow request behind a histogram, where traces are on; few points have one.
    pub(crate) exemplar: Option<Box<Exemplar>>,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    /// A series is born: 0, or an empty histogram (the message, for its schema and threshold).
    Zero(Bytes),
    /// Counter or gauge.
    Number(f64),
    /// Non-zero samples of all samples.
    Rate { nonzero: u64, total: u64 },
    /// The protobuf message without time stamp.
    Histogram(Bytes),
    /// The series has ended.
    Stale,
}

impl Reading {
    /// Bytes of its message, where it has one.
    pub(crate) fn len(&self) -> usize {
        match self {
            Reading::Zero(message) | Reading::Histogram(message) => message.len(),
            Reading::Number(_) | Reading::Rate { .. } | Reading::Stale => 0,
        }
    }

    /// Whether it must outlive a thinned record: births and ends are said only once.
    pub(crate) fn is_said_once(&self) -> bool {
        matches!(self, Reading::Zero(_) | Reading::Stale)
    }
}

impl Point {
    /// Samples on the wire. A Rate is three series there, its ratio only once there is one.
    pub(crate) fn samples(&self) -> u64 {
        match (self.series.kind, &self.reading) {
            (Kind::Rate, Reading::Zero(_) | Reading::Rate { total: 0, .. }) => 2,
            (Kind::Rate, _) => 3,
            (Kind::Counter | Kind::Gauge | Kind::Trend, _) => 1,
        }
    }
}

/// One push. Points of one series stand together, oldest first.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// Position in the log, from 1.
    pub(crate) seq: u64,
    /// The push's own time.
    pub(crate) time_ms: i64,
    pub(crate) run: Arc<Run>,
    /// The last values of a run, or its staleness markers: never thinned away.
    pub(crate) last: bool,
    pub(crate) points: Vec<Point>,
}

impl Record {
    pub(crate) fn samples(&self) -> u64 {
        self.points.iter().map(Point::samples).sum()
    }

    /// What the log keeps of it.
    pub(crate) fn head(&self) -> Head {
        Head {
            seq: self.seq,
            time_ms: self.time_ms,
            newest_ms: self.newest_ms(),
            samples: self.samples(),
            last: self.last,
        }
    }

    /// About as many bytes as its own frame takes; exact enough for a bound in memory.
    pub(crate) fn size(&self) -> u64 {
        let points = self.points.iter();
        64 + points
            .map(|point| point.reading.len() as u64 + 16)
            .sum::<u64>()
    }

    /// The newest time in it.
    pub(crate) fn newest_ms(&self) -> i64 {
        self.points
            .iter()
            .map(|point| point.time_ms)
            .fold(self.time_ms, i64::max)
    }
}

/// What the log knows of a record without decoding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) time_ms: i64,
    pub(crate) newest_ms: i64,
    pub(crate) samples: u64,
    pub(crate) last: bool,
}

/// The numbers given so far in the segment being written.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    runs: HashMap<Arc<Run>, u64>,
    /// By address; the `Arc` beside it keeps the address taken.
    series: HashMap<usize, (u64, Arc<SeriesDef>)>,
}

impl Numbers {
    fn run(&mut self, run: &Arc<Run>, out: &mut Vec<u8>) -> u64 {
        if let Some(number) = self.runs.get(run) {
            return *number;
        }
        let number = self.runs.len() as u64;
        self.runs.insert(Arc::clone(run), number);
        super::frame::write_frame(out, |out| {
            out.push(1);
            put_u64(out, number);
            put_i64(out, run.start_ms);
            put_pairs(out, &run.labels);
            put_i64(out, run.since_ms);
        });
        number
    }

    fn series(&mut self, series: &Arc<SeriesDef>, out: &mut Vec<u8>) -> u64 {
        let address = Arc::as_ptr(series).addr();
        if let Some((number, _)) = self.series.get(&address) {
            return *number;
        }
        let run = self.run(&series.run, out);
        let number = self.series.len() as u64;
        self.series.insert(address, (number, Arc::clone(series)));
        super::frame::write_frame(out, |out| {
            out.push(2);
            put_u64(out, number);
            put_u64(out, run);
            put_bytes(out, series.metric.as_bytes());
            out.push(kind_byte(series.kind));
            out.push(contains_byte(series.contains));
            out.push(u8::from(series.family == Family::Own));
            put_pairs(out, &series.tags);
            put_bytes(out, series.help.as_bytes());
        });
        number
    }
}

/// The frames of a record: first what is new to this segment, then the record itself.
pub(crate) fn encode(record: &Record, numbers: &mut Numbers, out: &mut Vec<u8>) {
    let run = numbers.run(&record.run, out);
    let ids: Vec<u64> = record
        .points
        .iter()
        .map(|point| numbers.series(&point.series, out))
        .collect();
    super::frame::write_frame(out, |out| {
        out.push(3);
        put_u64(out, record.seq);
        put_i64(out, record.time_ms);
        put_i64(out, record.newest_ms());
        put_u64(out, record.samples());
        out.push(u8::from(record.last));
        put_u64(out, run);
        for (point, id) in record.points.iter().zip(ids) {
            put_u64(out, id);
            put_i64(out, record.time_ms.wrapping_sub(point.time_ms));
            if let Some(exemplar) = &point.exemplar {
                put_exemplar(out, exemplar);
            }
            put_reading(out, &point.reading);
        }
    });
}

/// Stands before a reading where a reading's own first byte would.
const EXEMPLAR: u8 = 5;

fn put_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    out.push(EXEMPLAR);
    out.extend_from_slice(&exemplar.trace_id.to_be_bytes());
    out.extend_from_slice(&exemplar.span_id.to_be_bytes());
    put_f64(out, exemplar.value);
    put_i64(out, exemplar.time_ms);
}

fn take_exemplar(take: &mut Take<'_>) -> Option<Exemplar> {
    take.u8()?;
    Some(Exemplar {
        trace_id: u128::from_be_bytes(take.array()?),
        span_id: u64::from_be_bytes(take.array()?),
        value: take.f64()?,
        time_ms: take.i64()?,
    })
}

fn put_reading(out: &mut Vec<u8>, reading: &Reading) {
    match reading {
        Reading::Zero(message) => {
            out.push(0);
            put_bytes(out, message);
        }
        Reading::Number(value) => {
            out.push(1);
            put_f64(out, *value);
        }
        Reading::Rate { nonzero, total } => {
            out.push(2);
            put_u64(out, *nonzero);
            put_u64(out, *total);
        }
        Reading::Histogram(message) => {
            out.push(3);
            put_bytes(out, message);
        }
        Reading::Stale => out.push(4),
    }
}

/// What a segment has said so far, as a reader goes through it.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    runs: HashMap<u64, Arc<Run>>,
    series: HashMap<u64, Arc<SeriesDef>>,
}

/// A payload, understood.
#[derive(Debug)]
pub(crate) enum Payload<'a> {
    /// Something the dictionary now knows.
    Definition,
    /// A record, not yet decoded.
    Record(Head, Body<'a>),
    /// Sound bytes that make no sense.
    Nonsense,
}

/// A record's bytes behind its head.
#[derive(Debug)]
pub(crate) struct Body<'a>(Take<'a>);

impl Dictionary {
    /// Takes a payload in.
    pub(crate) fn read<'a>(&mut self, payload: &'a [u8]) -> Payload<'a> {
        let mut take = Take(payload);
        match take.u8() {
            Some(1) => definition(self.run_from(&mut take)),
            Some(2) => definition(self.series_from(&mut take)),
            Some(3) => {
                head(&mut take).map_or(Payload::Nonsense, |head| Payload::Record(head, Body(take)))
            }
            Some(_) | None => Payload::Nonsense,
        }
    }

    fn run_from(&mut self, take: &mut Take<'_>) -> Option<()> {
        let number = take.u64()?;
        let start_ms = take.i64()?;
        let run = Run {
            start_ms,
            labels: take.pairs()?,
            // An older release did not write it.
            since_ms: take.i64().unwrap_or(start_ms),
        };
        self.runs.insert(number, Arc::new(run));
        Some(())
    }

    fn series_from(&mut self, take: &mut Take<'_>) -> Option<()> {
        let number = take.u64()?;
        let run = Arc::clone(self.runs.get(&take.u64()?)?);
        let metric = take.text()?;
        let kind = kind_from(take.u8()?)?;
        let contains = contains_from(take.u8()?)?;
        let family = if take.u8()? == 0 {
            Family::K6
        } else {
            Family::Own
        };
        let tags = take.pairs()?;
        let help = take.text().unwrap_or_default();
        self.series.insert(
            number,
            Arc::new(SeriesDef {
                run,
                metric,
                kind,
                contains,
                family,
                tags,
                help,
            }),
        );
        Some(())
    }

    /// The whole record, less the points whose definition was damaged.
    pub(crate) fn decode(&self, head: Head, body: Body<'_>) -> Option<Record> {
        let mut take = body.0;
        let run = Arc::clone(self.runs.get(&take.u64()?)?);
        let mut points = Vec::new();
        while !take.is_empty() {
            let number = take.u64()?;
            let age = take.i64()?;
            let exemplar = match take.peek() {
                Some(EXEMPLAR) => Some(Box::new(take_exemplar(&mut take)?)),
                Some(_) | None => None,
            };
            let reading = take_reading(&mut take)?;
            if let Some(series) = self.series.get(&number) {
                points.push(Point {
                    series: Arc::clone(series),
                    time_ms: head.time_ms.wrapping_sub(age),
                    reading,
                    exemplar,
                });
            }
        }
        Some(Record {
            seq: head.seq,
            time_ms: head.time_ms,
            run,
            last: head.last,
            points,
        })
    }
}

fn definition(understood: Option<()>) -> Payload<'static> {
    understood.map_or(Payload::Nonsense, |()| Payload::Definition)
}

fn head(take: &mut Take<'_>) -> Option<Head> {
    Some(Head {
        seq: take.u64()?,
        time_ms: take.i64()?,
        newest_ms: take.i64()?,
        samples: take.u64()?,
        last: take.u8()? != 0,
    })
}

fn take_reading(take: &mut Take<'_>) -> Option<Reading> {
    Some(match take.u8()? {
        0 => Reading::Zero(Bytes::copy_from_slice(take.bytes()?)),
        1 => Reading::Number(take.f64()?),
        2 => Reading::Rate {
            nonzero: take.u64()?,
            total: take.u64()?,
        },
        3 => Reading::Histogram(Bytes::copy_from_slice(take.bytes()?)),
        4 => Reading::Stale,
        _ => return None,
    })
}

/// A kind's byte in files.
pub(crate) fn kind_byte(kind: Kind) -> u8 {
    match kind {
        Kind::Counter => 0,
        Kind::Gauge => 1,
        Kind::Rate => 2,
        Kind::Trend => 3,
    }
}

/// The kind of a byte.
pub(crate) fn kind_from(byte: u8) -> Option<Kind> {
    [Kind::Counter, Kind::Gauge, Kind::Rate, Kind::Trend]
        .get(usize::from(byte))
        .copied()
}

/// Contents' byte in files.
pub(crate) fn contains_byte(contains: Contains) -> u8 {
    match contains {
        Contains::Default => 0,
        Contains::Time => 1,
        Contains::Data => 2,
    }
}

/// The contents of a byte.
pub(crate) fn contains_from(byte: u8) -> Option<Contains> {
    [Contains::Default, Contains::Time, Contains::Data]
        .get(usize::from(byte))
        .copied()
}
