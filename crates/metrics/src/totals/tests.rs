//! Totals over several recorders: nothing is lost, whatever the moment of the swap, and several cores equal one.

use proptest::prelude::*;

use super::*;
use crate::{MetricsSettings, OVERFLOW_TAG, Recorder, TagSetId};

fn registry(series_per_metric: usize) -> Arc<Registry> {
    Registry::new(MetricsSettings {
        series_per_metric,
        ..MetricsSettings::default()
    })
}

fn collect(totals: &mut Totals, recorder: &mut Recorder) {
    let full = recorder.swap(Shelf::default());
    assert!(totals.absorb(full).is_empty());
}

fn snapshot(totals: &mut Totals) -> Arc<Snapshot> {
    totals.snapshot(0, Duration::ZERO, false)
}

fn counter(snapshot: &Snapshot, metric: MetricId, tag: (&str, &str)) -> Option<f64> {
    match snapshot.total(metric, |tags| tags.get(tag.0) == Some(tag.1)) {
        Some(Value::Counter(sum)) => Some(sum),
        _ => None,
    }
}

#[test]
fn a_request_is_counted_in_all_its_series() {
    let registry = registry(100);
    let mut recorder = Recorder::new(&registry);
    let tags = recorder.extend(TagSetId::EMPTY, &[("name", "login"), ("status", "200")]);
    let series = recorder.request_series(tags);
    recorder.record_request(
        &series,
        &[5_000_000, 0, 0, 0, 100_000, 4_500_000, 400_000],
        Some(false),
    );
    recorder.record_request(
        &series,
        &[7_000_000, 1_000, 2_000_000, 0, 100_000, 6_500_000, 400_000],
        Some(true),
    );
    recorder.record_request(&series, &[1, 2, 3, 4, 5, 6, 7], None);
    let mut totals = Totals::new(&registry);
    collect(&mut totals, &mut recorder);
    let snapshot = snapshot(&mut totals);
    assert_eq!(
        counter(&snapshot, metric::HTTP_REQS, ("name", "login")),
        Some(3.0)
    );
    let Some(Value::Rate {
        nonzero: 1,
        total: 2,
    }) = snapshot.total(metric::HTTP_REQ_FAILED, |_| true)
    else {
        panic!()
    };
    let Some(Value::Trend(duration)) = snapshot.total(metric::HTTP_REQ_DURATION, |_| true) else {
        panic!()
    };
    assert_eq!((duration.count(), duration.zero_count()), (3, 1));
    assert_eq!(duration.sum(), 0.012_000_001);
    assert_eq!((duration.min(), duration.max()), (1e-9, 0.007));
    let Some(Value::Trend(connecting)) = snapshot.total(metric::HTTP_REQ_CONNECTING, |_| true)
    else {
        panic!()
    };
    assert_eq!((connecting.count(), connecting.zero_count()), (3, 2));
}

#[test]
fn unchanged_series_keep_their_version_and_share_their_histogram() {
    let registry = registry(100);
    let mut recorder = Recorder::new(&registry);
    let one = recorder.extend(TagSetId::EMPTY, &[("a", "1")]);
    let two = recorder.extend(TagSetId::EMPTY, &[("a", "2")]);
    let [one, two] = [one, two].map(|tags| recorder.series(metric::GROUP_DURATION, tags));
    recorder.observe(one, 1_000_000);
    recorder.observe(two, 1_000_000);
    let mut totals = Totals::new(&registry);
    collect(&mut totals, &mut recorder);
    let before = snapshot(&mut totals);
    recorder.observe(two, 1_000_000);
    collect(&mut totals, &mut recorder);
    let after = snapshot(&mut totals);
    let pair = |id: SeriesId| (&before.series[id.index()], &after.series[id.index()]);
    let (Value::Trend(old), Value::Trend(new)) = (&pair(one).0.value, &pair(one).1.value) else {
        panic!()
    };
    assert!(Arc::ptr_eq(old, new));
    assert_eq!(pair(one).0.version, pair(one).1.version);
    assert!(pair(two).0.version < pair(two).1.version);
    assert!(after.time_ms > before.time_ms);
    assert_eq!(after.save_series(before.version).count(), 1);
}

#[test]
fn beyond_the_limit_samples_fold_into_a_series_that_keeps_the_tags_of_thresholds() {
    let registry = registry(2);
    registry.keep_tag("kind", "slow");
    let mut recorder = Recorder::new(&registry);
    for n in 0..10 {
        let id = n.to_string();
        let kind = if n % 2 == 0 { "slow" } else { "fast" };
        let tags = recorder.extend(TagSetId::EMPTY, &[("id", &id), ("kind", kind)]);
        let series = recorder.series(metric::ITERATIONS, tags);
        recorder.count(series);
    }
    let mut totals = Totals::new(&registry);
    collect(&mut totals, &mut recorder);
    let snapshot = snapshot(&mut totals);
    assert_eq!(
        counter(&snapshot, metric::ITERATIONS, (OVERFLOW_TAG, "true")),
        Some(8.0)
    );
    assert_eq!(
        counter(&snapshot, metric::ITERATIONS, ("kind", "slow")),
        Some(5.0)
    );
    assert_eq!(snapshot.of(metric::ITERATIONS).count(), 4);
    assert_eq!(
        counter(
            &snapshot,
            metric::SERIES_OVERFLOWED,
            ("metric", "iterations")
        ),
        Some(8.0)
    );
    assert_eq!(registry.newly_overflowed().len(), 1);
    assert_eq!(registry.newly_overflowed().len(), 0);
}

#[test]
fn tags_that_are_dropped_or_not_kept_are_on_no_series_of_k6s_metrics() {
    let tags_of = |drop: &[&str], keep: &[&str], metric: MetricId| {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        let registry = Registry::new(MetricsSettings {
            drop_tags: names(drop),
            keep_tags: names(keep),
            ..MetricsSettings::default()
        });
        registry.keep_tag("status", "500");
        let mut recorder = Recorder::new(&registry);
        for status in ["200", "201", "500"] {
            let tags = [("name", "x"), ("status", status), ("id", status)];
            let tags = recorder.extend(TagSetId::EMPTY, &tags);
            let series = recorder.series(metric, tags);
            recorder.add(series, 1.0);
        }
        let mut totals = Totals::new(&registry);
        collect(&mut totals, &mut recorder);
        let snapshot = snapshot(&mut totals);
        let mut all: Vec<String> = snapshot
            .of(metric)
            .map(|series| {
                let tags = series
                    .tags
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"));
                tags.collect::<Vec<_>>().join(" ")
            })
            .collect();
        all.sort();
        all.join(", ")
    };
    let reqs = metric::HTTP_REQS;
    let corrected = metric::HTTP_REQ_DURATION_CORRECTED;
    let interrupted = metric::HTTP_REQS_INTERRUPTED;
    // What a threshold names stays, or it would never be judged.
    for metric in [reqs, corrected, interrupted] {
        assert_eq!(
            tags_of(&["id", "status"], &[], metric),
            "name=x, name=x status=500"
        );
        assert_eq!(tags_of(&[], &["name"], metric), "name=x, name=x status=500");
    }
    assert_eq!(
        tags_of(&["name"], &["name", "id"], reqs),
        "id=200, id=201, id=500 status=500"
    );
    assert_eq!(
        tags_of(&["status", "id"], &[], metric::OWN_DROPPED_ITERATIONS),
        "id=200 name=x status=200, id=201 name=x status=201, id=500 name=x status=500"
    );
}

#[test]
fn not_a_number_and_infinity_are_refused_and_counted() {
    let registry = registry(100);
    let mut recorder = Recorder::new(&registry);
    let series = recorder.series(metric::GROUP_DURATION, TagSetId::EMPTY);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0] {
        recorder.add(series, value);
    }
    let mut totals = Totals::new(&registry);
    collect(&mut totals, &mut recorder);
    let snapshot = snapshot(&mut totals);
    assert_eq!(
        counter(
            &snapshot,
            metric::SAMPLES_INVALID,
            ("metric", "group_duration")
        ),
        Some(3.0)
    );
    let Some(Value::Trend(trend)) = snapshot.total(metric::GROUP_DURATION, |_| true) else {
        panic!()
    };
    assert_eq!(trend.count(), 1);
}

#[test]
fn a_histogram_with_too_many_buckets_is_lowered_and_never_raised_again() {
    let registry = Registry::new(MetricsSettings {
        histogram_max_buckets: 100,
        ..MetricsSettings::default()
    });
    let mut recorder = Recorder::new(&registry);
    let series = recorder.series(metric::GROUP_DURATION, TagSetId::EMPTY);
    let mut totals = Totals::new(&registry);
    for round in 1..20u64 {
        for step in 0..200 {
            recorder.observe(series, 1_000_000 * round + step * 40_000);
        }
        collect(&mut totals, &mut recorder);
    }
    let snapshot = snapshot(&mut totals);
    let Some(Value::Trend(trend)) = snapshot.total(metric::GROUP_DURATION, |_| true) else {
        panic!()
    };
    assert_eq!(trend.count(), 19 * 200);
    assert!(trend.schema() < 7 && trend.populated() <= 100);
    assert!(
        matches!(snapshot.total(metric::RESOLUTION_REDUCTIONS, |_| true), Some(Value::Counter(n)) if n >= 1.0)
    );
}

#[test]
fn counts_go_on_from_what_was_saved() {
    let build = || {
        let registry = registry(100);
        let mut recorder = Recorder::new(&registry);
        let tags = recorder.extend(TagSetId::EMPTY, &[("name", "x")]);
        let series = recorder.request_series(tags);
        recorder.record_request(
            &series,
            &[5_000_000, 0, 0, 0, 100_000, 4_500_000, 400_000],
            Some(true),
        );
        (registry, recorder)
    };
    let (registry, mut recorder) = build();
    let mut totals = Totals::new(&registry);
    collect(&mut totals, &mut recorder);
    totals.set_value(metric::HTTP_RETRIES, &[], 4.0);
    let saved: Vec<_> = snapshot(&mut totals).save_series(0).collect();

    let (registry, mut recorder) = build();
    let mut totals = Totals::new(&registry);
    assert!(totals.restore(saved).is_empty());
    collect(&mut totals, &mut recorder);
    totals.set_value(metric::HTTP_RETRIES, &[], 3.0);
    let snapshot = snapshot(&mut totals);
    assert_eq!(
        counter(&snapshot, metric::HTTP_REQS, ("name", "x")),
        Some(2.0)
    );
    assert!(matches!(
        snapshot.total(metric::HTTP_RETRIES, |_| true),
        Some(Value::Counter(7.0))
    ));
    let Some(Value::Trend(trend)) = snapshot.total(metric::HTTP_REQ_DURATION, |_| true) else {
        panic!()
    };
    assert_eq!((trend.count(), trend.sum()), (2, 0.01));
    assert!(snapshot.of(metric::HTTP_REQS).all(|series| series.restored));
}

#[test]
fn custom_metrics_follow_k6s_rules() {
    let registry = registry(100);
    let id = registry
        .declare("my_trend", Kind::Trend, Contains::Time)
        .unwrap();
    assert_eq!(
        registry.declare("my_trend", Kind::Trend, Contains::Time),
        Ok(id)
    );
    assert_eq!(registry.find("my_trend"), Some(id));
    assert_eq!(
        registry.declare("http_reqs", Kind::Counter, Contains::Default),
        Ok(metric::HTTP_REQS)
    );
    assert!(
        registry
            .declare("my_trend", Kind::Counter, Contains::Time)
            .unwrap_err()
            .contains("trend")
    );
    assert!(
        registry
            .declare("my_trend", Kind::Trend, Contains::Default)
            .is_err()
    );
    for name in ["", "a", "1a", "a-b", "ä1", &"x".repeat(130)] {
        assert!(
            registry
                .declare(name, Kind::Counter, Contains::Default)
                .is_err(),
            "{name}"
        );
    }
}

/// A sample of a random series: (core, series, value).
fn samples() -> impl Strategy<Value = Vec<(usize, usize, f64, bool)>> {
    let value = prop_oneof![
        Just(0.0),
        -10.0..10_000.0f64,
        (-60i32..60).prop_map(|power| f64::from(power).exp2())
    ];
    prop::collection::vec(
        (0usize..3, 0usize..6, value, prop::bool::weighted(0.1)),
        0..200,
    )
}

proptest! {
    #[test]
    fn several_cores_and_any_moments_of_the_swap_equal_one_sequential_twin(samples in samples()) {
        let registry = registry(100);
        let plain = registry.declare("plain", Kind::Trend, Contains::Default).unwrap();
        let metrics = [metric::HTTP_REQS, metric::CHECKS, metric::GROUP_DURATION, plain, metric::ITERATION_DURATION, plain];
        let mut recorders = [0; 3].map(|_| Recorder::new(&registry));
        let mut totals = Totals::new(&registry);
        let mut spare = Shelf::default();
        let mut times = Histogram::times(7);
        let mut plains = Histogram::plain(7);
        let (mut reqs, mut checks) = (0.0, (0, 0));
        for (core, which, value, swap) in samples {
            let recorder = &mut recorders[core];
            // Whole numbers, so that sums of doubles are exact in any order.
            let value = if metrics[which] == plain { value.clamp(-1e12, 1e12).round() } else { value };
            let tags = recorder.extend(TagSetId::EMPTY, &[("which", &which.to_string())]);
            let series = recorder.series(metrics[which], tags);
            recorder.add(series, if which == 0 { 1.0 } else { value });
            match which {
                0 => reqs += 1.0,
                1 => checks = (checks.0 + u64::from(value != 0.0), checks.1 + 1),
                2 | 4 => times.observe_millis(value),
                _ => plains.add(value),
            }
            if swap {
                spare = totals.absorb(recorder.swap(spare));
            }
        }
        for recorder in &mut recorders {
            spare = totals.absorb(recorder.swap(spare));
        }
        let snapshot = snapshot(&mut totals);
        let all = |metrics: &[MetricId]| Value::total(snapshot.series.iter().filter(|series| metrics.contains(&series.metric)));
        if let Some(Value::Counter(sum)) = all(&[metric::HTTP_REQS]) {
            prop_assert_eq!(sum, reqs);
        }
        if let Some(Value::Rate { nonzero, total }) = all(&[metric::CHECKS]) {
            prop_assert_eq!((nonzero, total), checks);
        }
        match all(&[metric::GROUP_DURATION, metric::ITERATION_DURATION]) {
            Some(Value::Trend(trend)) => prop_assert_eq!(&*trend, &times),
            _ => prop_assert_eq!(times.count(), 0),
        }
        match all(&[plain]) {
            Some(Value::Trend(trend)) => prop_assert_eq!(&*trend, &plains),
            _ => prop_assert_eq!(plains.count(), 0),
        }
    }
}
