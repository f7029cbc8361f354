//! A disk that lies: bits that flip and ends that are missing, between two processes. What is read back is what was
//! written, in order, or it is counted as lost.

use std::{collections::HashMap, sync::atomic::Ordering::Relaxed};

use proptest::prelude::*;

use super::{Disk, balanced, open, record, send, series};
use crate::spool::{record::Record, store::Store};

#[derive(Debug, Clone)]
enum Fault {
    Flip { segment: usize, at: usize, bit: u8 },
    Cut { segment: usize, at: usize },
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => (any::<usize>(), any::<usize>(), 0..8_u8)
            .prop_map(|(segment, at, bit)| Fault::Flip { segment, at, bit }),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(segment, at)| Fault::Cut { segment, at }),
    ]
}

fn inflict(disk: &Disk, fault: &Fault) {
    let mut store = disk.inner.lock().unwrap();
    let mut segments = store.segments().unwrap();
    segments.sort_unstable();
    let (Fault::Flip { segment, at, .. } | Fault::Cut { segment, at }) = fault;
    let Some(id) = segments.get(segment % segments.len().max(1)).copied() else {
        return;
    };
    let mut bytes = store.read(id, 0, u64::MAX).unwrap();
    if bytes.is_empty() {
        return;
    }
    let at = at % bytes.len();
    match fault {
        Fault::Flip { bit, .. } => bytes[at] ^= 1 << bit,
        Fault::Cut { .. } => bytes.truncate(at),
    }
    store.replace(id, &bytes).unwrap();
}

fn told(record: &Record) -> Vec<(String, i64, String)> {
    let points = record.points.iter();
    points
        .map(|point| {
            (
                point.series.metric.clone(),
                point.time_ms,
                format!("{:?}", point.reading),
            )
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn nothing_is_made_up_whatever_the_disk_gives_back(
        count in 1..60_i64,
        acked in 0..20_usize,
        faults in prop::collection::vec(fault(), 0..6),
        more in 0..10_i64,
    ) {
        let disk = Disk::default();
        let known = series();
        let mut written = HashMap::new();
        let (mut log, counters) = open(&disk, 1 << 20);
        for number in 0..count {
            let next = record(1_000 + number * 10, number == 0, false, &known);
            written.insert(next.time_ms, told(&next));
            log.append(next);
        }
        for _ in 0..acked {
            send(&mut log, &counters);
        }
        balanced(&log, &counters);
        drop(log);
        for fault in &faults {
            inflict(&disk, fault);
        }
        let (mut log, counters) = open(&disk, 1 << 20);
        let newest = log.newest_ms();
        for number in 0..more {
            let next = record(newest.max(5_000) + 10 + number * 10, false, false, &known);
            written.insert(next.time_ms, told(&next));
            log.append(next);
            balanced(&log, &counters);
        }
        let mut before = 0;
        let mut lost_points = 0;
        while let Some(read) = send(&mut log, &counters) {
            balanced(&log, &counters);
            prop_assert!(read.time_ms > before, "in order");
            before = read.time_ms;
            let all = &written[&read.time_ms];
            let now = told(&read);
            // A damaged definition costs the points of its series.
            lost_points += all.len() - now.len();
            prop_assert!(now.iter().all(|point| all.contains(point)), "{:?} of {:?}", now, all);
        }
        balanced(&log, &counters);
        prop_assert_eq!(log.pending_samples(), 0);
        let noticed = counters.spool_damaged.load(Relaxed) + counters.spool_truncations.load(Relaxed);
        prop_assert!(lost_points == 0 || noticed > 0, "what is lost is noticed");
    }
}
