//! Thresholds judged on snapshots.

use std::sync::Arc;

use super::*;
use crate::{MetricsSettings, Recorder, Shelf, TagSetId, Totals, metric};

fn set(pairs: &[(&str, &[&str])]) -> BTreeMap<String, Vec<ThresholdSettings>> {
    let list = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| ThresholdSettings::from(*text))
            .collect()
    };
    pairs
        .iter()
        .map(|(key, texts)| ((*key).to_owned(), list(texts)))
        .collect()
}

fn snapshot(elapsed: Duration, record: impl Fn(&mut Recorder)) -> (Arc<Registry>, Arc<Snapshot>) {
    let registry = Registry::new(MetricsSettings::default());
    let mut recorder = Recorder::new(&registry);
    record(&mut recorder);
    let mut totals = Totals::new(&registry);
    totals.absorb(recorder.swap(Shelf::default()));
    let snapshot = totals.snapshot(0, elapsed, false);
    (registry, snapshot)
}

fn checks_and_requests(recorder: &mut Recorder) {
    for (name, passed, nanos) in [
        ("a", 1.0, 10_000_000),
        ("a", 1.0, 20_000_000),
        ("b", 0.0, 400_000_000),
    ] {
        let tags = recorder.extend(TagSetId::EMPTY, &[("name", name)]);
        let series = recorder.request_series(tags);
        recorder.record_request(&series, &[nanos; 7], Some(passed == 0.0));
        let checks = recorder.series(metric::CHECKS, tags);
        recorder.add(checks, passed);
    }
    let vus = recorder.series(metric::VUS, TagSetId::EMPTY);
    recorder.add(vus, 7.0);
    recorder.add(vus, 5.0);
}

#[test]
fn each_kind_is_judged_by_its_methods() {
    let (registry, snapshot) = snapshot(Duration::from_secs(2), checks_and_requests);
    for (key, expression, value, ok) in [
        ("http_reqs", "count==3", 3.0, true),
        ("http_reqs", "rate>2", 1.5, false),
        ("http_reqs{name:a}", "count===2", 2.0, true),
        ("checks", "rate>0.9", 2.0 / 3.0, false),
        ("checks{name:a}", "rate>0.9", 1.0, true),
        ("vus", "value<6", 5.0, true),
        ("http_req_duration", "max<=400", 400.0, true),
        ("http_req_duration{name:b}", "p(95)<400", 400.0, false),
        ("http_req_duration{name:a}", "avg<15.5", 15.0, true),
        ("http_req_duration", "min>=10", 10.0, true),
    ] {
        let thresholds = ThresholdSet::parse(&set(&[(key, &[expression])])).unwrap();
        thresholds.check(&registry).unwrap();
        let results = thresholds.evaluate(&snapshot, false);
        let expected = ThresholdResult {
            key: key.to_owned(),
            expression: expression.to_owned(),
            value: Some(value),
            ok,
            abort: false,
        };
        assert_eq!(results, [expected]);
    }
}

#[test]
fn without_samples_a_metric_is_skipped_at_a_tick_and_is_zero_at_the_end() {
    let (_, snapshot) = snapshot(Duration::from_secs(2), |_| {});
    for (key, expression, ok_at_end) in [
        ("http_reqs", "count>0", false),
        ("http_reqs", "rate<1", true),
        ("vus", "value>0", false),
        ("http_req_duration", "p(95)<500", true),
        ("http_req_duration", "p(95)>500", false),
        ("checks", "rate>0.9", true),
        ("checks", "rate<0.9", true),
    ] {
        let thresholds = ThresholdSet::parse(&set(&[(key, &[expression])])).unwrap();
        assert!(
            thresholds.evaluate(&snapshot, false)[0].ok,
            "{key} {expression} at a tick"
        );
        assert_eq!(
            thresholds.evaluate(&snapshot, true)[0].ok,
            ok_at_end,
            "{key} {expression} at the end"
        );
    }
}

#[test]
fn a_failing_threshold_aborts_only_once_its_delay_is_over() {
    let mut settings = set(&[("checks", &["rate>0.9"])]);
    let one = &mut settings.get_mut("checks").unwrap()[0];
    one.abort_on_fail = true;
    one.delay_abort_eval = Some(Duration::from_secs(10));
    let thresholds = ThresholdSet::parse(&settings).unwrap();
    let abort =
        |elapsed| thresholds.evaluate(&snapshot(elapsed, checks_and_requests).1, false)[0].abort;
    assert!(!abort(Duration::from_secs(10)));
    assert!(abort(Duration::from_millis(10_001)));
}

#[test]
fn faults_name_key_and_expression() {
    let errors = ThresholdSet::parse(&set(&[
        ("checks{a}", &["rate>1"]),
        ("vus", &["value<5ms", "value<1"]),
    ]))
    .unwrap_err();
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 2);
    assert!(
        texts[0].contains("checks{a}") && texts[1].contains("value<5ms"),
        "{texts:?}"
    );
    let registry = Registry::new(MetricsSettings::default());
    let set = ThresholdSet::parse(&set(&[("nope", &["rate>1"]), ("vus", &["p(95)<1"])])).unwrap();
    let texts: Vec<_> = set
        .check(&registry)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        texts[0].contains("nope") && texts[1].contains("gauge"),
        "{texts:?}"
    );
}
