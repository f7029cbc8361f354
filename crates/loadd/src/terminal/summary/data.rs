//! The summary as `handleSummary` gets it, and what it gives back: k6's shape (k6 API reference, 3.5).

use std::{collections::BTreeMap, fs, io};

use loadd_metrics::{
    Contains, Kind, Summary, SummaryCheck, SummaryMetric, SummarySection, SummaryValues,
};
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

use crate::{config::SummarySettings, terminal::screen};

/// The argument of `handleSummary` as JSON text.
pub(crate) fn argument(
    summary: &Summary,
    settings: &SummarySettings,
    setup_data: Option<&str>,
) -> String {
    let metrics: Map<String, Value> = summary
        .total
        .metrics
        .iter()
        .map(|one| (one.name.clone(), metric(one)))
        .collect();
    let mut data = json!({
        "root_group": group(&summary.root_group),
        "metrics": metrics,
        "options": {
            "summaryTrendStats": settings.trend_stats,
            "summaryTimeUnit": settings.time_unit.clone().unwrap_or_default(),
            "noColor": !screen::stdout_is_terminal() || screen::colours_refused(),
        },
        "state": {
            "isStdOutTTY": screen::stdout_is_terminal(),
            "isStdErrTTY": screen::stderr_is_terminal(),
            "testRunDurationMs": summary.elapsed.as_secs_f64() * 1e3,
        },
    });
    // What setup returned was JSON when it was kept.
    if let Some(parsed) = setup_data.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        data["setup_data"] = parsed;
    }
    data.to_string()
}

/// k6's id of a group or check.
pub(super) fn id(path: &str) -> String {
    Md5::digest(path.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn group(section: &SummarySection) -> Value {
    json!({
        "name": section.name,
        "path": section.path,
        "id": id(&section.path),
        "groups": section.groups.iter().map(group).collect::<Vec<_>>(),
        "checks": section.checks.iter().map(check).collect::<Vec<_>>(),
    })
}

fn check(check: &SummaryCheck) -> Value {
    json!({
        "name": check.name,
        "path": check.path,
        "id": id(&check.path),
        "passes": check.passes,
        "fails": check.fails,
    })
}

fn metric(metric: &SummaryMetric) -> Value {
    let kind = match metric.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Rate => "rate",
        Kind::Trend => "trend",
    };
    let contains = match metric.contains {
        Contains::Default => "default",
        Contains::Time => "time",
        Contains::Data => "data",
    };
    let values = match &metric.values {
        SummaryValues::Counter { count, rate } => json!({ "count": count, "rate": rate }),
        SummaryValues::Gauge { value, min, max } => {
            json!({ "value": value, "min": min, "max": max })
        }
        SummaryValues::Rate {
            rate,
            passes,
            fails,
        } => json!({ "rate": rate, "passes": passes, "fails": fails }),
        SummaryValues::Trend(stats) => Value::Object(
            stats
                .iter()
                .map(|(stat, value)| (stat.clone(), json!(value)))
                .collect(),
        ),
    };
    let mut data = json!({ "type": kind, "contains": contains, "values": values });
    if !metric.thresholds.is_empty() {
        let verdicts: Map<String, Value> = metric
            .thresholds
            .iter()
            .map(|one| (one.expression.clone(), json!({ "ok": one.ok })))
            .collect();
        data["thresholds"] = Value::Object(verdicts);
    }
    data
}

/// What is to be written where, as `handleSummary` returned it.
///
/// # Errors
/// Where it is not an object whose values are text or bytes: nothing of it is written then.
pub(crate) fn outputs(returned: &str) -> Result<BTreeMap<String, Vec<u8>>, String> {
    loadd_script::summary_files(returned)
}

/// Writes them; the first fault is told, the others are written all the same.
///
/// # Errors
/// The first file that could not be written.
pub(crate) fn write(outputs: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    let mut failed = Ok(());
    for (place, bytes) in outputs {
        match place.as_str() {
            "stdout" => screen::print(&String::from_utf8_lossy(bytes)),
            "stderr" => screen::complain(&String::from_utf8_lossy(bytes)),
            path => {
                let written = fs::write(path, bytes)
                    .map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")));
                failed = failed.and(written);
            }
        }
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_text_is_refused_as_a_whole() {
        assert_eq!(
            outputs(r#"{"stdout":"a"}"#).map(|map| map["stdout"].clone()),
            Ok(b"a".to_vec())
        );
        assert!(outputs(r#"{"stdout":1}"#).is_err());
        assert!(outputs("[]").is_err());
    }

    #[test]
    fn checks_and_groups_have_k6s_ids() {
        let root = SummarySection {
            groups: vec![SummarySection {
                name: "g".into(),
                path: "::g".into(),
                checks: vec![SummaryCheck {
                    name: "c".into(),
                    path: "::g::c".into(),
                    passes: 2,
                    fails: 1,
                }],
                ..SummarySection::default()
            }],
            ..SummarySection::default()
        };
        let value = group(&root);
        assert_eq!(value["id"], "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(value["groups"][0]["checks"][0]["passes"], 2);
        assert_eq!(
            value["groups"][0]["checks"][0]["id"].as_str().map(str::len),
            Some(32)
        );
    }
}
