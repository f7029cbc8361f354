//! The log beside a naive twin, over a disk that refuses by script.

mod damage;

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use loadd_metrics::{Contains, Exemplar, Family, Kind};
use proptest::prelude::*;

use super::{
    Limits, Log,
    frame::{Piece, piece_at, write_frame},
    record::{Dictionary, Payload, Point, Reading, Record, Run, SeriesDef},
    store::{MemoryStore, Store},
};
use crate::counters::PipelineCounters;

/// A disk that outlives its log, and can be told to refuse: half of what is written then stays behind as a torn end.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    inner: Arc<Mutex<MemoryStore>>,
    pub(crate) full: Arc<AtomicBool>,
}

impl Disk {
    fn refuse(&self) -> io::Result<()> {
        if self.full.load(Relaxed) {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        } else {
            Ok(())
        }
    }
}

impl Store for Disk {
    fn segments(&self) -> io::Result<Vec<u64>> {
        self.inner.lock().unwrap().segments()
    }
    fn append(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.refuse() {
            self.inner
                .lock()
                .unwrap()
                .append(segment, &bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        self.inner.lock().unwrap().append(segment, bytes)
    }
    fn read(&self, segment: u64, from: u64, to: u64) -> io::Result<Vec<u8>> {
        self.inner.lock().unwrap().read(segment, from, to)
    }
    fn truncate(&mut self, segment: u64, length: u64) -> io::Result<()> {
        self.refuse()?;
        self.inner.lock().unwrap().truncate(segment, length)
    }
    fn replace(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()> {
        self.refuse()?;
        self.inner.lock().unwrap().replace(segment, bytes)
    }
    fn remove(&mut self, segment: u64) -> io::Result<()> {
        self.inner.lock().unwrap().remove(segment)
    }
    fn save(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.refuse()?;
        self.inner.lock().unwrap().save(name, bytes)
    }
    fn load(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.inner.lock().unwrap().load(name)
    }
}

fn open(disk: &Disk, max_bytes: u64) -> (Log, Arc<PipelineCounters>) {
    let counters = Arc::new(PipelineCounters::default());
    let limits = Limits {
        max_bytes,
        segment_bytes: 2_000,
        queue_bytes: 4_000,
    };
    (
        Log::open(
            Box::new(disk.clone()),
            limits,
            "test",
            Arc::clone(&counters),
        )
        .unwrap(),
        counters,
    )
}

fn series() -> (Arc<Run>, Vec<Arc<SeriesDef>>) {
    let run = Arc::new(Run {
        start_ms: 1,
        since_ms: 1,
        labels: vec![("testid".to_owned(), "t".to_owned())],
    });
    let def = |number: usize| SeriesDef {
        run: Arc::clone(&run),
        metric: format!("m{number}"),
        kind: Kind::Counter,
        contains: Contains::Default,
        family: Family::K6,
        tags: Vec::new(),
        help: String::new(),
    };
    let all = (0..3).map(|number| Arc::new(def(number))).collect();
    (run, all)
}

/// Values have one, births and ends do not: both ways through every log.
fn exemplar(time_ms: i64) -> Exemplar {
    Exemplar {
        trace_id: u128::MAX - 7,
        span_id: 7,
        value: 0.125,
        time_ms,
    }
}

fn record(
    time_ms: i64,
    first: bool,
    last: bool,
    (run, series): &(Arc<Run>, Vec<Arc<SeriesDef>>),
) -> Record {
    let mut points = Vec::new();
    for one in series {
        if first {
            points.push(Point {
                series: Arc::clone(one),
                time_ms: time_ms - 1,
                reading: Reading::Zero(Bytes::new()),
                exemplar: None,
            });
        }
        let reading = if last {
            Reading::Stale
        } else {
            Reading::Number(1.0)
        };
        points.push(Point {
            series: Arc::clone(one),
            time_ms,
            reading,
            exemplar: (!last).then(|| Box::new(exemplar(time_ms))),
        });
    }
    Record {
        seq: 0,
        time_ms,
        run: Arc::clone(run),
        last,
        points,
    }
}

fn balanced(log: &Log, counters: &PipelineCounters) {
    let gone = counters.sent.load(Relaxed) + counters.failed() + counters.dropped();
    assert_eq!(
        counters.recorded.load(Relaxed),
        gone + log.pending_samples(),
        "recorded = sent + failed + dropped + pending"
    );
}

fn send(log: &mut Log, counters: &PipelineCounters) -> Option<Record> {
    let record = log.next()?;
    counters.sent.fetch_add(record.samples(), Relaxed);
    log.ack(record.seq);
    Some(Arc::unwrap_or_clone(record))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn records_come_out_as_they_went_in_whatever_the_disk_does(steps in prop::collection::vec(0..5_u8, 1..120)) {
        let disk = Disk::default();
        let known = series();
        let (mut log, mut counters) = open(&disk, 1 << 20);
        let mut twin: VecDeque<i64> = VecDeque::new();
        let mut time = 1_000;
        for step in steps {
            match step {
                0 | 1 => {
                    time += 10;
                    log.append(record(time, twin.is_empty(), false, &known));
                    twin.push_back(time);
                }
                2 => {
                    let sent = send(&mut log, &counters).map(|record| record.time_ms);
                    if counters.dropped() == 0 {
                        prop_assert_eq!(sent, twin.pop_front());
                    } else {
                        twin.retain(|time| sent.is_some_and(|sent| *time > sent));
                    }
                }
                3 => disk.full.store(!disk.full.load(Relaxed), Relaxed),
                _ => {
                    // A kill. What waits in memory because the disk is full is lost; what is on disk is not.
                    if !disk.full.load(Relaxed) && counters.spool_write_errors.load(Relaxed) == 0 {
                        drop(log);
                        (log, counters) = open(&disk, 1 << 20);
                        prop_assert_eq!(counters.spool_damaged.load(Relaxed), 0);
                    }
                }
            }
            balanced(&log, &counters);
        }
        disk.full.store(false, Relaxed);
        let mut before = 0;
        while let Some(record) = send(&mut log, &counters) {
            prop_assert!(record.time_ms > before, "in order");
            before = record.time_ms;
        }
        balanced(&log, &counters);
        prop_assert_eq!(log.pending_samples(), 0);
    }
}

#[test]
fn a_full_log_thins_its_oldest_part_and_keeps_births_and_the_end() {
    let disk = Disk::default();
    let known = series();
    let (mut log, counters) = open(&disk, 10_000);
    for number in 0..400 {
        log.append(record(
            1_000 + number * 10,
            number == 0,
            number == 399,
            &known,
        ));
        balanced(&log, &counters);
        assert!(log.bytes() <= 10_000);
    }
    assert!(counters.dropped_spool_full.load(Relaxed) > 0);
    let mut out = Vec::new();
    while let Some(record) = send(&mut log, &counters) {
        out.push(record);
    }
    balanced(&log, &counters);
    let of = |wanted: fn(&Reading) -> bool| {
        out.iter()
            .flat_map(|record| &record.points)
            .filter(|point| wanted(&point.reading))
            .count()
    };
    assert_eq!(of(|reading| matches!(reading, Reading::Zero(_))), 3);
    assert_eq!(of(|reading| matches!(reading, Reading::Stale)), 3);
    let newest: Vec<i64> = out
        .iter()
        .rev()
        .take(5)
        .map(|record| record.time_ms)
        .collect();
    assert_eq!(
        newest,
        [4_990, 4_980, 4_970, 4_960, 4_950],
        "the newest keep their full resolution"
    );
    let of_one: Vec<i64> = out
        .iter()
        .flat_map(|record| &record.points)
        .filter(|point| point.series.metric == "m1")
        .map(|point| point.time_ms)
        .collect();
    assert!(
        of_one.windows(2).all(|pair| pair[0] < pair[1]),
        "each series in order"
    );
}

#[test]
fn a_birth_that_moves_to_a_record_of_another_segment_stays_before_its_series() {
    let disk = Disk::default();
    let known = series();
    let (mut log, counters) = open(&disk, 10_000);
    for number in 0..400 {
        // Births again and again: wherever segments meet, one of them moves over the seam.
        let first = number % 3 == 0;
        log.append(record(1_000 + number * 10, first, number == 399, &known));
        balanced(&log, &counters);
    }
    let mut newest = std::collections::HashMap::new();
    while let Some(record) = send(&mut log, &counters) {
        for point in &record.points {
            let before = newest.insert(point.series.metric.clone(), point.time_ms);
            assert!(before < Some(point.time_ms), "{before:?} before {point:?}");
        }
    }
}

#[test]
fn what_was_done_is_not_sent_again_after_a_restart_and_nothing_older_may_follow() {
    let disk = Disk::default();
    let known = series();
    let (mut log, counters) = open(&disk, 1 << 20);
    for time in [10, 20, 30] {
        log.append(record(time, false, false, &known));
    }
    assert_eq!(send(&mut log, &counters).unwrap().time_ms, 10);
    drop(log);
    let (mut log, counters) = open(&disk, 1 << 20);
    assert_eq!(log.newest_ms(), 30);
    assert_eq!(counters.recorded.load(Relaxed), 6);
    assert_eq!(send(&mut log, &counters).unwrap().time_ms, 20);
    assert_eq!(send(&mut log, &counters).unwrap().points.len(), 3);
    assert!(send(&mut log, &counters).is_none());
}

#[test]
fn a_torn_tail_is_cut_and_a_damaged_record_skipped_and_both_are_counted() {
    let disk = Disk::default();
    let known = series();
    let (mut log, _) = open(&disk, 1 << 20);
    for time in [10, 20, 30] {
        log.append(record(time, false, false, &known));
    }
    drop(log);
    let bytes = disk.inner.lock().unwrap().read(1, 0, u64::MAX).unwrap();
    let mut starts = vec![0];
    while let Piece::Frame { next, .. } = piece_at(&bytes, *starts.last().unwrap()) {
        starts.push(next);
    }
    let mut damaged = bytes.clone();
    damaged[starts[starts.len() - 3] + 20] ^= 1;
    damaged.extend_from_slice(b"LDF1 half a fra");
    disk.inner.lock().unwrap().replace(1, &damaged).unwrap();
    let (mut log, counters) = open(&disk, 1 << 20);
    assert_eq!(
        (
            counters.spool_damaged.load(Relaxed),
            counters.spool_truncations.load(Relaxed)
        ),
        (1, 1)
    );
    let times: Vec<i64> = std::iter::from_fn(|| send(&mut log, &counters))
        .map(|record| record.time_ms)
        .collect();
    assert_eq!(times, [10, 30]);
}

#[test]
fn the_reader_survives_any_bytes() {
    bolero::check!()
        .with_iterations(2_000)
        .for_each(|bytes: &[u8]| {
            let mut framed = Vec::new();
            for payload in bytes.chunks(40) {
                write_frame(&mut framed, |out| out.extend_from_slice(payload));
            }
            for input in [bytes, &framed] {
                let mut store = MemoryStore::default();
                store.append(1, input).unwrap();
                let Ok(mut log) =
                    Log::open(Box::new(store), Limits::of(1 << 20), "fuzz", Arc::default())
                else {
                    return;
                };
                for _ in 0..100 {
                    let Some(record) = log.next() else { break };
                    log.ack(record.seq);
                }
            }
            let mut dictionary = Dictionary::default();
            if let Payload::Record(head, body) = dictionary.read(bytes) {
                let _ = dictionary.decode(head, body);
            }
        });
}
