//! The checkpoint's file: one frame per tick, each with the run's state and the series that changed since the tick before,
//! whole. Reading folds them: later ones win, a torn tail is the tick before, damage costs only what is not said again.

use std::{collections::BTreeMap, time::Duration};

use hashbrown::HashMap;
use loadd_metrics::{SavedAmounts, SavedHistogram, SavedSeries, SavedValue};

use crate::spool::{
    frame::{Piece, piece_at, write_frame},
    record::{contains_byte, contains_from, kind_byte, kind_from},
    wire::{Take, put_bytes, put_f64, put_i64, put_pairs, put_u64},
};

/// Which run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunKey {
    /// Test id.
    pub test_id: String,
    /// Instance.
    pub instance: String,
    /// Resolved start, Unix milliseconds.
    pub start_ms: i64,
    /// Fingerprint of the plan.
    pub fingerprint: u64,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Running, or crashed.
    Running,
    /// Ended.
    Finished(Ending),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With its plan.
    Completed,
    /// By `stop` or SIGTERM.
    Stopped,
    /// By a threshold or an error.
    Aborted {
        /// The exit code.
        code: u8,
    },
}

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Which run.
    pub run: RunKey,
    /// How far it is.
    pub state: RunState,
    /// Time of the snapshot in it, Unix milliseconds.
    pub time_ms: i64,
    /// Test duration until then.
    pub elapsed: Duration,
    /// Cumulative values of all series that have samples.
    pub counts: Vec<SavedSeries>,
    /// The engine's own numbers, unread here.
    pub keep: BTreeMap<String, u64>,
}

impl Checkpoint {
    /// Whether the run has ended.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.state != RunState::Running
    }
}

/// Appends a tick's frame. `checkpoint.counts` is ignored: `changed` is what is written.
pub(crate) fn write_tick(
    out: &mut Vec<u8>,
    checkpoint: &Checkpoint,
    changed: impl Iterator<Item = SavedSeries>,
) {
    write_frame(out, |out| {
        out.push(1);
        put_bytes(out, checkpoint.run.test_id.as_bytes());
        put_bytes(out, checkpoint.run.instance.as_bytes());
        put_i64(out, checkpoint.run.start_ms);
        put_u64(out, checkpoint.run.fingerprint);
        let (state, code) = match checkpoint.state {
            RunState::Running => (0, 0),
            RunState::Finished(Ending::Completed) => (1, 0),
            RunState::Finished(Ending::Stopped) => (2, 0),
            RunState::Finished(Ending::Aborted { code }) => (3, code),
        };
        out.extend_from_slice(&[state, code]);
        put_i64(out, checkpoint.time_ms);
        put_u64(
            out,
            u64::try_from(checkpoint.elapsed.as_nanos()).unwrap_or(u64::MAX),
        );
        put_u64(out, checkpoint.keep.len() as u64);
        for (name, value) in &checkpoint.keep {
            put_bytes(out, name.as_bytes());
            put_u64(out, *value);
        }
        for series in changed {
            put_series(out, &series);
        }
    });
}

/// Folds all ticks of a file; `None` where not one is sound.
pub(crate) fn read(bytes: &[u8]) -> Option<Checkpoint> {
    let mut newest = None;
    let mut counts: HashMap<(String, Vec<(String, String)>), usize> = HashMap::new();
    let mut series: Vec<SavedSeries> = Vec::new();
    let mut at = 0;
    loop {
        match piece_at(bytes, at) {
            Piece::Frame { payload, next } => {
                at = next;
                let Some((head, changed)) = read_tick(payload) else {
                    continue;
                };
                for one in changed {
                    let key = (one.metric.clone(), one.tags.clone());
                    match counts.get(&key) {
                        Some(index) => series[*index] = one,
                        None => {
                            counts.insert(key, series.len());
                            series.push(one);
                        }
                    }
                }
                newest = Some(head);
            }
            Piece::Damaged { next } => at = next,
            Piece::Torn | Piece::End => break,
        }
    }
    newest.map(|head| Checkpoint {
        counts: series,
        ..head
    })
}

fn read_tick(payload: &[u8]) -> Option<(Checkpoint, Vec<SavedSeries>)> {
    let mut take = Take(payload);
    if take.u8()? != 1 {
        return None;
    }
    let run = RunKey {
        test_id: take.text()?,
        instance: take.text()?,
        start_ms: take.i64()?,
        fingerprint: take.u64()?,
    };
    let state = match (take.u8()?, take.u8()?) {
        (0, _) => RunState::Running,
        (1, _) => RunState::Finished(Ending::Completed),
        (2, _) => RunState::Finished(Ending::Stopped),
        (3, code) => RunState::Finished(Ending::Aborted { code }),
        (_, _) => return None,
    };
    let time_ms = take.i64()?;
    let elapsed = Duration::from_nanos(take.u64()?);
    let mut keep = BTreeMap::new();
    for _ in 0..take.count()? {
        keep.insert(take.text()?, take.u64()?);
    }
    let mut changed = Vec::new();
    while !take.is_empty() {
        changed.push(take_series(&mut take)?);
    }
    Some((
        Checkpoint {
            run,
            state,
            time_ms,
            elapsed,
            counts: Vec::new(),
            keep,
        },
        changed,
    ))
}

fn put_series(out: &mut Vec<u8>, series: &SavedSeries) {
    put_bytes(out, series.metric.as_bytes());
    out.push(kind_byte(series.kind));
    out.push(contains_byte(series.contains));
    put_pairs(out, &series.tags);
    match &series.value {
        SavedValue::Counter(sum) => {
            out.push(0);
            put_f64(out, *sum);
        }
        SavedValue::Gauge { last, min, max } => {
            out.push(1);
            for value in [last, min, max] {
                put_f64(out, *value);
            }
        }
        SavedValue::Rate { nonzero, total } => {
            out.push(2);
            put_u64(out, *nonzero);
            put_u64(out, *total);
        }
        SavedValue::Trend(histogram) => {
            out.push(3);
            put_histogram(out, histogram);
        }
    }
}

fn put_histogram(out: &mut Vec<u8>, histogram: &SavedHistogram) {
    put_i64(out, i64::from(histogram.schema));
    put_f64(out, histogram.zero_threshold);
    put_u64(out, histogram.zero_count);
    for side in [&histogram.positive, &histogram.negative] {
        put_u64(out, side.len() as u64);
        let mut before = 0;
        for (index, count) in side {
            put_i64(out, i64::from(*index) - before);
            put_u64(out, *count);
            before = i64::from(*index);
        }
    }
    match histogram.amounts {
        SavedAmounts::Nanos { sum, min, max } => {
            out.push(0);
            out.extend_from_slice(&sum.to_le_bytes());
            put_i64(out, min);
            put_i64(out, max);
        }
        SavedAmounts::Plain { sum, min, max } => {
            out.push(1);
            for value in [sum, min, max] {
                put_f64(out, value);
            }
        }
    }
}

fn take_series(take: &mut Take<'_>) -> Option<SavedSeries> {
    let metric = take.text()?;
    let kind = kind_from(take.u8()?)?;
    let contains = contains_from(take.u8()?)?;
    let tags = take.pairs()?;
    let value = match take.u8()? {
        0 => SavedValue::Counter(take.f64()?),
        1 => SavedValue::Gauge {
            last: take.f64()?,
            min: take.f64()?,
            max: take.f64()?,
        },
        2 => SavedValue::Rate {
            nonzero: take.u64()?,
            total: take.u64()?,
        },
        3 => SavedValue::Trend(take_histogram(take)?),
        _ => return None,
    };
    Some(SavedSeries {
        metric,
        kind,
        contains,
        tags,
        value,
    })
}

fn take_histogram(take: &mut Take<'_>) -> Option<SavedHistogram> {
    let schema = i8::try_from(take.i64()?).ok()?;
    let zero_threshold = take.f64()?;
    let zero_count = take.u64()?;
    let positive = take_side(take)?;
    let negative = take_side(take)?;
    let amounts = match take.u8()? {
        0 => {
            let (sum, rest) = take.0.split_first_chunk::<16>()?;
            take.0 = rest;
            SavedAmounts::Nanos {
                sum: i128::from_le_bytes(*sum),
                min: take.i64()?,
                max: take.i64()?,
            }
        }
        1 => SavedAmounts::Plain {
            sum: take.f64()?,
            min: take.f64()?,
            max: take.f64()?,
        },
        _ => return None,
    };
    Some(SavedHistogram {
        schema,
        zero_threshold,
        zero_count,
        positive,
        negative,
        amounts,
    })
}

fn take_side(take: &mut Take<'_>) -> Option<Vec<(i32, u64)>> {
    let mut before = 0_i64;
    (0..take.count()?)
        .map(|_| {
            before = before.checked_add(take.i64()?)?;
            Some((i32::try_from(before).ok()?, take.u64()?))
        })
        .collect()
}
