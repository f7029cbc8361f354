//! Compares what came of a run with what its case says.

use std::fs;

use serde_json::Value;

use crate::{
    case::{Case, Expected, Subject},
    json::holds,
    outcome::Outcome,
    told,
};

/// Each expectation that is not met, in words.
pub(crate) fn judge(case: &Case, outcome: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    if outcome.code != Some(case.exit) {
        wrong.push(match outcome.code {
            Some(code) => format!("exit code {code}, not {}", case.exit),
            None => format!("it did not end within {} s", case.limit),
        });
    }
    for panic in ["panicked at", "RUST_BACKTRACE"] {
        if outcome.log.iter().any(|line| line.contains(panic)) {
            wrong.push(format!("`{panic}` on standard error"));
        }
    }
    wrong.extend(outcome.unanswered.iter().cloned());
    let expected = case.expected.iter();
    wrong.extend(expected.filter_map(|line| {
        met(line, outcome)
            .err()
            .map(|why| format!("{:?}: {}: {why}", line.subject, line.text))
    }));
    wrong
}

fn met(line: &Expected, outcome: &Outcome) -> Result<(), String> {
    let text = line.text.as_str();
    match line.subject {
        Subject::Log => count(text, outcome.log.iter().map(String::as_str)),
        Subject::NoLog => none(text, outcome.log.iter().map(String::as_str)),
        Subject::Order => order(text, &outcome.log),
        Subject::Out => count(text, outcome.stdout.lines()),
        Subject::NoOut => none(text, outcome.stdout.lines()),
        Subject::Wire => count(text, outcome.wire.iter().map(String::as_str)),
        Subject::NoWire => none(text, outcome.wire.iter().map(String::as_str)),
        Subject::Metric => metric(text, data(outcome)?),
        Subject::Check => check(text, data(outcome)?),
        Subject::Checks => checks(text, data(outcome)?),
        Subject::Served => {
            let (path, range) = last_word(text)?;
            let served = outcome.served.iter().find(|(key, _)| key == path);
            within(range, served.map_or(0.0, |(_, count)| *count as f64))
        }
        Subject::Point => points(text, &outcome.points),
        Subject::File => {
            let (name, part) = text.split_once(' ').unwrap_or((text, ""));
            let content = fs::read(outcome.room.join(name)).map_err(|error| error.to_string())?;
            let content = String::from_utf8_lossy(&content);
            if content.contains(&unescape(part)) {
                Ok(())
            } else {
                Err(format!("the file says:\n{content}"))
            }
        }
        Subject::OutJson => json(text, &outcome.stdout),
        Subject::FileJson => {
            let (name, wanted) = text.split_once(' ').ok_or("a name and JSON")?;
            let content = fs::read_to_string(outcome.room.join(name));
            json(wanted, &content.map_err(|error| error.to_string())?)
        }
        Subject::NoFile if outcome.room.join(text).exists() => Err("it is there".to_owned()),
        Subject::NoFile => Ok(()),
        Subject::Otlp => {
            let (selector, range) = last_word(text)?;
            within(range, told::last(selector, &outcome.told)?)
        }
        Subject::Took => within(text, outcome.took),
    }
}

fn json(wanted: &str, given: &str) -> Result<(), String> {
    let wanted = serde_json::from_str(wanted).map_err(|error| error.to_string())?;
    let given =
        serde_json::from_str(given).map_err(|error| format!("no JSON ({error}): {given}"))?;
    holds(&wanted, &given, "")
}

fn data(outcome: &Outcome) -> Result<&Value, String> {
    outcome
        .data
        .as_ref()
        .ok_or_else(|| "handleSummary was not called".to_owned())
}

/// `\n`, `\t`, `\r` and `\"` of an expectation.
fn unescape(text: &str) -> String {
    text.replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\r", "\r")
        .replace("\\\"", "\"")
}

/// Whether a line has the text: as it stands, or with its escapes resolved.
fn has(line: &str, text: &str) -> bool {
    line.contains(text) || unescape(line).contains(&unescape(text))
}

/// `TEXT` at least once, or `xN TEXT` exactly N times (`xN..M` for a range).
fn count<'a>(text: &str, lines: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let counted = text
        .strip_prefix('x')
        .and_then(|rest| rest.split_once(' '))
        .filter(|(range, _)| range.starts_with(|letter: char| letter.is_ascii_digit()));
    let (range, text) = counted.unwrap_or((">=1", text));
    let found = lines.filter(|line| has(line, text)).count();
    within(range, found as f64)
}

fn none<'a>(text: &str, mut lines: impl Iterator<Item = &'a str>) -> Result<(), String> {
    lines
        .find(|line| has(line, text))
        .map_or(Ok(()), |line| Err(format!("there is `{line}`")))
}

fn order(text: &str, log: &[String]) -> Result<(), String> {
    let mut lines = log.iter();
    for part in text.split(" | ") {
        if !lines.any(|line| has(line, part)) {
            return Err(format!("`{part}` is not there, or not in this order"));
        }
    }
    Ok(())
}

/// `NAME absent`, or `NAME[.FIELD] RANGE`; FIELD is `count` of a counter, `rate` of a rate, `value` of a gauge.
fn metric(text: &str, data: &Value) -> Result<(), String> {
    let (name, range) = last_word(text)?;
    let metrics = data.get("metrics").and_then(Value::as_object);
    let metrics = metrics.ok_or("no metrics in the data")?;
    if range == "absent" {
        return match metrics.get(name) {
            None => Ok(()),
            Some(found) => Err(format!("it is {found}")),
        };
    }
    let after_tags = name.rfind('}').unwrap_or(0);
    let dot = name
        .get(after_tags..)
        .and_then(|rest| rest.find('.'))
        .map(|at| at + after_tags);
    let (name, field) = match dot.filter(|_| !metrics.contains_key(name)) {
        Some(at) => (&name[..at], Some(&name[at + 1..])),
        None => (name, None),
    };
    let found = metrics.get(name).ok_or_else(|| {
        let names: Vec<_> = metrics.keys().map(String::as_str).collect();
        format!("there is only {}", names.join(", "))
    })?;
    let field = field.unwrap_or(match found.get("type").and_then(Value::as_str) {
        Some("counter") => "count",
        Some("rate") => "rate",
        _ => "value",
    });
    if field == "type" || field == "contains" {
        let is = found.get(field).and_then(Value::as_str).unwrap_or_default();
        return if is == range {
            Ok(())
        } else {
            Err(format!("it is {is}"))
        };
    }
    let value = found
        .get("values")
        .and_then(|values| values.get(field))
        .and_then(Value::as_f64)
        .ok_or_else(|| format!("no such field in {found}"))?;
    within(range, value)
}

/// Path without the leading colons, passes and fails of every check, in the order of the data.
fn all_checks(data: &Value) -> Vec<(String, u64, u64)> {
    let mut found = Vec::new();
    let mut groups: Vec<&Value> = data.get("root_group").into_iter().collect();
    while let Some(group) = groups.pop() {
        let list = |key| {
            group
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        found.extend(list("checks").map(|check| {
            let number = |key| check.get(key).and_then(Value::as_u64).unwrap_or(0);
            let path = check
                .get("path")
                .and_then(Value::as_str)
                .unwrap_or_default();
            (
                path.trim_start_matches("::").to_owned(),
                number("passes"),
                number("fails"),
            )
        }));
        groups.extend(list("groups"));
    }
    found
}

fn check(text: &str, data: &Value) -> Result<(), String> {
    let (path, expected) = last_word(text)?;
    let found = all_checks(data);
    match found.iter().find(|(name, ..)| name == path) {
        Some((_, passes, fails)) if format!("{passes}/{fails}") == expected => Ok(()),
        Some((_, passes, fails)) => Err(format!("it is {passes}/{fails}")),
        None => Err(format!("there is only {found:?}")),
    }
}

fn checks(text: &str, data: &Value) -> Result<(), String> {
    let found = all_checks(data);
    let failed: Vec<_> = found
        .iter()
        .filter(|(_, _, fails)| *fails > 0)
        .map(|(name, ..)| name.as_str())
        .collect();
    if !failed.is_empty() {
        return Err(format!("failed: {}", failed.join("; ")));
    }
    within(
        text,
        found.iter().map(|(_, passes, _)| *passes as f64).sum(),
    )
}

/// `NAME{tag=value,tag=,!tag} RANGE`: samples with these tags (`tag=`: present and empty, `!tag`: absent); with `sum=RANGE`
/// behind it, their sum.
fn points(text: &str, points: &[Value]) -> Result<(), String> {
    let (text, sum) = match text.split_once(" sum=") {
        Some((text, sum)) => (text, Some(sum)),
        None => (text, None),
    };
    let (selector, range) = last_word(text)?;
    let (name, tags) = selector.split_once('{').unwrap_or((selector, "}"));
    let tags: Vec<&str> = tags
        .strip_suffix('}')
        .unwrap_or(tags)
        .split(',')
        .filter(|tag| !tag.is_empty())
        .collect();
    let of_name: Vec<&Value> = points
        .iter()
        .filter(|point| {
            let is = |key, value| point.get(key).and_then(Value::as_str) == Some(value);
            is("type", "Point") && is("metric", name)
        })
        .collect();
    let matching: Vec<f64> = of_name
        .iter()
        .filter(|point| {
            let value = |key: &str, from: &str| {
                point
                    .get("data")
                    .and_then(|data| data.get(from))
                    .and_then(|tags| tags.get(key))
                    .and_then(Value::as_str)
            };
            tags.iter().all(|tag| match tag.split_once('=') {
                Some((key, expected)) => {
                    value(key, "tags") == Some(expected) || value(key, "metadata") == Some(expected)
                }
                None => value(tag.trim_start_matches('!'), "tags").is_none(),
            })
        })
        .filter_map(|point| point.get("data")?.get("value")?.as_f64())
        .collect();
    let shown = |why: String| {
        let seen: Vec<_> = of_name
            .iter()
            .take(5)
            .map(|point| point.get("data").map(Value::to_string).unwrap_or_default())
            .collect();
        format!(
            "{why}; of that name: {} samples, such as {}",
            of_name.len(),
            seen.join("\n    ")
        )
    };
    within(range, matching.len() as f64).map_err(shown)?;
    sum.map_or(Ok(()), |range| {
        within(range, matching.iter().sum()).map_err(shown)
    })
}

fn last_word(text: &str) -> Result<(&str, &str), String> {
    text.trim()
        .rsplit_once(' ')
        .map(|(rest, word)| (rest.trim(), word))
        .ok_or_else(|| "a name and a number".to_owned())
}

/// `N`, `N..M` (both included), `>=N`, `<=N`, `>N`, `<N`.
fn within(range: &str, value: f64) -> Result<(), String> {
    let range = range.trim();
    let number = |text: &str| {
        text.parse::<f64>()
            .map_err(|_| format!("`{text}` in the expectation is no number"))
    };
    let holds = if let Some((from, to)) = range.split_once("..") {
        (number(from)?..=number(to)?).contains(&value)
    } else if let Some(bound) = range.strip_prefix(">=") {
        value >= number(bound)?
    } else if let Some(bound) = range.strip_prefix("<=") {
        value <= number(bound)?
    } else if let Some(bound) = range.strip_prefix('>') {
        value > number(bound)?
    } else if let Some(bound) = range.strip_prefix('<') {
        value < number(bound)?
    } else {
        (value - number(range)?).abs() < 1e-9
    };
    if holds {
        Ok(())
    } else {
        Err(format!("it is {value}"))
    }
}
