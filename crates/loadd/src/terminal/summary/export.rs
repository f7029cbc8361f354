//! The summary as JSON: `--summary-export`, and the newer form of it that `--new-machine-readable-summary` asks for.

use loadd_metrics::{Summary, SummaryCheck, SummaryMetric, SummarySection, SummaryValues};
use serde_json::{Map, Value, json, ser::PrettyFormatter};

use super::data;

/// k6's form since ever. `thresholds` say here whether they were *crossed*.
pub(crate) fn old(summary: &Summary, setup_data: Option<&str>) -> Value {
    let metrics: Map<String, Value> = summary
        .total
        .metrics
        .iter()
        .map(|one| (one.name.clone(), metric(one)))
        .collect();
    let mut form = json!({ "metrics": metrics, "root_group": group(&summary.root_group) });
    if let Some(parsed) = setup_data.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        form["setup_data"] = parsed;
    }
    form
}

fn metric(metric: &SummaryMetric) -> Value {
    let mut values = match &metric.values {
        SummaryValues::Counter { count, rate } => json!({ "count": count, "rate": rate }),
        SummaryValues::Gauge { value, min, max } => {
            json!({ "value": value, "min": min, "max": max })
        }
        SummaryValues::Rate {
            rate,
            passes,
            fails,
        } => {
            json!({ "value": rate, "passes": passes, "fails": fails })
        }
        SummaryValues::Trend(stats) => Value::Object(
            stats
                .iter()
                .map(|(stat, value)| (stat.clone(), json!(value)))
                .collect(),
        ),
    };
    if !metric.thresholds.is_empty() {
        let crossed = metric.thresholds.iter();
        let crossed = crossed.map(|one| (one.expression.clone(), Value::Bool(!one.ok)));
        values["thresholds"] = Value::Object(crossed.collect());
    }
    values
}

fn group(section: &SummarySection) -> Value {
    let groups = section
        .groups
        .iter()
        .map(|one| (one.name.clone(), group(one)));
    let checks = section
        .checks
        .iter()
        .map(|one| (one.name.clone(), check(one)));
    json!({
        "name": section.name,
        "path": section.path,
        "id": data::id(&section.path),
        "groups": groups.collect::<Map<_, _>>(),
        "checks": checks.collect::<Map<_, _>>(),
    })
}

fn check(check: &SummaryCheck) -> Value {
    json!({
        "name": check.name,
        "path": check.path,
        "id": data::id(&check.path),
        "passes": check.passes,
        "fails": check.fails,
    })
}

/// The newer form. `generated_at` is an RFC 3339 time.
pub(crate) fn new(summary: &Summary, script: &str, generated_at: &str) -> Value {
    let of_checks = |metric: &&SummaryMetric| metric.name.starts_with("checks");
    let metrics = summary.total.metrics.iter();
    let metrics: Vec<Value> = metrics
        .filter(|one| !of_checks(one))
        .map(new_metric)
        .collect();
    let checks = summary.total.checks.iter();
    let (mut passes, mut fails) = (0, 0);
    let results: Vec<Value> = checks
        .map(|check| {
            passes += check.passes;
            fails += check.fails;
            json!({ "name": check.name, "passes": check.passes, "fails": check.fails })
        })
        .collect();
    let total = passes + fails;
    let share = |part: u64| {
        if total > 0 {
            part as f64 / total as f64
        } else {
            0.0
        }
    };
    let rate = |name: &str, part: u64| {
        json!({ "name": name, "type": "rate", "contains": "default",
                "values": { "rate": share(part), "matches": part, "total": total } })
    };
    let seconds = summary.elapsed.as_secs_f64();
    let of_checks = if total > 0 {
        vec![
            json!({ "name": "checks_total", "type": "counter", "contains": "default", "values": { "count": total } }),
            rate("checks_succeeded", passes),
            rate("checks_failed", fails),
        ]
    } else {
        Vec::new()
    };
    json!({
        "version": "1.0.0",
        "metadata": { "generated_at": generated_at, "k6_version": env!("CARGO_PKG_VERSION") },
        "config": { "script": script, "execution": "local", "duration": seconds },
        "results": { "metrics": metrics, "checks": { "metrics": of_checks, "results": results } },
    })
}

fn new_metric(metric: &SummaryMetric) -> Value {
    let values = match &metric.values {
        SummaryValues::Counter { count, .. } => json!({ "count": count }),
        SummaryValues::Gauge { value, min, max } => {
            json!({ "value": value, "min": min, "max": max })
        }
        SummaryValues::Rate {
            rate,
            passes,
            fails,
        } => {
            json!({ "rate": rate, "matches": passes, "total": passes + fails })
        }
        SummaryValues::Trend(stats) => {
            let known = |name: &str| match name {
                "avg" | "min" | "med" | "max" => Some(name.to_owned()),
                "p(90)" => Some("p90".to_owned()),
                "p(95)" => Some("p95".to_owned()),
                _ => None,
            };
            let stats = stats
                .iter()
                .filter_map(|(name, value)| Some((known(name)?, json!(value))));
            Value::Object(stats.collect())
        }
    };
    json!({
        "name": metric.name,
        "type": metric.kind.as_str(),
        "contains": metric.contains.as_str(),
        "values": values,
    })
}

/// As k6 writes it: indented by four.
pub(crate) fn pretty(value: &Value) -> String {
    let mut out = Vec::new();
    let mut writer =
        serde_json::Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(b"    "));
    if serde::Serialize::serialize(value, &mut writer).is_err() {
        return value.to_string();
    }
    String::from_utf8(out).unwrap_or_else(|_| value.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use loadd_metrics::{Contains, Kind, ThresholdResult};

    use super::*;

    fn summary() -> Summary {
        let trend = SummaryMetric {
            name: "http_req_duration".into(),
            parent: None,
            selector: None,
            kind: Kind::Trend,
            contains: Contains::Time,
            values: SummaryValues::Trend(vec![
                ("avg".into(), 1.5),
                ("p(95)".into(), 2.0),
                ("p(99)".into(), 3.0),
            ]),
            thresholds: vec![ThresholdResult {
                key: "http_req_duration".into(),
                expression: "p(95)<1".into(),
                value: Some(2.0),
                ok: false,
                abort: false,
            }],
            has_samples: true,
        };
        let rate = SummaryMetric {
            name: "http_req_failed".into(),
            kind: Kind::Rate,
            contains: Contains::Default,
            values: SummaryValues::Rate {
                rate: 0.25,
                passes: 1,
                fails: 3,
            },
            thresholds: Vec::new(),
            ..trend.clone()
        };
        let check = SummaryCheck {
            name: "ok".into(),
            path: "::g::ok".into(),
            passes: 2,
            fails: 1,
        };
        let inner = SummarySection {
            name: "g".into(),
            path: "::g".into(),
            checks: vec![check.clone()],
            ..SummarySection::default()
        };
        Summary {
            elapsed: Duration::from_secs(2),
            total: SummarySection {
                metrics: vec![trend, rate],
                checks: vec![check],
                ..SummarySection::default()
            },
            root_group: SummarySection {
                groups: vec![inner],
                ..SummarySection::default()
            },
            scenarios: Vec::new(),
            thresholds: Vec::new(),
        }
    }

    #[test]
    fn the_old_form_says_which_thresholds_were_crossed_and_names_groups_and_checks() {
        let form = old(&summary(), Some("{\"a\":1}"));
        assert_eq!(
            form["metrics"]["http_req_duration"]["thresholds"]["p(95)<1"],
            true
        );
        assert_eq!(form["metrics"]["http_req_duration"]["p(99)"], 3.0);
        assert_eq!(
            form["metrics"]["http_req_failed"],
            json!({ "value": 0.25, "passes": 1, "fails": 3 })
        );
        let group = &form["root_group"]["groups"]["g"];
        assert_eq!(group["path"], "::g");
        assert_eq!(group["checks"]["ok"]["passes"], 2);
        assert_eq!(form["root_group"]["id"], "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(form["setup_data"]["a"], 1);
        assert!(pretty(&form).starts_with("{\n    \""));
    }

    #[test]
    fn the_new_form_has_lists_of_metrics_and_checks() {
        let form = new(&summary(), "a.js", "2026-01-01T00:00:00Z");
        assert_eq!(
            form["config"],
            json!({ "script": "a.js", "execution": "local", "duration": 2.0 })
        );
        let metrics = form["results"]["metrics"].as_array().unwrap();
        assert_eq!(metrics[0]["values"], json!({ "avg": 1.5, "p95": 2.0 }));
        assert_eq!(
            metrics[1]["values"],
            json!({ "rate": 0.25, "matches": 1, "total": 4 })
        );
        assert_eq!(
            form["results"]["checks"]["results"][0],
            json!({ "name": "ok", "passes": 2, "fails": 1 })
        );
    }
}
