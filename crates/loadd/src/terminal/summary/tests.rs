use std::time::Duration;

use loadd_metrics::{Kind, SummarySection};

use super::*;
use crate::config::SummaryExport;

fn metric(name: &str, contains: Contains, values: SummaryValues) -> SummaryMetric {
    let kind = match values {
        SummaryValues::Counter { .. } => Kind::Counter,
        SummaryValues::Gauge { .. } => Kind::Gauge,
        SummaryValues::Rate { .. } => Kind::Rate,
        SummaryValues::Trend(_) => Kind::Trend,
    };
    let parts = name.split_once('{');
    SummaryMetric {
        name: name.into(),
        parent: parts.map(|(parent, _)| parent.into()),
        selector: parts.map(|(_, text)| text.trim_end_matches('}').into()),
        kind,
        contains,
        values,
        thresholds: Vec::new(),
        has_samples: true,
    }
}

fn trend(values: [f64; 4]) -> SummaryValues {
    SummaryValues::Trend(
        ["avg", "min", "max", "p(95)"]
            .iter()
            .map(|name| (*name).to_owned())
            .zip(values)
            .collect(),
    )
}

fn verdict(key: &str, expression: &str, value: f64, ok: bool) -> ThresholdResult {
    ThresholdResult {
        key: key.into(),
        expression: expression.into(),
        value: Some(value),
        ok,
        abort: false,
    }
}

#[test]
fn the_summary_has_the_layout_of_k6() {
    let check = |name: &str, passes, fails| SummaryCheck {
        name: name.into(),
        path: format!("::{name}"),
        passes,
        fails,
    };
    let total = SummarySection {
        metrics: vec![
            metric(
                "basket_size",
                Contains::Default,
                SummaryValues::Gauge {
                    value: 3.0,
                    min: 1.0,
                    max: 9.0,
                },
            ),
            metric(
                "checks",
                Contains::Default,
                SummaryValues::Rate {
                    rate: 0.975,
                    passes: 39,
                    fails: 1,
                },
            ),
            metric(
                "data_received",
                Contains::Data,
                SummaryValues::Counter {
                    count: 4_600.0,
                    rate: 459.0,
                },
            ),
            metric("http_req_blocked", Contains::Time, trend([1.0; 4])),
            metric(
                "http_req_duration",
                Contains::Time,
                trend([8.1, 5.0, 31.2, 12.4]),
            ),
            metric(
                "http_req_duration{expected_response:true}",
                Contains::Time,
                trend([8.0, 5.0, 19.7, 12.3]),
            ),
            metric(
                "http_req_duration{name:login}",
                Contains::Time,
                trend([14.2, 9.0, 31.2, 30.5]),
            ),
            metric(
                "http_req_failed",
                Contains::Default,
                SummaryValues::Rate {
                    rate: 0.025,
                    passes: 1,
                    fails: 39,
                },
            ),
            metric(
                "http_reqs",
                Contains::Default,
                SummaryValues::Counter {
                    count: 40.0,
                    rate: 3.997_602,
                },
            ),
            metric(
                "vus",
                Contains::Default,
                SummaryValues::Gauge {
                    value: 1.0,
                    min: 1.0,
                    max: 1.0,
                },
            ),
        ],
        checks: vec![
            check("login answers", 39, 1),
            check("body not empty", 40, 0),
        ],
        ..SummarySection::default()
    };
    let summary = Summary {
        elapsed: Duration::from_secs(10),
        total,
        root_group: SummarySection::default(),
        scenarios: Vec::new(),
        thresholds: vec![
            verdict("http_req_duration", "p(95)<500", 12.4, true),
            verdict("http_req_duration{name:login}", "p(99.9)<10", 31.05, false),
            verdict("http_req_failed", "rate<0.01", 0.025, false),
        ],
    };
    let settings = SummarySettings {
        trend_stats: Vec::new(),
        time_unit: None,
        mode: SummaryMode::Compact,
        export: None,
        form: SummaryExport::Old,
    };
    insta::assert_snapshot!(text(&summary, &settings, Paint::Plain));
}
