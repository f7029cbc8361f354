//! k6's options: which of our keys a script may set, and how `K6_*` variables are read.

use loadd_timeline::DurationValue;
use serde_json::{Map, Value, json};

use super::{
    problem::{Origin, Problem},
    surroundings::Surroundings,
};

/// How a text of the environment or the command line becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it stands: text, or a number or duration that its reader parses.
    Text,
    /// `1 t T TRUE true True 0 f F FALSE false False`
    Bool,
    /// Comma list.
    List,
    /// `DURATION:TARGET` comma list.
    Stages,
    /// `name:value` comma list.
    Pairs,
    /// `part=value` comma list of `dns`.
    Dns,
    /// Cannot be given as text.
    Never,
}

/// Our key, k6's key, form of `K6_NAME`.
pub(crate) const OPTIONS: &[(&str, &str, Form)] = &[
    ("vus", "vus", Form::Text),
    ("duration", "duration", Form::Text),
    ("iterations", "iterations", Form::Text),
    ("stages", "stages", Form::Stages),
    ("scenarios", "scenarios", Form::Never),
    ("thresholds", "thresholds", Form::Never),
    ("execution_segment", "executionSegment", Form::Never),
    (
        "execution_segment_sequence",
        "executionSegmentSequence",
        Form::Never,
    ),
    ("paused", "paused", Form::Bool),
    ("no_setup", "noSetup", Form::Bool),
    ("no_teardown", "noTeardown", Form::Bool),
    ("setup_timeout", "setupTimeout", Form::Text),
    ("teardown_timeout", "teardownTimeout", Form::Text),
    ("handle_summary_timeout", "handleSummaryTimeout", Form::Text),
    ("max_redirects", "maxRedirects", Form::Text),
    ("user_agent", "userAgent", Form::Text),
    ("batch", "batch", Form::Text),
    ("batch_per_host", "batchPerHost", Form::Text),
    (
        "insecure_skip_tls_verify",
        "insecureSkipTLSVerify",
        Form::Bool,
    ),
    ("throw", "throw", Form::Bool),
    ("no_connection_reuse", "noConnectionReuse", Form::Bool),
    ("no_vu_connection_reuse", "noVUConnectionReuse", Form::Bool),
    ("min_iteration_duration", "minIterationDuration", Form::Text),
    (
        "discard_response_bodies",
        "discardResponseBodies",
        Form::Bool,
    ),
    ("tags", "tags", Form::Pairs),
    ("system_tags", "systemTags", Form::List),
    ("summary_trend_stats", "summaryTrendStats", Form::List),
    ("summary_time_unit", "summaryTimeUnit", Form::Text),
    (
        "metric_samples_buffer_size",
        "metricSamplesBufferSize",
        Form::Text,
    ),
    ("rps", "rps", Form::Text),
    ("hosts", "hosts", Form::Never),
    ("dns", "dns", Form::Dns),
    ("block_hostnames", "blockHostnames", Form::List),
    ("blacklist_ips", "blacklistIPs", Form::List),
    ("local_ips", "localIPs", Form::List),
    ("tls_auth", "tlsAuth", Form::Never),
    ("tls_version", "tlsVersion", Form::Never),
    ("tls_cipher_suites", "tlsCipherSuites", Form::Never),
    ("http_debug", "httpDebug", Form::Text),
    ("no_cookies_reset", "noCookiesReset", Form::Bool),
];

/// Whether this is a key of k6's options, in k6's own spelling or ours.
pub(crate) fn is_k6_option(key: &str) -> bool {
    OPTIONS
        .iter()
        .any(|(ours, theirs, _)| *ours == key || *theirs == key)
}

/// Whether a script may set this key.
pub(crate) fn is_option(key: &str) -> bool {
    OPTIONS.iter().any(|(name, ..)| *name == key)
}

/// The layer of `K6_*` variables.
pub(crate) fn from_vars(around: &Surroundings, problems: &mut Vec<Problem>) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, text) in around.with_prefix("K6_") {
        let wrong = |message: String| Problem::new("", Origin::Env(name.clone()), message);
        let key = name["K6_".len()..].to_lowercase();
        let Some((key, _, form)) = OPTIONS.iter().find(|(known, ..)| *known == key) else {
            continue;
        };
        // As in k6, an empty text says nothing; an empty list of stages says that there are none.
        if text.is_empty() && *form != Form::Stages {
            continue;
        }
        match read(*form, &text) {
            Ok(Some(value)) => drop(map.insert((*key).to_owned(), value)),
            Ok(None) => {}
            Err(message) => problems.push(wrong(message)),
        }
    }
    map
}

/// Reads a text.
pub(crate) fn read(form: Form, text: &str) -> Result<Option<Value>, String> {
    let items = || {
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
    };
    Ok(Some(match form {
        Form::Never => return Ok(None),
        Form::Text => text.into(),
        Form::Dns => dns(text)?,
        Form::Bool => match text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => true.into(),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => false.into(),
            _ => return Err(format!("\"{text}\" is neither true nor false")),
        },
        Form::List => items().collect(),
        Form::Stages => Value::Array(items().map(stage).collect::<Result<_, _>>()?),
        Form::Pairs => {
            let pair = |item: &str| match item.split_once(':') {
                Some((name, value)) if !name.is_empty() => {
                    Ok((name.to_owned(), Value::from(value)))
                }
                _ => Err(format!("\"{item}\" is not of the form name:value")),
            };
            Value::Object(items().map(pair).collect::<Result<_, _>>()?)
        }
    }))
}

/// `ttl=5m,select=random,policy=preferIPv4`, any of them.
pub(crate) fn dns(text: &str) -> Result<Value, String> {
    let mut parts = Map::new();
    for item in text.split(',') {
        match item.split_once('=') {
            Some((name @ ("ttl" | "select" | "policy"), value)) => {
                parts.insert(name.to_owned(), value.into());
            }
            Some(_) | None => {
                return Err(format!(
                    "\"{item}\" is no part of a DNS option: they are ttl, select and policy, as in ttl=5m,select=first"
                ));
            }
        }
    }
    let known = parts
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    super::resolve::network::dns(&known.collect()).map_err(|(_, error)| error)?;
    Ok(Value::Object(parts))
}

/// `DURATION:TARGET`
pub(crate) fn stage(text: &str) -> Result<Value, String> {
    match text.split_once(':') {
        Some((duration, target)) if !duration.is_empty() => {
            Ok(json!({ "duration": duration, "target": target }))
        }
        _ => Err(format!(
            "stage \"{text}\" is not of the form DURATION:TARGET, such as 30s:10"
        )),
    }
}

/// All options as k6 spells them.
pub(crate) fn as_k6(map: &Map<String, Value>) -> Map<String, Value> {
    let named = OPTIONS
        .iter()
        .filter_map(|(key, name, _)| Some(((*name).to_owned(), map.get(*key)?.clone())));
    named.collect()
}

/// The options as k6 spells them, for `exec.test.options`.
pub(crate) fn in_k6_spelling(map: &Map<String, Value>) -> Map<String, Value> {
    let skip = ["vus", "duration", "iterations", "stages", "scenarios"];
    let mut spelt = all_in_k6_spelling(map);
    spelt.retain(|key, _| !skip.contains(&key.as_str()));
    spelt
}

/// The options among `map`, shortcuts and scenarios too, by k6's names.
pub(crate) fn all_in_k6_spelling(map: &Map<String, Value>) -> Map<String, Value> {
    OPTIONS
        .iter()
        .filter_map(|(key, name, _)| {
            let value = map.get(*key)?;
            let value = if *key == "thresholds" {
                thresholds(value)
            } else {
                value.clone()
            };
            Some(((*name).to_owned(), value))
        })
        .collect()
}

/// A dotted path as a script spells it: `scenarios.one.pre_allocated_vus` -> `scenarios.one.preAllocatedVUs`.
pub(crate) fn path_in_k6_spelling(path: &str) -> String {
    let mut parts = path.splitn(3, '.');
    let top = parts.next().unwrap_or_default();
    let mut spelt = OPTIONS
        .iter()
        .find(|(key, ..)| *key == top)
        .map_or_else(|| camel(top), |(_, name, _)| (*name).to_owned());
    if let Some(name) = parts.next() {
        spelt = format!("{spelt}.{name}");
    }
    if let Some(rest) = parts.next() {
        // Names of tags and variables stay what they are.
        let named = ["tags.", "env."]
            .iter()
            .any(|table| rest.starts_with(table));
        let rest = if named { rest.to_owned() } else { camel(rest) };
        spelt = format!("{spelt}.{rest}");
    }
    spelt
}

fn camel(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut words = path.split('_');
    out.push_str(words.next().unwrap_or_default());
    for word in words {
        if word == "vus" {
            out.push_str("VUs");
            continue;
        }
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// Thresholds as k6 writes them: the expression, or an object where the test is to be stopped.
pub(crate) fn thresholds(map: &Value) -> Value {
    let one = |threshold: &Value| {
        let Value::Object(table) = threshold else {
            return threshold.clone();
        };
        let expression = table.get("threshold").cloned().unwrap_or(Value::Null);
        let either = |ours: &str, theirs: &str| table.get(ours).or_else(|| table.get(theirs));
        if either("abort_on_fail", "abortOnFail") != Some(&Value::Bool(true)) {
            return expression;
        }
        let delay = either("delay_abort_eval", "delayAbortEval").map_or(Value::Null, duration_text);
        json!({ "threshold": expression, "abortOnFail": true, "delayAbortEval": delay })
    };
    let Value::Object(map) = map else {
        return map.clone();
    };
    let lists = map.iter().map(|(key, list)| {
        let list = list
            .as_array()
            .map_or_else(|| list.clone(), |list| list.iter().map(one).collect());
        (key.clone(), list)
    });
    Value::Object(lists.collect())
}

/// A duration as Go writes it; what is none stays as it is.
pub(crate) fn duration_text(value: &Value) -> Value {
    serde_json::from_value::<DurationValue>(value.clone())
        .map_or_else(|_| value.clone(), |duration| duration.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_spelt_as_the_script_spells_it() {
        for (ours, theirs) in [
            (
                "scenarios.one.pre_allocated_vus",
                "scenarios.one.preAllocatedVUs",
            ),
            (
                "scenarios.my_one.graceful_stop",
                "scenarios.my_one.gracefulStop",
            ),
            ("scenarios.one.env.MY_NAME", "scenarios.one.env.MY_NAME"),
            ("insecure_skip_tls_verify", "insecureSkipTLSVerify"),
            (
                "thresholds.http_req_duration",
                "thresholds.http_req_duration",
            ),
            ("vus", "vus"),
            ("", ""),
        ] {
            assert_eq!(path_in_k6_spelling(ours), theirs);
        }
    }
}
