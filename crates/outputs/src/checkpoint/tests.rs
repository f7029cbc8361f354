//! The checkpoint through its door: what is written is read back, torn or not, and decides what a start does.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use loadd_metrics::{
    Contains, Kind, MetricsSettings, Recorder, Registry, SavedSeries, SavedValue, Shelf, Snapshot,
    TagSetId, Totals,
};
use proptest::prelude::*;
use tokio::sync::watch;

use super::*;
use crate::counters::PipelineCounters;

fn key() -> RunKey {
    RunKey {
        test_id: "t/1".to_owned(),
        instance: "w 1".to_owned(),
        start_ms: 5_000,
        fingerprint: 42,
    }
}

fn head(state: RunState) -> Checkpoint {
    Checkpoint {
        run: key(),
        state,
        time_ms: 6_000,
        elapsed: Duration::from_millis(1_500),
        counts: Vec::new(),
        keep: BTreeMap::from([("due".to_owned(), 7)]),
    }
}

fn counter(metric: &str, value: f64) -> SavedSeries {
    SavedSeries {
        metric: metric.to_owned(),
        kind: Kind::Counter,
        contains: Contains::Default,
        tags: vec![("a".to_owned(), "b".to_owned())],
        value: SavedValue::Counter(value),
    }
}

#[test]
fn a_tick_that_was_torn_by_a_kill_is_the_tick_before() {
    let mut bytes = Vec::new();
    write_tick(
        &mut bytes,
        &head(RunState::Running),
        [counter("x", 1.0), counter("y", 2.0)].into_iter(),
    );
    let first = bytes.len();
    write_tick(
        &mut bytes,
        &head(RunState::Running),
        [counter("x", 5.0)].into_iter(),
    );
    for end in first..bytes.len() {
        let counts = read(&bytes[..end]).unwrap().counts;
        assert_eq!(
            counts,
            [counter("x", 1.0), counter("y", 2.0)],
            "cut at {end}"
        );
    }
    assert_eq!(
        read(&bytes).unwrap().counts,
        [counter("x", 5.0), counter("y", 2.0)]
    );
    assert_eq!(read(&[]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn a_disk_that_lies_gives_back_what_was_written_once_or_nothing(
        ticks in 1..20_u32,
        flips in prop::collection::vec((any::<usize>(), 0..8_u8), 0..4),
        cut in any::<Option<usize>>(),
    ) {
        let mut bytes = Vec::new();
        for tick in 1..=ticks {
            let x = counter("x", f64::from(tick));
            let y = counter("y", f64::from(tick) * 100.0);
            let changed = if tick % 2 == 0 { vec![x] } else { vec![x, y] };
            write_tick(&mut bytes, &head(RunState::Running), changed.into_iter());
        }
        let whole = bytes.len();
        for (at, bit) in &flips {
            bytes[at % whole] ^= 1 << bit;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut % (whole + 1));
        }
        let harmed = !flips.is_empty() || cut.is_some();
        let Some(found) = read(&bytes) else {
            prop_assert!(harmed);
            return Ok(());
        };
        prop_assert_eq!(found.run, key());
        for series in &found.counts {
            let unit = if series.metric == "x" { 1.0 } else { 100.0 };
            let possible = (1..=ticks).any(|tick| *series == counter(&series.metric, f64::from(tick) * unit));
            prop_assert!(possible, "{series:?}");
        }
        if !harmed {
            prop_assert_eq!(&found.counts[0], &counter("x", f64::from(ticks)));
        }
    }
}

#[test]
fn the_reader_survives_any_bytes() {
    bolero::check!()
        .with_iterations(2_000)
        .for_each(|bytes: &[u8]| {
            let mut framed = Vec::new();
            crate::spool::frame::write_frame(&mut framed, |out| {
                out.push(1);
                out.extend_from_slice(bytes);
            });
            let _ = (read(bytes), read(&framed));
        });
}

#[test]
fn a_start_joins_an_unfinished_run_and_begins_anew_after_a_finished_one() {
    let running = head(RunState::Running);
    let stopped = head(RunState::Finished(Ending::Stopped));
    let completed = head(RunState::Finished(Ending::Completed));
    let aborted = head(RunState::Finished(Ending::Aborted { code: 99 }));
    let join = |unclean| Decision::Join {
        start_ms: 5_000,
        unclean,
    };
    let at = |over| StartWish::At {
        start_ms: 5_000,
        over,
    };
    let other = StartWish::At {
        start_ms: 9_000,
        over: false,
    };
    let rows = [
        (None, StartWish::Open, 42, Decision::New),
        (Some(&running), StartWish::Open, 42, join(true)),
        (Some(&running), StartWish::Open, 43, Decision::New),
        (Some(&stopped), StartWish::Open, 42, Decision::New),
        (None, at(false), 42, Decision::New),
        (None, at(true), 42, Decision::Over { took_part: false }),
        (Some(&running), at(false), 43, join(true)),
        (Some(&stopped), at(false), 42, join(false)),
        (
            Some(&stopped),
            at(true),
            42,
            Decision::Over { took_part: false },
        ),
        (
            Some(&completed),
            at(true),
            42,
            Decision::Over { took_part: true },
        ),
        (
            Some(&aborted),
            at(false),
            42,
            Decision::Aborted { code: 99 },
        ),
        (Some(&running), other, 42, Decision::New),
    ];
    for (checkpoint, wish, fingerprint, expected) in rows {
        assert_eq!(
            Decision::of(checkpoint, wish, fingerprint),
            expected,
            "{checkpoint:?} {wish:?}"
        );
    }
}

#[test]
fn a_second_daemon_is_told_who_holds_the_folder() {
    let root = tempfile::tempdir().unwrap();
    let held = RunFolder::open(root.path(), "t/1", "w 1").unwrap();
    let Err(OpenError::Locked { pid, .. }) = RunFolder::open(root.path(), "t/1", "w 1") else {
        panic!("must be locked")
    };
    assert_eq!(pid, Some(std::process::id()));
    RunFolder::open(root.path(), "t", "1/w 1").unwrap();
    drop(held);
    RunFolder::open(root.path(), "t/1", "w 1").unwrap();
}

#[test]
fn what_was_counted_is_restored_exactly() {
    let root = tempfile::tempdir().unwrap();
    let folder = RunFolder::open(root.path(), "t", "w").unwrap();
    let registry = Registry::new(MetricsSettings::default());
    let mut totals = Totals::new(&registry);
    let mut recorder = Recorder::new(&registry);
    let publish: watch::Sender<Arc<Snapshot>> =
        watch::channel(totals.snapshot(1_000, Duration::ZERO, false)).0;
    let keep: Keep = Box::new(|| BTreeMap::from([("due".to_owned(), 7)]));
    let writer = CheckpointWriter::start(
        &folder,
        key(),
        publish.subscribe(),
        keep,
        Arc::new(PipelineCounters::default()),
    )
    .unwrap();
    let tags = recorder.extend(TagSetId::EMPTY, &[("a", "b")]);
    for (name, kind) in [
        ("cc", Kind::Counter),
        ("gg", Kind::Gauge),
        ("rr", Kind::Rate),
        ("tt", Kind::Trend),
    ] {
        let metric = registry.declare(name, kind, Contains::Default).unwrap();
        let series = recorder.series(metric, tags);
        for value in [0.0, 3.5, -2.0] {
            recorder.add(series, value);
        }
    }
    totals.absorb(recorder.swap(Shelf::default()));
    let last = totals.snapshot(2_000, Duration::from_secs(1), true);
    publish.send_replace(Arc::clone(&last));
    writer.finish(Ending::Completed);
    let checkpoint = folder.read().unwrap().unwrap();
    assert_eq!(checkpoint.state, RunState::Finished(Ending::Completed));
    assert_eq!(checkpoint.keep["due"], 7);
    assert_eq!(checkpoint.counts, last.save_series(0).collect::<Vec<_>>());
    assert!(checkpoint.counts.len() >= 4);
    let mut again = Totals::new(&registry);
    assert!(again.restore(checkpoint.counts.clone()).is_empty());
    let restored: Vec<SavedSeries> = again
        .snapshot(3_000, Duration::ZERO, false)
        .save_series(0)
        .collect();
    assert_eq!(restored.len(), checkpoint.counts.len());
}
