//! What the contract or k6 knows and this release does not do yet: one table, from which a row is deleted when it does.
//! Nothing here is ever accepted and ignored.

use serde_json::{Map, Value};

/// Path (`*`: any key) and what it is.
const KEYS: &[(&str, &str)] = &[
    // Tables of the contract.
    ("verdict", "the verdict over all workers"),
    ("prometheus", "asking Prometheus"),
    ("guards", "guards"),
    (
        "workers.discover",
        "finding the workers by name; set workers.index and workers.count",
    ),
    ("workers.setup", "setup on the first worker only"),
    ("workers.first", "setup on the first worker only"),
    ("workers.token_file", "setup on the first worker only"),
    ("workers.load_zone", "load zones"),
    ("scenarios.*.curve", "executor daily"),
    ("scenarios.*.time_zone", "executor daily"),
    ("scenarios.*.query", "executor prometheus-rate"),
    ("scenarios.*.scale", "executor prometheus-rate"),
    ("scenarios.*.fallback", "executor prometheus-rate"),
    ("scenarios.*.options", "browser options"),
    ("thresholds.*.*.over", "windowed thresholds"),
    ("thresholds.*.*.for", "windowed thresholds"),
    // Options of k6.
    ("features", "feature flags"),
];

/// Values that are not supported yet, at keys that are.
const VALUES: &[(&str, &str, &str)] = &[
    ("scenarios.*.executor", "daily", "executor daily"),
    (
        "scenarios.*.executor",
        "prometheus-rate",
        "executor prometheus-rate",
    ),
];

/// Keys of k6 that have no effect on a local run of k6 either: free JSON for others.
pub(crate) const FREE: &[&str] = &["ext", "cloud"];

/// Whether a key is known, and not supported yet.
pub(crate) fn is_listed(path: &[String]) -> bool {
    KEYS.iter().any(|(pattern, _)| matches(pattern, path))
}

/// Takes out of a map what is not supported yet, and says what it was: path and words.
pub(crate) fn take(map: &mut Map<String, Value>) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    take_from(map, &mut Vec::new(), &mut found);
    found
}

fn take_from(
    map: &mut Map<String, Value>,
    path: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, String)>,
) {
    map.retain(|key, value| {
        path.push(key.clone());
        let keep = keep(value, path, found);
        path.pop();
        keep
    });
}

fn keep(value: &mut Value, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, String)>) -> bool {
    let said = |what: &str| format!("not supported yet: {what}");
    if value.is_null() {
        return true;
    }
    if let Some((_, what)) = KEYS.iter().find(|(pattern, _)| matches(pattern, path)) {
        found.push((path.clone(), said(what)));
        return false;
    }
    if let Some(text) = value.as_str()
        && let Some((.., what)) = VALUES
            .iter()
            .find(|(pattern, value, _)| *value == text && matches(pattern, path))
    {
        found.push((path.clone(), said(what)));
    }
    match value {
        Value::Object(map) => take_from(map, path, found),
        Value::Array(list) => {
            for (index, item) in list.iter_mut().enumerate() {
                path.push(index.to_string());
                if let Value::Object(map) = item {
                    take_from(map, path, found);
                }
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    true
}

fn matches(pattern: &str, path: &[String]) -> bool {
    let mut parts = pattern.split('.');
    path.iter().all(|key| {
        parts
            .next()
            .is_some_and(|part| part == "*" || part == super::keys::to_snake(key))
    }) && parts.next().is_none()
}
