//! The summary's data from recorded samples.

use std::collections::BTreeMap;

use super::*;
use crate::{
    MetricsSettings, Recorder, Registry, Shelf, TagSetId, ThresholdSettings, Totals, metric,
};

fn summary(thresholds: &[(&str, &str)]) -> Summary {
    let registry = Registry::new(MetricsSettings::default());
    let mut recorder = Recorder::new(&registry);
    for (scenario, group, check, passed) in [
        ("default", "::login", "answers", true),
        ("default", "::login::inner", "deep", true),
        ("default", "", "body", true),
        ("browse", "::login", "answers", false),
        ("browse", "::other", "late", true),
    ] {
        let tags = recorder.extend(
            TagSetId::EMPTY,
            &[
                ("scenario", scenario),
                ("group", group),
                ("expected_response", "true"),
            ],
        );
        let request = recorder.request_series(tags);
        recorder.record_request(&request, &[10_000_000; 7], Some(!passed));
        let tags = recorder.extend(tags, &[("check", check)]);
        let series = recorder.series(metric::CHECKS, tags);
        recorder.add(series, f64::from(u8::from(passed)));
    }
    let sent = recorder.series(metric::DATA_SENT, TagSetId::EMPTY);
    recorder.add(sent, 0.0);
    let mut totals = Totals::new(&registry);
    totals.absorb(recorder.swap(Shelf::default()));
    let snapshot = totals.snapshot(0, Duration::from_secs(2), true);
    let settings: BTreeMap<_, _> = thresholds
        .iter()
        .map(|(key, text)| ((*key).to_owned(), vec![ThresholdSettings::from(*text)]))
        .collect();
    Summary::of(
        &snapshot,
        &ThresholdSet::parse(&settings).unwrap(),
        &SummaryOptions::default(),
    )
}

fn names<'a, T: 'a>(items: &'a [T], name: impl Fn(&'a T) -> &'a str) -> Vec<&'a str> {
    items.iter().map(name).collect()
}

#[test]
fn metrics_without_samples_are_absent_except_those_with_a_threshold() {
    let summary = summary(&[("iterations", "count>0")]);
    let names = names(&summary.total.metrics, |metric| &metric.name);
    assert!(!names.contains(&"dropped_iterations") && !names.contains(&"loadd_series"));
    // A sample of 0 is a sample.
    assert!(names.contains(&"data_sent"));
    let iterations = summary
        .total
        .metrics
        .iter()
        .find(|metric| metric.name == "iterations")
        .unwrap();
    assert!(!iterations.has_samples && !iterations.thresholds[0].ok);
}

#[test]
fn submetrics_follow_their_metric() {
    let summary = summary(&[("http_req_duration{scenario:browse}", "max<5")]);
    let names = names(&summary.total.metrics, |metric| &metric.name);
    let at = names
        .iter()
        .position(|name| *name == "http_req_duration")
        .unwrap();
    assert_eq!(
        names[at + 1..at + 3],
        [
            "http_req_duration{expected_response:true}",
            "http_req_duration{scenario:browse}"
        ]
    );
    let submetric = &summary.total.metrics[at + 2];
    assert_eq!(
        (submetric.parent.as_deref(), submetric.selector.as_deref()),
        (Some("http_req_duration"), Some("scenario:browse"))
    );
    assert_eq!(submetric.thresholds[0].value, Some(10.0));
    let SummaryValues::Trend(stats) = &submetric.values else {
        panic!()
    };
    assert_eq!(
        stats.iter().map(|(text, _)| &**text).collect::<Vec<_>>(),
        ["avg", "min", "med", "max", "p(90)", "p(95)"]
    );
    assert!(stats.iter().all(|(_, value)| *value == 10.0), "{stats:?}");
}

#[test]
fn checks_of_equal_name_are_merged_in_the_total_and_apart_in_their_groups() {
    let summary = summary(&[]);
    let total: Vec<_> = summary
        .total
        .checks
        .iter()
        .map(|check| (&*check.name, check.passes, check.fails))
        .collect();
    assert_eq!(
        total,
        [
            ("answers", 1, 1),
            ("deep", 1, 0),
            ("body", 1, 0),
            ("late", 1, 0)
        ]
    );
    let root = &summary.root_group;
    assert_eq!(names(&root.checks, |check| &check.path), ["::body"]);
    assert_eq!(
        names(&root.groups, |group| &group.path),
        ["::login", "::other"]
    );
    assert_eq!(
        names(&root.groups[0].groups, |group| &group.path),
        ["::login::inner"]
    );
    assert_eq!(
        names(&root.groups[0].checks, |check| &check.path),
        ["::login::answers"]
    );
    assert_eq!(
        names(&summary.scenarios, |scenario| &scenario.name),
        ["browse", "default"]
    );
    let browse = &summary.scenarios[0];
    assert_eq!(
        names(&browse.groups, |group| &group.name),
        ["login", "other"]
    );
    assert_eq!(
        (
            browse.groups[0].checks[0].passes,
            browse.groups[0].checks[0].fails
        ),
        (0, 1)
    );
    let requests = browse
        .metrics
        .iter()
        .find(|metric| metric.name == "http_reqs")
        .unwrap();
    assert_eq!(
        requests.values,
        SummaryValues::Counter {
            count: 2.0,
            rate: 1.0
        }
    );
}

#[test]
fn only_statistics_are_taken_as_trend_stats() {
    assert_eq!(
        SummaryOptions::default().with_trend_stats(&["p(99.9)", "nope"]),
        Err("nope".to_owned())
    );
    let options = SummaryOptions::default()
        .with_trend_stats(&["count", "p(99.9)"])
        .unwrap();
    assert_eq!(options.trend_stats[1].1, TrendStat::Percentile(99.9));
}
