//! What pushes hold, by snapshots of a real recorder.

use std::time::Duration;

use loadd_metrics::{Contains, MetricsSettings, Recorder, Registry, Shelf, TagSetId, Totals};

use super::*;

struct Feed {
    registry: Arc<Registry>,
    recorder: Recorder,
    totals: Totals,
    pusher: Pusher,
}

const JOINED: i64 = 100_000;

fn feed() -> Feed {
    let registry = Registry::new(MetricsSettings::default());
    let run = Arc::new(Run {
        start_ms: 0,
        since_ms: 0,
        labels: Vec::new(),
    });
    Feed {
        recorder: Recorder::new(&registry),
        totals: Totals::new(&registry),
        pusher: Pusher::new(run, 5_000, JOINED, 0),
        registry,
    }
}

impl Feed {
    fn count(&mut self, name: &str, value: f64) {
        let metric = self
            .registry
            .declare(name, Kind::Counter, Contains::Default)
            .unwrap();
        let series = self.recorder.series(metric, TagSetId::EMPTY);
        self.recorder.add(series, value);
    }

    fn tick(&mut self, after_ms: i64, last: bool) -> Vec<Record> {
        let shelf = self.recorder.swap(Shelf::default());
        self.totals.absorb(shelf);
        let snapshot = self
            .totals
            .snapshot(JOINED + after_ms, Duration::ZERO, last);
        self.pusher.take(&snapshot).records
    }
}

fn of(records: &[Record], name: &str) -> Vec<(i64, Reading)> {
    let points = records.iter().flat_map(|record| &record.points);
    points
        .filter(|point| point.series.metric == name)
        .map(|point| (point.time_ms - JOINED, point.reading.clone()))
        .collect()
}

#[test]
fn a_series_begins_with_a_zero_at_the_tick_before_its_first_count() {
    let mut feed = feed();
    feed.tick(0, false);
    for tick in 1..7 {
        assert!(feed.tick(tick * 500, false).is_empty());
    }
    feed.count("late", 2.0);
    feed.tick(3_500, false);
    feed.count("late", 1.0);
    feed.tick(4_000, false);
    let records = feed.tick(5_000, false);
    assert_eq!(
        of(&records, "late"),
        [
            (3_000, Reading::Zero(Bytes::new())),
            (5_000, Reading::Number(3.0))
        ]
    );
}

#[test]
fn an_idle_series_beats_slowly_and_wakes_with_its_old_value() {
    let mut feed = feed();
    feed.count("busy", 1.0);
    let mut times = Vec::new();
    for push in 0..40 {
        let records = feed.tick(push * 5_000, false);
        times.extend(of(&records, "busy").iter().map(|(time, _)| time / 5_000));
    }
    times.dedup();
    let (busy, idle) = times.split_at(13);
    assert_eq!(busy, (0..=12).collect::<Vec<i64>>());
    assert!(
        idle[0] - 12 <= 12 && idle.windows(2).all(|pair| pair[1] - pair[0] == 12),
        "once a minute: {idle:?}"
    );
    feed.count("busy", 4.0);
    let woken = of(&feed.tick(200_000, false), "busy");
    assert_eq!(
        woken,
        [
            (195_000, Reading::Number(1.0)),
            (200_000, Reading::Number(5.0))
        ]
    );
}

#[test]
fn idle_series_beat_at_seconds_of_their_own() {
    let mut feed = feed();
    for number in 0..120 {
        feed.count(&format!("c{number}"), 1.0);
    }
    let mut sizes = Vec::new();
    for push in 0..=36 {
        let records = feed.tick(push * 5_000, false);
        let points = records.iter().flat_map(|record| &record.points);
        sizes.push(
            points
                .filter(|point| point.series.metric.starts_with('c'))
                .count(),
        );
    }
    let minute = &sizes[13..25];
    assert_eq!(minute.iter().sum::<usize>(), 120, "each once: {sizes:?}");
    assert!(
        minute.iter().all(|size| (5..=15).contains(size)),
        "a twelfth of them in each push: {sizes:?}"
    );
}

#[test]
fn the_last_snapshot_is_followed_by_a_marker_for_each_series_and_then_by_nothing() {
    let mut feed = feed();
    feed.count("orders", 1.0);
    feed.tick(0, false);
    let records = feed.tick(700, true);
    assert_eq!(records.len(), 2);
    assert!(records.iter().all(|record| record.last));
    assert_eq!(
        of(&records, "orders"),
        [(700, Reading::Number(1.0)), (701, Reading::Stale)]
    );
    assert!(feed.tick(6_000, false).is_empty());
}

#[test]
fn a_wall_clock_that_stepped_back_never_dates_anything_before_what_was_sent() {
    let mut feed = feed();
    feed.pusher = Pusher::new(Arc::clone(&feed.pusher.run), 5_000, JOINED, JOINED + 60_000);
    feed.count("orders", 1.0);
    let records = feed.tick(0, false);
    assert_eq!(of(&records, "orders").last().unwrap().0, 60_001);
    assert!(
        of(&records, "orders")
            .iter()
            .all(|(time, _)| *time > 60_000)
    );
}

#[test]
fn what_goes_on_from_the_checkpoint_gets_no_second_zero() {
    let mut before = feed();
    before.count("orders", 3.0);
    before.tick(0, false);
    let saved: Vec<_> = before
        .totals
        .snapshot(JOINED + 1, Duration::ZERO, false)
        .save_series(0)
        .collect();
    let mut after = feed();
    assert!(after.totals.restore(saved).is_empty());
    assert_eq!(
        of(&after.tick(500, false), "orders"),
        [(500, Reading::Number(3.0))]
    );
}
