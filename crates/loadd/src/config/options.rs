//! k6's options: which of our keys a script may set, and how `K6_*` variables are read.

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
    // Known to k6; `unsupported` refuses what is not there yet.
    ("rps", "rps", Form::Text),
    ("hosts", "hosts", Form::Never),
    ("dns", "dns", Form::Text),
    ("block_hostnames", "blockHostnames", Form::List),
    ("blacklist_ips", "blacklistIPs", Form::List),
    ("local_ips", "localIPs", Form::List),
    ("tls_auth", "tlsAuth", Form::Never),
    ("tls_version", "tlsVersion", Form::Never),
    ("tls_cipher_suites", "tlsCipherSuites", Form::Never),
    ("http_debug", "httpDebug", Form::Text),
    ("no_cookies_reset", "noCookiesReset", Form::Bool),
];

/// Variables of k6 that are not options and not supported yet.
const REFUSED_VARS: &[&str] = &[
    "K6_OUT",
    "K6_CONFIG",
    "K6_TYPE",
    "K6_CONSOLE_OUTPUT",
    "K6_SUMMARY_EXPORT",
    "K6_NEW_MACHINE_READABLE_SUMMARY",
    "K6_TRACES_OUTPUT",
    "K6_WEB_DASHBOARD",
    "K6_SECRET_SOURCE",
    "K6_FEATURES",
    "K6_LOG_OUTPUT",
    "K6_INCLUDE_SYSTEM_ENV_VARS",
];

/// Whether a script may set this key.
pub(crate) fn is_option(key: &str) -> bool {
    OPTIONS.iter().any(|(name, ..)| *name == key)
}

/// The layer of `K6_*` variables.
pub(crate) fn from_vars(around: &Surroundings, problems: &mut Vec<Problem>) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, text) in around.with_prefix("K6_") {
        let wrong = |message: String| Problem::new("", Origin::Env(name.clone()), message);
        if REFUSED_VARS.contains(&name.as_str()) {
            problems.push(wrong("not supported yet".into()).help("unset it"));
            continue;
        }
        let key = name["K6_".len()..].to_lowercase();
        let Some((key, _, form)) = OPTIONS.iter().find(|(known, ..)| *known == key) else {
            continue;
        };
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

/// The options as k6 spells them, for `exec.test.options`.
pub(crate) fn in_k6_spelling(map: &Map<String, Value>) -> Map<String, Value> {
    let skip = ["vus", "duration", "iterations", "stages", "scenarios"];
    OPTIONS
        .iter()
        .filter(|(key, ..)| !skip.contains(key))
        .filter_map(|(key, name, _)| Some(((*name).to_owned(), map.get(*key)?.clone())))
        .collect()
}
