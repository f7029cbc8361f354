//! `/v1/setup` and `/v1/teardown` as k6 has them: the setup data, and calls of the two functions.

use http::{HeaderValue, StatusCode, header};
use hyper::body::Incoming;
use loadd_engine::{Command, Hook};
use serde::de::IgnoredAny;

use crate::{
    routes::{Answer, TEXT, problem, read_body, respond},
    sources::Run,
};

/// Largest setup data that is taken.
const DATA: usize = 16 << 20;
const JSON: &str = "application/json";

/// GET `/v1/setup`.
pub(crate) fn data(run: Option<&Run>) -> Answer {
    let status = run.map(Run::status);
    let data = status
        .as_deref()
        .and_then(|status| status.setup_data.as_deref());
    respond(StatusCode::OK, JSON, document(data))
}

/// k6's document around setup data, which is JSON text already.
fn document(data: Option<&str>) -> String {
    let attributes = match data {
        None | Some("null") => "{}".to_owned(),
        Some(data) => format!("{{\"data\":{data}}}"),
    };
    format!(
        "{{\"data\":{{\"type\":\"setupData\",\"id\":\"default\",\"attributes\":{attributes}}}}}"
    )
}

/// POST `/v1/setup` and POST `/v1/teardown`.
pub(crate) async fn call(run: &Run, hook: Hook) -> Answer {
    let function = hook.function();
    tracing::info!(function, "admin_calls");
    match (run.call(hook).await, hook) {
        (Some(Ok(())), Hook::Setup) => data(Some(run)),
        (Some(Ok(())), Hook::Teardown) => respond(StatusCode::OK, TEXT, ""),
        (Some(Err(detail)), _) => failed(function, &detail),
        (None, _) => failed(function, "the run has ended"),
    }
}

/// PUT `/v1/setup`.
pub(crate) async fn put(run: &Run, body: Incoming) -> Answer {
    let body = match read_body(body, DATA).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let text = match std::str::from_utf8(&body).map(str::trim) {
        Ok("") => None,
        Ok(text) => match serde_json::from_str::<IgnoredAny>(text) {
            Ok(IgnoredAny) => Some(text),
            Err(error) => return malformed(&error.to_string()),
        },
        Err(error) => return malformed(&error.to_string()),
    };
    tracing::info!("admin_sets_setup_data");
    if run
        .steering
        .send(Command::SetSetupData(text.map(Into::into)))
        .await
    {
        respond(StatusCode::OK, JSON, document(text))
    } else {
        failed("setup", "the run has ended")
    }
}

fn failed(function: &str, detail: &str) -> Answer {
    let title = format!("Error executing {function}");
    problem(StatusCode::INTERNAL_SERVER_ERROR, &title, detail)
}

fn malformed(detail: &str) -> Answer {
    let mut answer = problem(
        StatusCode::BAD_REQUEST,
        "Error parsing request body",
        detail,
    );
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(TEXT));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setup_data_stands_in_its_document_as_it_is() {
        let around = |attributes: &str| {
            format!(r#"{{"data":{{"type":"setupData","id":"default","attributes":{attributes}}}}}"#)
        };
        assert_eq!(document(None), around("{}"));
        assert_eq!(document(Some("null")), around("{}"));
        assert_eq!(
            document(Some(r#"{"b":1.50,"a":[]}"#)),
            around(r#"{"data":{"b":1.50,"a":[]}}"#)
        );
    }
}
