//! Requests to a running test's REST API, one after the other, each with the answer that it must get.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use loadd_tests::http::{self, Response};
use serde_json::Value;

/// `ask: METHOD PATH [BODY] => STATUS [type=CONTENT-TYPE] [JSON or TEXT]`; `until:` asks again until the answer is that.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    again: bool,
    method: String,
    path: String,
    body: String,
    status: u16,
    content_type: Option<String>,
    expected: String,
}

impl Step {
    /// Reads a step.
    ///
    /// # Panics
    /// When it is not of the grammar.
    pub(crate) fn parse(text: &str, again: bool) -> Step {
        let (request, answer) = text.split_once(" => ").expect("REQUEST => ANSWER");
        let mut words = request.splitn(3, ' ').map(str::to_owned);
        let mut word = || words.next().unwrap_or_default();
        let (method, path, body) = (word(), word(), word());
        let (status, rest) = answer.split_once(' ').unwrap_or((answer, ""));
        let (content_type, expected) = match rest.strip_prefix("type=") {
            Some(rest) => {
                let (kind, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                (Some(kind.to_owned()), rest)
            }
            None => (None, rest),
        };
        Step {
            again,
            method,
            path,
            body,
            status: status.parse().expect("a status"),
            content_type,
            expected: expected.to_owned(),
        }
    }

    fn attempt(&self, address: &str) -> Result<(), String> {
        let headers = [("content-type", "application/json")];
        let body = self.body.clone().into();
        let answer = http::request(&self.method, address, &self.path, &headers, body)
            .map_err(|error| error.to_string())?;
        self.judge(&answer).map_err(|why| {
            format!(
                "{why}; the answer was {} {}",
                answer.status,
                answer.text().trim_end()
            )
        })
    }

    fn judge(&self, answer: &Response) -> Result<(), String> {
        if answer.status != self.status {
            return Err(format!("the status is not {}", self.status));
        }
        if let Some(wanted) = &self.content_type {
            let kind = answer
                .headers
                .get("content-type")
                .and_then(|kind| kind.to_str().ok())
                .unwrap_or_default();
            if kind.replace(' ', "") != *wanted {
                return Err(format!("its type is `{kind}`"));
            }
        }
        if self.expected.starts_with(['{', '[']) {
            let wanted: Value =
                serde_json::from_str(&self.expected).expect("JSON after the status");
            let given = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
            return holds(&wanted, &given, "");
        }
        match answer.text().contains(&self.expected) {
            true => Ok(()),
            false => Err(format!("`{}` is not in it", self.expected)),
        }
    }
}

/// Takes all steps; `over` says that the run has ended. What is wrong, in words: nothing after the first.
pub(crate) fn walk(steps: &[Step], address: &str, over: &AtomicBool) -> Vec<String> {
    const PAUSE: Duration = Duration::from_millis(20);
    let first = steps.first().map(|_| ());
    while first.is_some() && http::get(address, "/ping").is_err() && !over.load(Ordering::Relaxed) {
        thread::sleep(PAUSE);
    }
    for step in steps {
        let mut found = step.attempt(address);
        while step.again && found.is_err() && !over.load(Ordering::Relaxed) {
            thread::sleep(PAUSE);
            found = step.attempt(address);
        }
        if let Err(why) = found {
            return vec![format!(
                "{} {} {}: {why}",
                step.method, step.path, step.body
            )];
        }
    }
    Vec::new()
}

/// Whether a JSON value has all of another: each key of an object, each element of a list somewhere, an empty one only where
/// it is empty; `"*"` stands for any value but null.
pub(crate) fn holds(wanted: &Value, given: &Value, at: &str) -> Result<(), String> {
    let differs = || Err(format!("`{at}` is {given}, not {wanted}"));
    match (wanted, given) {
        (Value::String(any), given) if any == "*" && !given.is_null() => Ok(()),
        (Value::Object(wanted), Value::Object(given)) if !wanted.is_empty() => {
            wanted.iter().try_for_each(|(key, wanted)| {
                let given = given
                    .get(key)
                    .ok_or_else(|| format!("`{at}.{key}` is not there"))?;
                holds(wanted, given, &format!("{at}.{key}"))
            })
        }
        (Value::Array(wanted), Value::Array(given)) if !wanted.is_empty() => {
            wanted.iter().try_for_each(|wanted| {
                match given.iter().any(|given| holds(wanted, given, at).is_ok()) {
                    true => Ok(()),
                    false => Err(format!("`{at}` has no {wanted}")),
                }
            })
        }
        (Value::Number(wanted), Value::Number(given)) if wanted.as_f64() == given.as_f64() => {
            Ok(())
        }
        (wanted, given) if wanted == given => Ok(()),
        _ => differs(),
    }
}
