//! A threshold as script options and TOML give it: a text, or an object.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

/// One threshold before it is parsed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Form")]
pub struct ThresholdSettings {
    /// The expression.
    pub threshold: String,
    /// Whether the run stops when it fails.
    pub abort_on_fail: bool,
    /// The run does not stop for it before the test has lasted longer than this.
    pub delay_abort_eval: Option<Duration>,
}

impl From<&str> for ThresholdSettings {
    fn from(threshold: &str) -> ThresholdSettings {
        ThresholdSettings {
            threshold: threshold.to_owned(),
            abort_on_fail: false,
            delay_abort_eval: None,
        }
    }
}

/// The two forms.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Form {
    /// The expression alone, such as "p(95)<500".
    Text(String),
    /// The expression with what follows from it. As in k6, unknown keys are ignored.
    Object {
        threshold: String,
        #[serde(default, alias = "abortOnFail")]
        abort_on_fail: bool,
        #[serde(default, alias = "delayAbortEval")]
        delay_abort_eval: Option<Span>,
        /// Not supported yet.
        #[serde(default)]
        over: Option<Span>,
        /// Not supported yet.
        #[serde(default, rename = "for")]
        lasting: Option<Span>,
    },
}

/// Milliseconds, or a text such as "1m30s".
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Span {
    Millis(f64),
    Text(String),
}

impl TryFrom<Form> for ThresholdSettings {
    type Error = String;

    fn try_from(form: Form) -> Result<ThresholdSettings, String> {
        match form {
            Form::Text(threshold) => Ok(ThresholdSettings::from(&*threshold)),
            Form::Object {
                over: Some(_),
                threshold,
                ..
            } => Err(unsupported(&threshold, "over")),
            Form::Object {
                lasting: Some(_),
                threshold,
                ..
            } => Err(unsupported(&threshold, "for")),
            Form::Object {
                threshold,
                abort_on_fail,
                delay_abort_eval,
                over: None,
                lasting: None,
            } => {
                let delay_abort_eval = delay_abort_eval.map(|span| span.duration()).transpose()?;
                Ok(ThresholdSettings {
                    threshold,
                    abort_on_fail,
                    delay_abort_eval,
                })
            }
        }
    }
}

fn unsupported(threshold: &str, key: &str) -> String {
    format!(
        "threshold '{threshold}': windowed thresholds (`{key}`) are not supported yet; leave `{key}` out to judge the whole run"
    )
}

impl JsonSchema for ThresholdSettings {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("ThresholdSettings")
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Form::json_schema(generator)
    }
}

/// Longest unit texts first: `ms` is not `m` and an `s`.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
    ("d", 86_400.0),
];

impl Span {
    fn duration(&self) -> Result<Duration, String> {
        let (seconds, text) = match self {
            Span::Millis(millis) => (Some(millis / 1e3), millis.to_string()),
            Span::Text(text) => (seconds_of(text), text.clone()),
        };
        let wrong =
            || format!("'{text}' is no duration; write milliseconds or a text such as \"1m30s\"");
        seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(wrong)
    }
}

fn seconds_of(text: &str) -> Option<f64> {
    if let Ok(millis) = text.parse::<f64>() {
        return Some(millis / 1e3);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, unit) = rest.split_at(end);
        let (name, size) = UNITS.into_iter().find(|(name, _)| unit.starts_with(name))?;
        seconds += number.parse::<f64>().ok()? * size;
        rest = &unit[name.len()..];
    }
    (!text.is_empty()).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ThresholdSettings, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn a_threshold_is_a_text_or_an_object_in_k6s_or_our_spelling() {
        assert_eq!(
            read(r#""p(95)<500""#),
            Ok(ThresholdSettings::from("p(95)<500"))
        );
        let full = ThresholdSettings {
            threshold: "rate<0.1".to_owned(),
            abort_on_fail: true,
            delay_abort_eval: Some(Duration::from_secs(90)),
        };
        assert_eq!(
            read(r#"{"threshold":"rate<0.1","abortOnFail":true,"delayAbortEval":"1m30s","x":1}"#),
            Ok(full.clone())
        );
        assert_eq!(
            read(r#"{"threshold":"rate<0.1","abort_on_fail":true,"delay_abort_eval":90000}"#),
            Ok(full)
        );
    }

    #[test]
    fn windows_are_refused_and_not_ignored() {
        assert!(
            read(r#"{"threshold":"rate<0.1","over":"1m"}"#)
                .unwrap_err()
                .contains("not supported yet")
        );
        assert!(
            read(r#"{"threshold":"rate<0.1","for":"1m"}"#)
                .unwrap_err()
                .contains("not supported yet")
        );
    }

    #[test]
    fn durations_are_those_of_go_and_bare_milliseconds() {
        for (text, seconds) in [
            ("250", 0.25),
            ("300ms", 0.3),
            ("1.5s", 1.5),
            ("2m", 120.0),
            ("1h2m3s", 3723.0),
            ("1d12h", 129_600.0),
        ] {
            assert_eq!(seconds_of(text), Some(seconds), "{text}");
        }
        for text in ["", "s", "1x", "1h2", "h1"] {
            assert_eq!(seconds_of(text), None, "{text}");
        }
    }
}
