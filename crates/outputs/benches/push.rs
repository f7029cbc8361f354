//! What one push costs on the sender's thread, in time on a core: snapshot, record, spool in memory, requests, compression; no
//! socket. The same for a tick of the checkpoint, without the disk. Run with
//! `cargo bench -p loadd-outputs`; not part of CI.

#![allow(missing_docs, reason = "criterion's macros make public items")]

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use loadd_metrics::{
    Contains, Kind, MetricsSettings, Recorder, Registry, SeriesId, Shelf, Snapshot, TagSetId,
    Totals,
};
use loadd_outputs::{
    RunIdentity,
    measure::{Cost, Push, checkpoint},
};

const SERIES: usize = 10_000;
const BUCKETS: u32 = 350;
const NOW: i64 = 1_700_000_000_000;

/// Ten thousand latencies of 350 buckets each, with the tags that a request has.
struct World {
    recorder: Recorder,
    totals: Totals,
    series: Vec<SeriesId>,
    shelf: Shelf,
    time_ms: i64,
    push: Push,
}

/// Counts as latencies have them: a lognormal hill with noise of its own for each series, so that the bytes compress as
/// real ones do.
fn counts(series: u64) -> impl Iterator<Item = (u32, u32)> {
    let mut state = series.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..BUCKETS).map(move |bucket| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let noise = f64::from((state >> 40) as u32) / f64::from(1 << 24);
        let from_middle = (f64::from(bucket) - f64::from(BUCKETS) / 2.0) / 70.0;
        let expected = 6.0 * (-from_middle * from_middle / 2.0).exp();
        (bucket, 1 + (expected * 2.0 * noise) as u32)
    })
}

impl World {
    fn new() -> World {
        let registry = Registry::new(MetricsSettings {
            series_per_metric: 2 * SERIES,
            ..MetricsSettings::default()
        });
        let mut recorder = Recorder::new(&registry);
        let metric = registry
            .declare("latency", Kind::Trend, Contains::Time)
            .expect("no other metric has this name");
        let series: Vec<SeriesId> = (0..SERIES)
            .map(|number| {
                let name = format!("https://shop.example/api/v1/items/{number}");
                let tags = [
                    ("expected_response", "true"),
                    ("group", ""),
                    ("method", "GET"),
                    ("name", &*name),
                    ("proto", "HTTP/1.1"),
                    ("scenario", "default"),
                    ("status", "200"),
                    ("url", &*name),
                ];
                let tags = recorder.extend(TagSetId::EMPTY, &tags);
                recorder.series(metric, tags)
            })
            .collect();
        for (number, one) in series.iter().enumerate() {
            let counts = counts(number as u64);
            for (bucket, often) in counts {
                let millis = 2.0_f64.powf((f64::from(bucket) + 0.5) / 128.0);
                for _ in 0..often {
                    recorder.add(*one, millis);
                }
            }
        }
        let identity = RunIdentity {
            test_id: "bench".to_owned(),
            instance: "worker-1".to_owned(),
            start_ms: NOW,
            since_ms: NOW,
            joined_ms: NOW,
            labels: Vec::new(),
        };
        let mut world = World {
            totals: Totals::new(&registry),
            recorder,
            series,
            shelf: Shelf::default(),
            time_ms: NOW,
            push: Push::new(&identity).expect("memory refuses nothing"),
        };
        let first = world.snapshot(0, 1);
        world.push.push(&first);
        world
    }

    /// A snapshot in which this many series have changed.
    fn snapshot(&mut self, changed: usize, after_ms: i64) -> Arc<Snapshot> {
        for (number, one) in self.series[..changed].iter().enumerate() {
            for sample in 0..5 {
                let millis = 1.0 + ((number + sample * 7) % 50) as f64 / 10.0;
                self.recorder.add(*one, millis);
            }
        }
        let shelf = self.recorder.swap(std::mem::take(&mut self.shelf));
        self.shelf = self.totals.absorb(shelf);
        self.time_ms += after_ms;
        self.totals.snapshot(self.time_ms, Duration::ZERO, false)
    }
}

/// Time of this thread on a core: what a push costs, on a busy machine too.
fn cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(now).expect("a clock of a thread is not negative")
}

fn measured(criterion: &mut Criterion, what: &str, world: &mut World, changed: usize) {
    let mut cost = Cost::default();
    criterion.bench_function(what, |bencher| {
        bencher.iter_custom(|count| {
            let mut spent = Duration::ZERO;
            for _ in 0..count {
                let snapshot = world.snapshot(changed, 1);
                let began = cpu();
                cost = black_box(world.push.push(&snapshot));
                spent += cpu().saturating_sub(began);
            }
            spent
        });
    });
    #[allow(clippy::print_stdout, reason = "a bench is read in a terminal")]
    {
        println!("{what}: {cost:?}");
    }
}

fn checkpointed(criterion: &mut Criterion, what: &str, world: &mut World, changed: usize) {
    let mut bytes = 0;
    criterion.bench_function(what, |bencher| {
        bencher.iter_custom(|count| {
            let mut spent = Duration::ZERO;
            for _ in 0..count {
                let before = world.snapshot(0, 1).version;
                let snapshot = world.snapshot(changed, 1);
                let began = cpu();
                bytes = black_box(checkpoint(&snapshot, before));
                spent += cpu().saturating_sub(began);
            }
            spent
        });
    });
    #[allow(clippy::print_stdout, reason = "a bench is read in a terminal")]
    {
        println!("{what}: {bytes} bytes");
    }
}

fn push(criterion: &mut Criterion) {
    let mut world = World::new();
    measured(
        criterion,
        "push of 10,000 histograms, all changed",
        &mut world,
        SERIES,
    );
    measured(
        criterion,
        "push of 10,000 histograms, 500 changed, the others in their first minute of rest",
        &mut world,
        500,
    );
    let rest = world.snapshot(500, 61_000);
    world.push.push(&rest);
    measured(
        criterion,
        "push of 10,000 histograms, 500 changed, the others at rest",
        &mut world,
        500,
    );
    for (what, changed) in [
        ("checkpoint of 10,000 histograms, all changed", SERIES),
        ("checkpoint of 10,000 histograms, 500 changed", 500),
    ] {
        checkpointed(criterion, what, &mut world, changed);
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(8));
    targets = push
}
criterion_main!(benches);
