//! Requests to a running test's REST API, one after the other, each with the answer that it must get.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use loadd_tests::http::{self, Response};
use serde_json::Value;

use crate::json::holds;

/// `ask: METHOD PATH [BODY] => STATUS [type=CONTENT-TYPE] [JSON or TEXT]`; `until:` asks again until the answer is that.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    again: bool,
    method: String,
    path: String,
    body: String,
    status: u16,
    content_type: Option<String>,
    expected: Expected,
}

#[derive(Debug, Clone)]
enum Expected {
    Json(Value),
    Text(String),
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
            expected: if expected.starts_with(['{', '[']) {
                Expected::Json(serde_json::from_str(expected).expect("JSON after the status"))
            } else {
                Expected::Text(expected.to_owned())
            },
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
        match &self.expected {
            Expected::Json(wanted) => {
                let given =
                    serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
                holds(wanted, &given, "")
            }
            Expected::Text(text) if answer.text().contains(text) => Ok(()),
            Expected::Text(text) => Err(format!("`{text}` is not in it")),
        }
    }
}

/// Takes all steps; `over` says that the run has ended. What is wrong, in words: nothing after the first.
pub(crate) fn walk(steps: &[Step], address: &str, over: &AtomicBool) -> Vec<String> {
    const PAUSE: Duration = Duration::from_millis(20);
    if steps.is_empty() {
        return Vec::new();
    }
    while http::get(address, "/ping").is_err() && !over.load(Ordering::Relaxed) {
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
