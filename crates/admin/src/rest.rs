//! k6's REST API: statuses, metrics and groups in its JSON shapes. Pure.

use std::collections::{BTreeMap, BTreeSet};

use loadd_engine::{Phase, Status, StopReason};
use loadd_metrics::{
    Contains, Family, Kind, MetricInfo, Selector, Snapshot, ThresholdSet, TrendStat,
    Value as Amount, metric,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::md5;

/// What a PATCH may say.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Change {
    pub(crate) paused: Option<bool>,
    pub(crate) stopped: Option<bool>,
    pub(crate) vus: Option<Value>,
    #[serde(rename = "vus-max")]
    pub(crate) vus_max: Option<Value>,
}

/// Reads the body of a PATCH: only `data.attributes` counts.
pub(crate) fn change(body: &[u8]) -> Result<Change, String> {
    #[derive(Deserialize)]
    struct Document {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        #[serde(default)]
        attributes: Change,
    }
    serde_json::from_slice::<Document>(body)
        .map(|document| document.data.attributes)
        .map_err(|error| error.to_string())
}

/// `/v1/status`; `None`: there is no engine yet.
pub(crate) fn status(status: Option<&Status>) -> Value {
    let attributes = match status {
        None => {
            json!({ "status": 0, "paused": false, "vus": 0, "vus-max": 0, "stopped": false, "running": false, "tainted": false })
        }
        Some(status) => json!({
            "status": number(status),
            "paused": status.paused,
            "vus": status.vus,
            "vus-max": status.vus_max,
            "stopped": status.stop.is_some() || status.phase == Phase::Ended,
            "running": status.phase >= Phase::Setup && (status.phase != Phase::Ended || is_abort(status.stop)),
            "tainted": status.tainted,
        }),
    };
    json!({ "data": { "type": "status", "id": "default", "attributes": attributes } })
}

fn is_abort(stop: Option<StopReason>) -> bool {
    stop.is_some_and(|stop| stop != StopReason::Graceful)
}

fn number(status: &Status) -> u8 {
    match status.phase {
        Phase::Created => 0,
        Phase::InitVus => 1,
        Phase::Waiting if status.paused => 4,
        Phase::Waiting => 3,
        Phase::Setup => 6,
        Phase::Running => 7,
        Phase::Teardown => 8,
        Phase::Ended if is_abort(status.stop) => 10,
        Phase::Ended => 9,
    }
}

/// k6's error document.
pub(crate) fn error(status: u16, title: &str, detail: &str) -> Value {
    json!({ "errors": [{ "status": status.to_string(), "title": title, "detail": detail }] })
}

/// `/v1/metrics`: all of k6's and the script's metrics with samples or thresholds, submetrics of thresholds among them.
pub(crate) fn metrics(snapshot: &Snapshot, thresholds: &ThresholdSet) -> Value {
    let tainted = taints(snapshot, thresholds);
    let mut data = Vec::new();
    for info in snapshot
        .metrics
        .iter()
        .filter(|info| info.family == Family::K6)
    {
        let amount = snapshot.total(info.id, |_| true);
        if amount.is_some() || tainted.contains_key(&*info.name) {
            data.push(entry(
                &info.name,
                info,
                amount.as_ref(),
                snapshot,
                tainted.get(&*info.name),
            ));
        }
    }
    for (selector, _) in thresholds
        .iter()
        .filter(|(selector, _)| selector.text().is_some())
    {
        data.extend(submetric(selector, snapshot, &tainted));
    }
    json!({ "data": data })
}

/// `/v1/metrics/NAME`; `None`: unknown.
pub(crate) fn one_metric(
    name: &str,
    snapshot: &Snapshot,
    thresholds: &ThresholdSet,
) -> Option<Value> {
    let tainted = taints(snapshot, thresholds);
    if let Some((selector, _)) = thresholds
        .iter()
        .find(|(selector, _)| selector.text().is_some() && selector.name() == name)
    {
        return submetric(selector, snapshot, &tainted).map(|entry| json!({ "data": entry }));
    }
    let info = snapshot
        .find(name)
        .filter(|info| info.family == Family::K6)?;
    let amount = snapshot.total(info.id, |_| true);
    if amount.is_none() && !tainted.contains_key(name) {
        return None;
    }
    Some(json!({ "data": entry(name, info, amount.as_ref(), snapshot, tainted.get(name)) }))
}

fn submetric(
    selector: &Selector,
    snapshot: &Snapshot,
    tainted: &BTreeMap<String, bool>,
) -> Option<Value> {
    let info = snapshot.find(selector.metric())?;
    let name = selector.name();
    let amount = snapshot.total(info.id, |tags| selector.matches(tags));
    Some(entry(
        &name,
        info,
        amount.as_ref(),
        snapshot,
        tainted.get(&name),
    ))
}

fn taints(snapshot: &Snapshot, thresholds: &ThresholdSet) -> BTreeMap<String, bool> {
    let mut taints = BTreeMap::new();
    for result in thresholds.evaluate(snapshot, snapshot.last) {
        *taints.entry(result.key).or_default() |= !result.ok;
    }
    taints
}

fn entry(
    name: &str,
    info: &MetricInfo,
    amount: Option<&Amount>,
    snapshot: &Snapshot,
    tainted: Option<&bool>,
) -> Value {
    let kind = match info.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Rate => "rate",
        Kind::Trend => "trend",
    };
    let contains = match info.contains {
        Contains::Default => "default",
        Contains::Time => "time",
        Contains::Data => "data",
    };
    let sample = sample(info.kind, amount, snapshot.elapsed.as_secs_f64());
    json!({ "type": "metrics", "id": name,
            "attributes": { "type": kind, "contains": contains, "tainted": tainted, "sample": sample } })
}

fn sample(kind: Kind, amount: Option<&Amount>, elapsed: f64) -> Value {
    match (kind, amount) {
        (Kind::Counter, Some(Amount::Counter(sum))) => {
            json!({ "count": sum, "rate": if elapsed > 0.0 { sum / elapsed } else { 0.0 } })
        }
        (Kind::Gauge, Some(Amount::Gauge(Some(gauge)))) => json!({ "value": gauge.last }),
        (Kind::Rate, Some(Amount::Rate { nonzero, total })) if *total > 0 => {
            json!({ "rate": *nonzero as f64 / *total as f64 })
        }
        (Kind::Trend, Some(Amount::Trend(histogram))) => json!({
            "avg": histogram.stat(TrendStat::Avg), "min": histogram.stat(TrendStat::Min), "med": histogram.stat(TrendStat::Med),
            "max": histogram.stat(TrendStat::Max), "p(90)": histogram.stat(TrendStat::Percentile(90.0)),
            "p(95)": histogram.stat(TrendStat::Percentile(95.0)),
        }),
        (Kind::Counter, _) => json!({ "count": 0, "rate": 0 }),
        (Kind::Gauge, _) => json!({ "value": 0 }),
        (Kind::Rate, _) => json!({ "rate": 0 }),
        (Kind::Trend, _) => {
            json!({ "avg": 0, "min": 0, "med": 0, "max": 0, "p(90)": 0, "p(95)": 0 })
        }
    }
}

/// `/v1/groups`: the root first, then the groups that samples name, with their checks.
pub(crate) fn groups(snapshot: &Snapshot) -> Vec<Value> {
    let mut paths: BTreeSet<String> = BTreeSet::from([String::new()]);
    let mut checks: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for id in [metric::CHECKS, metric::GROUP_DURATION] {
        for series in snapshot.of(id).filter(|series| series.has_samples()) {
            let path = series.tags.get("group").unwrap_or("");
            for (end, _) in path.match_indices("::").skip(1) {
                paths.insert(path[..end].to_owned());
            }
            paths.insert(path.to_owned());
            if let (Some(name), Amount::Rate { nonzero, total }) =
                (series.tags.get("check"), &series.value)
            {
                let path_of_check = format!("{path}::{name}");
                let check = checks.entry(path.to_owned()).or_default().entry(name.to_owned()).or_insert_with(|| {
                    json!({ "id": md5::hex(&path_of_check), "path": path_of_check, "name": name, "passes": 0, "fails": 0 })
                });
                check["passes"] = (check["passes"].as_u64().unwrap_or(0) + nonzero).into();
                check["fails"] = (check["fails"].as_u64().unwrap_or(0) + total - nonzero).into();
            }
        }
    }
    let reference = |path: &String| json!({ "type": "groups", "id": md5::hex(path) });
    let group = |path: &String| {
        let children: Vec<_> = paths
            .iter()
            .filter(|other| parent(other) == Some(path))
            .map(reference)
            .collect();
        let checks = checks
            .get(path)
            .map_or(Value::Null, |checks| checks.values().cloned().collect());
        json!({
            "type": "groups", "id": md5::hex(path),
            "attributes": { "path": path, "name": path.rsplit("::").next(), "checks": checks },
            "relationships": { "groups": { "data": children },
                               "parent": { "data": parent(path).map(|path| reference(&path.to_owned())) } },
        })
    };
    paths.iter().map(group).collect()
}

fn parent(path: &str) -> Option<&str> {
    path.rfind("::").map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_read_from_its_attributes_alone() {
        let ok = |text: &str| change(text.as_bytes()).expect(text);
        assert_eq!(
            ok(r#"{"data":{"attributes":{"paused":true}}}"#).paused,
            Some(true)
        );
        assert_eq!(ok(r#"{"data":{"type":"status","id":"default","attributes":{"stopped":true,"status":4}}}"#).stopped, Some(true));
        assert!(ok(r#"{"data":{"attributes":{"vus":5}}}"#).vus.is_some());
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"data":{"attributes":{"paused":"yes"}}}"#,
            r#"{"data":"#,
        ] {
            assert!(change(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
