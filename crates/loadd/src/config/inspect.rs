//! Options as `inspect` and an archive's metadata show them: every key of k6 in k6's order, `null` where nothing was said.

use std::fmt::Write;

use loadd_timeline::{CountValue, LengthValue, ScenarioSettings};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::options;

/// What a value is, for writing it as k6 does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    Plain,
    Count,
    Duration,
    Stages,
    Scenarios,
    Thresholds,
    Dns,
}

/// k6's keys in the order in which it shows them.
const SHOWN: &[(&str, Is)] = &[
    ("paused", Is::Plain),
    ("vus", Is::Count),
    ("duration", Is::Duration),
    ("iterations", Is::Count),
    ("stages", Is::Stages),
    ("scenarios", Is::Scenarios),
    ("executionSegment", Is::Plain),
    ("executionSegmentSequence", Is::Plain),
    ("noSetup", Is::Plain),
    ("setupTimeout", Is::Duration),
    ("noTeardown", Is::Plain),
    ("teardownTimeout", Is::Duration),
    ("handleSummaryTimeout", Is::Duration),
    ("rps", Is::Count),
    ("dns", Is::Dns),
    ("maxRedirects", Is::Count),
    ("userAgent", Is::Plain),
    ("batch", Is::Count),
    ("batchPerHost", Is::Count),
    ("httpDebug", Is::Plain),
    ("insecureSkipTLSVerify", Is::Plain),
    ("tlsCipherSuites", Is::Plain),
    ("tlsVersion", Is::Plain),
    ("tlsAuth", Is::Plain),
    ("throw", Is::Plain),
    ("thresholds", Is::Thresholds),
    ("blacklistIPs", Is::Plain),
    ("blockHostnames", Is::Plain),
    ("hosts", Is::Plain),
    ("noConnectionReuse", Is::Plain),
    ("noVUConnectionReuse", Is::Plain),
    ("minIterationDuration", Is::Duration),
    ("cloud", Is::Plain),
    ("ext", Is::Plain),
    ("summaryTrendStats", Is::Plain),
    ("summaryTimeUnit", Is::Plain),
    ("systemTags", Is::Plain),
    ("tags", Is::Plain),
    ("metricSamplesBufferSize", Is::Count),
    ("noCookiesReset", Is::Plain),
    ("discardResponseBodies", Is::Plain),
    ("features", Is::Plain),
];

/// Options in order, each as k6 writes it.
pub(crate) type Shown = Vec<(&'static str, Value)>;

/// Options in k6's spelling, shown whole.
pub(crate) fn shown(options: &Map<String, Value>) -> Shown {
    let null = Value::Null;
    let shown = SHOWN.iter().filter_map(|(key, is)| {
        let value = options.get(*key).unwrap_or(&null);
        // Free JSON for others is shown only where it is there.
        (*key != "cloud" || !value.is_null()).then(|| (*key, as_k6(*is, value)))
    });
    shown.collect()
}

fn as_k6(is: Is, value: &Value) -> Value {
    match is {
        Is::Dns => {
            let part = |key: &str| value.get(key).cloned().unwrap_or(Value::Null);
            let ttl = match part("ttl") {
                Value::Number(millis) => options::duration_text(&Value::Number(millis)),
                other => other,
            };
            json!({ "ttl": ttl, "select": part("select"), "policy": part("policy") })
        }
        _ if value.is_null() => Value::Null,
        Is::Plain => value.clone(),
        Is::Count => count(value),
        Is::Duration => length(value),
        Is::Stages => stages(value),
        Is::Scenarios => scenarios(value),
        Is::Thresholds => options::thresholds(value),
    }
}

fn count(value: &Value) -> Value {
    serde_json::from_value::<CountValue>(value.clone())
        .map_or_else(|_| value.clone(), |count| count.0.into())
}

fn length(value: &Value) -> Value {
    match serde_json::from_value::<LengthValue>(value.clone()) {
        Ok(LengthValue::For(_)) => options::duration_text(value),
        Ok(LengthValue::Forever) | Err(_) => value.clone(),
    }
}

fn stages(value: &Value) -> Value {
    let one = |stage: &Value| {
        let part = |key: &str| stage.get(key).filter(|value| !value.is_null());
        json!({
            "duration": part("duration").map(options::duration_text),
            "target": part("target").map(count),
        })
    };
    value
        .as_array()
        .map_or_else(|| value.clone(), |list| list.iter().map(one).collect())
}

/// Each scenario with all the fields of its executor.
fn scenarios(value: &Value) -> Value {
    let Value::Object(map) = value else {
        return value.clone();
    };
    let one = |(name, given): (&String, &Value)| {
        let Ok(settings) = serde_json::from_value::<ScenarioSettings>(given.clone()) else {
            return (name.clone(), given.clone());
        };
        let set = serde_json::to_value(&settings).unwrap_or(Value::Null);
        let executor = settings.executor.as_deref().unwrap_or_default();
        let mut fields = Map::new();
        for field in ScenarioSettings::fields_of(executor) {
            let value = match (field, set.get(field)) {
                ("stages", Some(list)) => stages(list),
                (_, Some(value)) => value.clone(),
                // loadd's own fields are shown only where they are used.
                ("onExhausted", None) => continue,
                (_, None) => Value::Null,
            };
            fields.insert(field.to_owned(), value);
        }
        let options = given.get("options").cloned().unwrap_or(Value::Null);
        fields.insert("options".to_owned(), options);
        (name.clone(), Value::Object(fields))
    };
    Value::Object(map.iter().map(one).collect())
}

/// Fields of k6's structures in its own order; all other keys by name, behind them.
const FIELDS: &[&str] = &[
    "ttl",
    "select",
    "policy",
    "min",
    "threshold",
    "abortOnFail",
    "delayAbortEval",
    "executor",
    "startTime",
    "gracefulStop",
    "env",
    "exec",
    "tags",
    "options",
    "startVUs",
    "startRate",
    "vus",
    "duration",
    "target",
    "iterations",
    "maxDuration",
    "rate",
    "timeUnit",
    "stages",
    "gracefulRampDown",
    "preAllocatedVUs",
    "maxVUs",
];

/// A value whose objects are written in the order of [`FIELDS`].
struct InOrder<'a>(&'a Value);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => serializer.collect_seq(items.iter().map(InOrder)),
            Value::Object(map) => {
                let mut fields: Vec<(&String, &Value)> = map.iter().collect();
                let rank = |name: &str| FIELDS.iter().position(|field| *field == name);
                fields.sort_by_key(|(name, _)| rank(name).unwrap_or(FIELDS.len()));
                serializer.collect_map(
                    fields
                        .into_iter()
                        .map(|(name, value)| (name, InOrder(value))),
                )
            }
            plain => plain.serialize(serializer),
        }
    }
}

/// As text: indented by two, in the order given. `html`: `<`, `>` and `&` are escaped, as Go's encoder does.
pub(crate) fn text(shown: &[(&str, Value)], html: bool) -> String {
    let mut out = String::from("{");
    for (index, (key, value)) in shown.iter().enumerate() {
        let value = serde_json::to_string_pretty(&InOrder(value)).unwrap_or_default();
        let value = value.replace('\n', "\n  ");
        let comma = if index > 0 { "," } else { "" };
        write!(out, "{comma}\n  \"{key}\": {value}").expect("writing into a String cannot fail");
    }
    out.push_str("\n}");
    if html {
        out = out
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_there_in_k6s_order_and_form() {
        let options = json!({
            "vus": "2", "duration": 90_000, "stages": [{ "duration": "1m", "target": 5 }],
            "scenarios": { "a": { "executor": "constant-vus", "vus": 2, "duration": "90s" } },
            "thresholds": {
                "checks": ["rate>0.9", { "threshold": "rate>0.5", "abortOnFail": true, "delayAbortEval": "10s" }],
                "http_reqs": [{ "threshold": "count>1" }],
            },
        });
        let shown = shown(options.as_object().unwrap());
        let of = |name: &str| {
            shown
                .iter()
                .find(|(key, _)| *key == name)
                .unwrap()
                .1
                .clone()
        };
        assert_eq!(of("vus"), 2);
        assert_eq!(of("duration"), "1m30s");
        assert_eq!(of("stages"), json!([{ "duration": "1m0s", "target": 5 }]));
        assert_eq!(
            of("scenarios")["a"],
            json!({ "executor": "constant-vus", "startTime": null, "gracefulStop": null, "env": null, "exec": null,
                    "tags": null, "options": null, "vus": 2, "duration": "1m30s" })
        );
        assert_eq!(of("thresholds")["http_reqs"], json!(["count>1"]));
        assert_eq!(
            of("thresholds")["checks"][1],
            json!({ "threshold": "rate>0.5", "abortOnFail": true, "delayAbortEval": "10s" })
        );
        assert_eq!(
            of("dns"),
            json!({ "ttl": null, "select": null, "policy": null })
        );
        let text = text(&shown, true);
        assert!(
            text.starts_with("{\n  \"paused\": null,\n  \"vus\": 2,"),
            "{text}"
        );
        assert!(
            text.contains("\"ttl\": null,\n    \"select\": null,\n    \"policy\": null\n"),
            "{text}"
        );
        assert!(text.contains("rate\\u003e0.9") && text.ends_with("\n}"));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["vus"], 2);
        assert!(shown.iter().all(|(key, _)| *key != "cloud"));
    }
}
