//! Against the truth, on a virtual clock: a target that stalls for the first second of every five, at 200 requests a second.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use super::{LoopLatency, OpenLatency};
use crate::{
    Histogram, MetricsSettings, Recorder, Registry, SeriesId, Shelf, TagSetId, Totals, Value,
    metric,
};

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;
const BEGIN: u64 = 1 << 62;

/// When a target answers what reaches it at an instant.
trait Target {
    fn answers_at(&mut self, instant: u64) -> u64;
}

struct Stalls {
    serves: u64,
}

impl Target for Stalls {
    fn answers_at(&mut self, instant: u64) -> u64 {
        let within = (instant - BEGIN) % (5 * SECOND);
        instant + SECOND.saturating_sub(within) + self.serves
    }
}

/// Lognormal around a median.
struct Steady {
    state: u64,
    median: f64,
    sigma: f64,
}

/// Both: stalls, and answers of different lengths between them.
struct Uneven(Steady);

impl Target for Uneven {
    fn answers_at(&mut self, instant: u64) -> u64 {
        let served = Stalls { serves: 0 }.answers_at(instant);
        self.0.answers_at(served)
    }
}

impl Target for Steady {
    fn answers_at(&mut self, instant: u64) -> u64 {
        let mut uniform = || {
            self.state = self
                .state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            ((self.state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        };
        let (a, b) = (uniform(), uniform());
        let normal = (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos();
        instant + (self.median * (self.sigma * normal).exp()) as u64
    }
}

struct World {
    recorder: Recorder,
    totals: Totals,
    raw: SeriesId,
    corrected: SeriesId,
}

impl World {
    fn new() -> World {
        let registry = Registry::new(MetricsSettings::default());
        let mut recorder = Recorder::new(&registry);
        let series = recorder.request_series(TagSetId::EMPTY);
        World {
            totals: Totals::new(&registry),
            raw: series.duration,
            corrected: series.corrected,
            recorder,
        }
    }

    fn trend(&mut self, metric: crate::MetricId) -> Histogram {
        let shelf = self.recorder.swap(Shelf::default());
        self.totals.absorb(shelf);
        match self
            .totals
            .snapshot(0, Duration::ZERO, true)
            .total(metric, |_| true)
        {
            Some(Value::Trend(histogram)) => (*histogram).clone(),
            other => panic!("no trend: {other:?}"),
        }
    }

    fn corrected(&mut self) -> Histogram {
        self.trend(metric::HTTP_REQ_DURATION_CORRECTED)
    }

    fn censored(&mut self) -> f64 {
        let shelf = self.recorder.swap(Shelf::default());
        self.totals.absorb(shelf);
        match self
            .totals
            .snapshot(0, Duration::ZERO, true)
            .total(metric::CORRECTED_CENSORED, |_| true)
        {
            Some(Value::Counter(sum)) => sum,
            _ => 0.0,
        }
    }

    /// A constant arrival rate of 200/s, one request an iteration. Gives how many starts were dropped of how many.
    fn open(&mut self, target: &mut dyn Target, vus: usize, seconds: u64) -> (u64, u64) {
        let mut open = OpenLatency::default();
        let mut busy: BinaryHeap<Reverse<(u64, u64)>> = BinaryHeap::new();
        let (mut planned, mut dropped) = (0, 0);
        let end = BEGIN + seconds * SECOND;
        let mut due = BEGIN;
        while due < end {
            self.end_iterations(&mut open, &mut busy, vus, due);
            planned += 1;
            let idle = vus - busy.len();
            if !open.is_empty() {
                open.idle_until(&mut self.recorder, TagSetId::EMPTY, due, idle);
            }
            if idle > 0 {
                busy.push(Reverse((target.answers_at(due), due)));
            } else {
                open.missed(due, due);
                dropped += 1;
            }
            due += 5 * MS;
        }
        self.end_iterations(&mut open, &mut busy, vus, end);
        open.end(&mut self.recorder, TagSetId::EMPTY, end);
        (dropped, planned)
    }

    fn end_iterations(
        &mut self,
        open: &mut OpenLatency,
        busy: &mut BinaryHeap<Reverse<(u64, u64)>>,
        vus: usize,
        until: u64,
    ) {
        while let Some(Reverse((ends, began))) = busy.peek().copied()
            && ends <= until
        {
            if !open.is_empty() {
                open.idle_until(&mut self.recorder, TagSetId::EMPTY, ends, vus - busy.len());
            }
            busy.pop();
            let took = ends - began;
            self.recorder.observe(self.raw, took);
            self.recorder.observe_own(self.corrected, took);
            open.first_answer(self.corrected, took);
            open.iteration(took);
        }
    }

    /// Looping VUs, begun evenly over `spacing`.
    fn closed(&mut self, target: &mut dyn Target, vus: u64, think: u64, seconds: u64) {
        let spacing = think + 5 * MS;
        for vu in 0..vus {
            let mut latency = LoopLatency::default();
            let mut now = BEGIN + spacing * vu / vus;
            while now < BEGIN + seconds * SECOND {
                let answered = target.answers_at(now);
                self.recorder.observe(self.raw, answered - now);
                latency.answered(
                    &mut self.recorder,
                    self.corrected,
                    7,
                    (now, answered),
                    answered - now,
                );
                now = answered + think;
            }
        }
    }
}

/// Within 1 % and one spacing of the samples.
fn assert_near(histogram: &Histogram, q: f64, truth_ms: f64, spacing_ms: f64) {
    let found = histogram.quantile(q) * 1e3;
    assert!(
        (found - truth_ms).abs() <= truth_ms * 0.01 + spacing_ms,
        "p{}: {found} ms instead of {truth_ms} ms",
        q * 100.0
    );
}

#[test]
fn enough_vus_see_a_stall_as_it_is() {
    let mut world = World::new();
    let (dropped, _) = world.open(&mut Stalls { serves: MS }, 500, 100);
    assert_eq!(dropped, 0);
    let corrected = world.corrected();
    assert_near(&corrected, 0.95, 751.0, 5.0);
    assert_near(&corrected, 0.99, 951.0, 5.0);
}

#[test]
fn a_stall_shows_though_a_fifth_of_the_starts_was_dropped() {
    let mut world = World::new();
    let (dropped, planned) = world.open(&mut Stalls { serves: MS }, 10, 100);
    let share = dropped as f64 / planned as f64;
    assert!((0.17..0.21).contains(&share), "{share}");
    let corrected = world.corrected();
    assert_near(&corrected, 0.95, 751.0, 5.0);
    assert_near(&corrected, 0.99, 951.0, 5.0);
    // Every start that was asked for counts once.
    assert!(
        corrected.count().abs_diff(planned) <= 10,
        "{}",
        corrected.count()
    );
    assert!(world.trend(metric::HTTP_REQ_DURATION).quantile(0.95) < 0.1);
}

#[test]
fn a_closed_loop_without_think_time_shows_the_stall() {
    let mut world = World::new();
    world.closed(&mut Stalls { serves: 5 * MS }, 1, 0, 200);
    let corrected = world.corrected();
    assert_near(&corrected, 0.95, 755.0, 5.0);
    assert_near(&corrected, 0.99, 955.0, 5.0);
}

#[test]
fn a_fast_loop_whose_turns_differ_shows_the_stall() {
    // Most turns take 0.2 ms, some ten times as long, as on a busy machine: what counts is how often the loop comes round.
    let mut world = World::new();
    let uneven = Steady {
        state: 7,
        median: 2e5,
        sigma: 0.6,
    };
    world.closed(&mut Uneven(uneven), 1, 0, 200);
    let corrected = world.corrected();
    assert_near(&corrected, 0.95, 750.2, 0.3);
    assert_near(&corrected, 0.99, 950.2, 0.3);
}

#[test]
fn a_closed_loop_with_think_time_shows_the_stall() {
    let mut world = World::new();
    world.closed(&mut Stalls { serves: 5 * MS }, 20, 95 * MS, 200);
    let corrected = world.corrected();
    assert_near(&corrected, 0.95, 755.0, 100.0);
    assert_near(&corrected, 0.99, 955.0, 100.0);
}

#[test]
fn without_stalls_corrected_equals_raw() {
    for model in ["open", "closed", "closed with think time"] {
        let mut world = World::new();
        let mut target = Steady {
            state: 42,
            median: 5e6,
            sigma: 0.3,
        };
        match model {
            "open" => {
                let (dropped, _) = world.open(&mut target, 100, 200);
                assert_eq!(dropped, 0);
            }
            "closed" => world.closed(&mut target, 4, 0, 60),
            _ => world.closed(&mut target, 20, 95 * MS, 200),
        }
        let (raw, corrected) = (world.trend(metric::HTTP_REQ_DURATION), world.corrected());
        assert_eq!(raw, corrected, "{model}");
    }
}

#[test]
fn a_lasting_overload_shows_as_ever_longer_waits_in_bounded_memory() {
    let mut longest = Vec::new();
    for seconds in [60, 120, 240] {
        let mut world = World::new();
        // One VU that takes 10 ms serves 100 of the 200 that come in a second.
        let (dropped, planned) = world.open(&mut Slow, 1, seconds);
        assert!(
            (0.45..0.55).contains(&(dropped as f64 / planned as f64)),
            "{dropped} of {planned}"
        );
        assert!(world.censored() > 0.0);
        longest.push(world.corrected().quantile(0.99));
    }
    assert!(
        longest[1] > longest[0] * 1.8 && longest[2] > longest[1] * 1.8,
        "{longest:?}"
    );

    let mut open = OpenLatency::default();
    for second in 0..30 * 86_400 {
        let now = BEGIN + second * SECOND;
        open.missed_between(now, now + SECOND / 2, 100, now + SECOND);
    }
    assert!(open.entries() <= 4_096);
}

struct Slow;

impl Target for Slow {
    fn answers_at(&mut self, instant: u64) -> u64 {
        instant + 10 * MS
    }
}

#[test]
fn requests_asked_for_at_once_are_one_turn_of_the_loop() {
    let mut world = World::new();
    let mut latency = LoopLatency::default();
    for turn in 0..100 {
        let asked = BEGIN + turn * 100 * MS;
        for _ in 0..10 {
            let took = if turn == 50 { 1_000 * MS } else { 5 * MS };
            latency.answered(
                &mut world.recorder,
                world.corrected,
                1,
                (asked, asked + took),
                took,
            );
        }
    }
    // Ten requests of one turn waited; each stands for the nine or so that it kept from being sent.
    let count = world.corrected().count();
    assert!((1_085..=1_095).contains(&count), "{count}");
}
