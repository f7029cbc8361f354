//! A script that makes a new tag value for each iteration: a million of them take no more memory than the first ones. A test
//! binary of its own, since it reads the memory of its process.

use std::{sync::Arc, time::Duration};

use loadd_metrics::{
    MetricsSettings, Recorder, Registry, Shelf, TagSet, TagSetId, Totals, Value, metric,
};

const VALUES: u64 = 1_000_000;
/// From here on nothing may grow: all caches have been full several times.
const WARM: u64 = 200_000;

fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.expect("resident pages") * 4_096
}

/// What a VU does whose script sets a tag of its own for each iteration and asks for a URL that nobody asked for before.
struct World {
    registry: Arc<Registry>,
    recorder: Recorder,
    totals: Totals,
    shelf: Shelf,
    /// As a VU holds the set of its tags.
    held: (TagSetId, Arc<TagSet>),
}

impl World {
    fn new(settings: MetricsSettings) -> World {
        let registry = Registry::new(settings);
        let mut recorder = Recorder::new(&registry);
        let held = recorder.extend_held(TagSetId::EMPTY, &[("scenario", "default")]);
        World {
            totals: Totals::new(&registry),
            recorder,
            registry,
            shelf: Shelf::default(),
            held,
        }
    }

    fn iterate(&mut self, n: u64) {
        let id = n.to_string();
        self.held = self.recorder.extend_held(self.held.0, &[("id", &id)]);
        assert_eq!(self.held.1.get("id"), Some(&*id), "a VU sees its own tags");
        let tags = [("name", &*id), ("status", "200")];
        let tags = self.recorder.extend(self.held.0, &tags);
        let series = self.recorder.request_series(tags);
        self.recorder
            .record_request(&series, &[1_000_000; 7], Some(false));
        let iterations = self.recorder.series(metric::ITERATIONS, self.held.0);
        self.recorder.count(iterations);
        if n.is_multiple_of(1_000) {
            let full = self.recorder.swap(std::mem::take(&mut self.shelf));
            self.shelf = self.totals.absorb(full);
        }
    }

    fn requests(&mut self) -> f64 {
        let full = self.recorder.swap(std::mem::take(&mut self.shelf));
        self.shelf = self.totals.absorb(full);
        let snapshot = self.totals.snapshot(0, Duration::ZERO, true);
        match snapshot.total(metric::HTTP_REQS, |_| true) {
            Some(Value::Counter(sum)) => sum,
            other => panic!("no requests: {other:?}"),
        }
    }
}

#[test]
fn a_million_tag_values_take_no_more_memory_than_the_first_ones() {
    let limit = 100;
    let mut world = World::new(MetricsSettings {
        series_per_metric: limit,
        ..MetricsSettings::default()
    });
    let mut warm = (0, 0, 0);
    for n in 0..VALUES {
        world.iterate(n);
        if n == WARM {
            warm = (
                resident_bytes(),
                world.registry.series_count(),
                world.registry.tag_set_count(),
            );
        }
    }
    let (bytes, series, sets) = warm;
    assert_eq!(world.registry.series_count(), series, "series");
    // Ten metrics of a request, iterations, and what loadd says about the fold.
    assert!(series < 13 * (limit + 2), "{series} series");
    assert!(world.registry.tag_set_count() < 65_536 && sets < 65_536);
    let grown = resident_bytes().saturating_sub(bytes);
    assert!(
        grown < 16 << 20,
        "{grown} bytes more than after {WARM} values"
    );
    assert_eq!(
        world.requests(),
        VALUES as f64,
        "nothing is lost in the fold"
    );
    assert_eq!(world.registry.newly_overflowed().len(), 11);

    // A metric that comes late has its own limit: the values of before have used none of it.
    let late = world
        .recorder
        .extend(TagSetId::EMPTY, &[("scenario", "late")]);
    let late = world.recorder.series(metric::GROUP_DURATION, late);
    let (_, tags) = world.registry.describe(late).expect("it was just made");
    assert_eq!(tags.iter().collect::<Vec<_>>(), [("scenario", "late")]);
}

#[test]
fn a_tag_that_is_dropped_makes_no_series() {
    let mut world = World::new(MetricsSettings {
        series_per_metric: 100,
        drop_tags: vec!["id".to_owned(), "name".to_owned()],
        ..MetricsSettings::default()
    });
    for n in 0..50_000 {
        world.iterate(n);
    }
    assert_eq!(world.registry.series_count(), 11);
    assert_eq!(world.requests(), 50_000.0);
    assert!(world.registry.newly_overflowed().is_empty());
}
