//! Histograms against Prometheus' figures and against a sorted list.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn worked() -> (Value, Histogram) {
    let example: Value =
        serde_json::from_str(include_str!("../testdata/worked-example.json")).unwrap();
    let mut histogram = Histogram::plain(2);
    for value in example["values"].as_array().unwrap() {
        histogram.add(value.as_f64().unwrap());
    }
    (example, histogram)
}

fn spans_of(value: &Value) -> Vec<Span> {
    let spans = value.as_array().unwrap().iter();
    spans
        .map(|span| Span {
            offset: span[0].as_i64().unwrap() as i32,
            length: span[1].as_u64().unwrap() as u32,
        })
        .collect()
}

fn deltas_of(value: &Value) -> Vec<i64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|delta| delta.as_i64().unwrap())
        .collect()
}

#[test]
fn the_worked_example_comes_out_as_prometheus_has_it() {
    let (example, histogram) = worked();
    assert_eq!(histogram.count(), 13);
    assert_eq!(histogram.zero_count(), 1);
    assert_eq!(
        histogram.zero_threshold(),
        example["zero_threshold"].as_f64().unwrap()
    );
    assert!((histogram.sum() - 47.9).abs() < 1e-12);
    let (positive, negative) = histogram.spans_deltas();
    assert_eq!(positive.spans, spans_of(&example["spans"]));
    assert_eq!(positive.deltas, deltas_of(&example["deltas"]));
    assert_eq!(negative, Spans::default());
}

#[test]
fn quantiles_are_those_of_prometheus_3() {
    let (example, histogram) = worked();
    for q in ["0", "0.5", "0.9", "0.99", "1"] {
        let answer =
            &example["prometheus_3_5_3_answers"][format!("histogram_quantile({q},worked_seconds)")];
        let expected: f64 = answer.as_str().unwrap().parse().unwrap();
        let quantile = histogram.quantile(q.parse().unwrap());
        assert!(
            (quantile - expected).abs() <= 1e-12 * expected,
            "q={q}: {quantile} is not {expected}"
        );
    }
    assert!(Histogram::plain(3).quantile(0.5).is_nan());
}

#[test]
fn whole_numbers_and_short_decimals_come_back_as_they_were() {
    for (values, p, expected) in [
        (vec![10.0, 20.0, 30.0], 50.0, 20.0),
        (vec![10.0, 20.0, 30.0], 90.0, 28.0),
        (vec![-30.0, -20.0, -10.0], 50.0, -20.0),
        (vec![0.1, 0.2, 0.3, 0.4, 0.5], 25.0, 0.2),
        (vec![1.0, 1500.0, 1500.0, 1e9], 50.0, 1500.0),
        (vec![1e-7, 2.5e-7, 4e-7], 50.0, 2.5e-7),
        (vec![1.0, 2f64.powi(900), f64::MAX], 50.0, 8.44e270),
    ] {
        let mut histogram = Histogram::plain(7);
        for value in &values {
            histogram.add(*value);
        }
        let found = histogram.percentile(p);
        assert!(
            (found / expected - 1.0).abs() < if expected.abs() < 1e9 { 1e-14 } else { 0.006 },
            "p({p}) of {values:?} is {found}"
        );
    }
}

#[test]
fn spans_and_deltas_are_those_of_the_cases() {
    let cases: Value = serde_json::from_str(include_str!("../testdata/span-cases.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let counts = case["index_counts"].as_array().unwrap().iter();
        let counts =
            counts.map(|pair| (pair[0].as_i64().unwrap() as i32, pair[1].as_u64().unwrap()));
        let encoded = Spans::encode(counts);
        assert_eq!(encoded.spans, spans_of(&case["spans"]), "{}", case["name"]);
        assert_eq!(
            encoded.deltas,
            deltas_of(&case["deltas"]),
            "{}",
            case["name"]
        );
    }
}

#[test]
fn times_are_summed_in_nanoseconds_and_told_in_seconds() {
    let mut histogram = Histogram::times(7);
    for nanos in [0, 953, 954, 1_500_000, u64::MAX] {
        histogram.observe(nanos);
    }
    assert_eq!(histogram.zero_count(), 2);
    assert_eq!(histogram.count(), 5);
    assert_eq!(histogram.min(), 0.0);
    assert_eq!(histogram.max(), i64::MAX as f64 / 1e9);
    assert_eq!(
        histogram.sum(),
        (i128::from(i64::MAX) + 953 + 954 + 1_500_000) as f64 / 1e9
    );
}

#[test]
fn classic_buckets_are_exact_at_native_edges() {
    let mut histogram = Histogram::plain(3);
    for value in [-3.0, -1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 8.0] {
        histogram.add(value);
    }
    let bounds = [-2.0, 0.0, 0.25, 0.5, 1.0, 4.0, 8.0];
    assert!(
        bounds
            .iter()
            .filter(|bound| **bound != 0.0)
            .all(|bound| histogram.is_edge(*bound))
    );
    assert!(!histogram.is_edge(0.3));
    assert_eq!(histogram.classic(&bounds), [1, 3, 4, 5, 7, 7, 8]);
}

#[test]
fn a_value_that_equals_a_bound_is_counted_there_whatever_the_resolution() {
    for schema in -4..=8 {
        let mut histogram = Histogram::plain(schema);
        for value in [10.0, 100.0, 500.0, 1e6] {
            histogram.add(value);
        }
        let bounds = [10.0, 100.0, 500.0, 1e6, f64::INFINITY];
        let counts = histogram.classic(&bounds);
        for (at_least, count) in (1..=4).zip(&counts) {
            assert!(*count >= at_least, "schema {schema}: {counts:?}");
        }
        if schema >= 0 {
            assert_eq!(counts, [1, 2, 3, 4, 4], "schema {schema}");
        }
    }
}

fn of(values: &[i64], schema: i8) -> Histogram {
    let mut histogram = Histogram::times(schema);
    for nanos in values {
        histogram.observe_nanos(*nanos);
    }
    histogram
}

/// Times as they come: zeros, near the threshold, everyday ones, negative and huge ones.
fn times() -> impl Strategy<Value = Vec<i64>> {
    let time = prop_oneof![
        Just(0),
        900..1_000i64,
        1_000..100_000_000_000i64,
        (0u32..62).prop_map(|power| 1i64 << power),
        -1_000_000_000_000..0i64,
        any::<i64>(),
    ];
    prop::collection::vec(time, 0..60)
}

proptest! {
    #[test]
    fn merging_is_commutative_and_associative(
        a in times(), b in times(), c in times(), schemas in prop::array::uniform3(-4i8..=8), wide in any::<bool>(),
    ) {
        let [mut a, b, mut c] = [of(&a, schemas[0]), of(&b, schemas[1]), of(&c, schemas[2])];
        if wide {
            // An edge of every schema.
            c.widen_zero(1.0);
            a.widen_zero(1.0 / 65_536.0);
        }
        let sum = |parts: [&Histogram; 2]| {
            let mut sum = parts[0].clone();
            sum.merge(parts[1]);
            sum
        };
        prop_assert_eq!(sum([&a, &b]), sum([&b, &a]));
        prop_assert_eq!(sum([&sum([&a, &b]), &c]), sum([&a, &sum([&b, &c])]));
    }

    #[test]
    fn the_difference_of_two_sums_is_what_was_added(a in times(), b in times(), schema in -4i8..=8) {
        let (before, added) = (of(&a, schema), of(&b, schema));
        let mut after = before.clone();
        after.merge(&added);
        let difference = after.since(&before);
        prop_assert_eq!(difference.count(), added.count());
        prop_assert_eq!(difference.zero_count(), added.zero_count());
        prop_assert_eq!(difference.positive().collect::<Vec<_>>(), added.positive().collect::<Vec<_>>());
        prop_assert_eq!(difference.negative().collect::<Vec<_>>(), added.negative().collect::<Vec<_>>());
        prop_assert_eq!(difference.sum(), added.sum());
    }

    #[test]
    fn reducing_is_the_same_as_recording_at_the_lower_schema(values in times(), from in -4i8..=8, to in -4i8..=8) {
        let mut reduced = of(&values, from.max(to));
        reduced.reduce(from.min(to));
        prop_assert_eq!(reduced, of(&values, from.min(to)));
    }

    #[test]
    fn a_percentile_is_off_by_one_bucket_at_most(mut values in times(), p in 0.0..=100.0f64, schema in -4i8..=8) {
        let histogram = of(&values, schema);
        values.sort_unstable();
        let n = values.len();
        prop_assume!(n > 0);
        let position = p / 100.0 * (n - 1) as f64;
        let at = |place: usize| values[place.min(n - 1)] as f64 / 1e9;
        let (low, high, share) = (at(position as usize), at(position as usize + 1), position.fract());
        let truth = if share == 0.0 { low } else { low + (high - low) * share };
        // Each neighbour may be off by its bucket; within the zero bucket by the threshold.
        let allowance = histogram.relative_error() * (low.abs().max(high.abs())) * (1.0 + 1e-9) + histogram.zero_threshold();
        let estimate = histogram.percentile(p);
        prop_assert!((estimate - truth).abs() <= allowance, "{estimate} for {truth}");
        prop_assert!((histogram.min()..=histogram.max()).contains(&estimate));
    }

    #[test]
    fn a_quantile_lies_in_the_bucket_of_the_true_order_statistic(mut values in prop::collection::vec(1_000..100_000_000_000i64, 1..80), q in 0.0..=1.0f64) {
        let histogram = of(&values, 7);
        values.sort_unstable();
        let place = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len()) - 1;
        let truth = values[place] as f64 / 1e9;
        prop_assert!((histogram.quantile(q) / truth - 1.0).abs() <= histogram.relative_error() * (1.0 + 1e-9));
    }

    #[test]
    fn what_is_saved_comes_back(values in times(), schema in -4i8..=8) {
        let histogram = of(&values, schema);
        prop_assert_eq!(Histogram::restore(&histogram.save()), histogram);
    }
}
