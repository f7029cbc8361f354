//! From path to answer.

use std::{cell::RefCell, convert::Infallible, io::Write, rc::Rc, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use loadd_engine::{Command, Hook, Phase, StopReason};
use serde_json::{Value, json};

use crate::{
    access::{self, Allowance, Refusal, Rules},
    body::Out,
    exposition::{self, accept::Form},
    live::{self, Live},
    page, rest, setup,
    sources::{Run, Sources},
};

/// Largest body that is read.
const BODY: usize = 64 * 1024;
const JSON: &str = "application/json; charset=utf-8";
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";
/// The page may load nothing and talk to nobody but us.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// What all connections share; one thread.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) sources: Sources,
    pub(crate) rules: Rules,
    pub(crate) live: RefCell<Live>,
    pub(crate) allowance: RefCell<Allowance>,
}

impl State {
    pub(crate) fn run(&self) -> Option<Run> {
        self.sources.run.borrow().clone()
    }
}

pub(crate) type Answer = Response<Out>;

/// Serves one request.
pub(crate) async fn answer(
    state: Rc<State>,
    request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let mut answer = match (path, &head.method) {
        // What setup returned may be a secret: reading it takes what changing it takes.
        ("/v1/setup", &Method::GET | &Method::HEAD) => {
            match access::check(&state.rules, &head.headers) {
                Ok(()) => Ok(setup::data(state.run().as_ref())),
                Err(refusal) => refused(refusal),
            }
        }
        ("/metrics", &Method::GET | &Method::HEAD) => Ok(metrics_page(
            &state,
            state.run().as_ref(),
            head.uri.query().unwrap_or(""),
            &head.headers,
        )),
        (_, &Method::GET | &Method::HEAD) => read(&state, path, head.uri.query().unwrap_or("")),
        _ => match Change::of(path, &head.method) {
            Some(change) => match may_change(&state, &head.headers) {
                Ok(()) => Ok(change.make(&state, body).await),
                Err(refusal) => refused(refusal),
            },
            None => Err(StatusCode::METHOD_NOT_ALLOWED),
        },
    }
    .unwrap_or_else(|status| respond(status, TEXT, ""));
    if head.method == Method::HEAD {
        *answer.body_mut() = Out::Ready(Bytes::new());
    }
    answer.headers_mut().insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    Ok(answer)
}

/// A request that changes state.
#[derive(Debug, Clone, Copy)]
enum Change {
    Status,
    SetupData,
    Call(Hook),
    Quit,
}

impl Change {
    fn of(path: &str, method: &Method) -> Option<Change> {
        match (path, method) {
            ("/v1/status", &Method::PATCH) => Some(Change::Status),
            ("/v1/setup", &Method::PUT) => Some(Change::SetupData),
            ("/v1/setup", &Method::POST) => Some(Change::Call(Hook::Setup)),
            ("/v1/teardown", &Method::POST) => Some(Change::Call(Hook::Teardown)),
            ("/-/quit", &Method::POST) => Some(Change::Quit),
            _ => None,
        }
    }

    async fn make(self, state: &State, body: Incoming) -> Answer {
        match (self, state.run()) {
            (Change::Status, run) => patch_status(run, body).await,
            (_, None) => no_run_yet(),
            (Change::SetupData, Some(run)) => setup::put(&run, body).await,
            (Change::Call(hook), Some(run)) => setup::call(&run, hook).await,
            (Change::Quit, Some(run)) => quit(&run).await,
        }
    }
}

fn read(state: &State, path: &str, query: &str) -> Result<Answer, StatusCode> {
    let run = state.run();
    let answer = match path {
        "/" => live_page(state),
        "/healthz" => respond(StatusCode::OK, TEXT, "ok\n"),
        "/readyz" => ready(run.as_ref()),
        "/v1/status" => json_answer(&rest::status(run.map(|run| run.status()).as_deref())),
        "/v1/history" => respond(
            StatusCode::OK,
            JSON,
            state.live.borrow().history(after(query)),
        ),
        "/v1/stream" => stream(state),
        "/v1/metrics" => match run {
            Some(run) => json_answer(&rest::metrics(&run.snapshot(), &run.thresholds)),
            None => json_answer(&json!({ "data": [] })),
        },
        "/v1/groups" => json_answer(
            &json!({ "data": run.map_or_else(Vec::new, |run| rest::groups(&run.snapshot())) }),
        ),
        "/-/quit" | "/v1/teardown" => return Err(StatusCode::METHOD_NOT_ALLOWED),
        _ => return below(path, run.as_ref()),
    };
    Ok(answer)
}

fn below(path: &str, run: Option<&Run>) -> Result<Answer, StatusCode> {
    if let (Some(name), Some(run)) = (path.strip_prefix("/v1/metrics/"), run) {
        let name = decode(name);
        let found = rest::one_metric(&name, &run.snapshot(), &run.thresholds);
        return Ok(found.map_or_else(
            || not_found("No metric with that ID was found"),
            |metric| json_answer(&metric),
        ));
    }
    if let (Some(id), Some(run)) = (path.strip_prefix("/v1/groups/"), run) {
        let found = rest::groups(&run.snapshot())
            .into_iter()
            .find(|group| group["id"] == id);
        return Ok(found.map_or_else(
            || not_found("No group with that ID was found"),
            |group| json_answer(&json!({ "data": group })),
        ));
    }
    match path.starts_with("/v1/") {
        true => Ok(respond(StatusCode::NOT_FOUND, TEXT, "404 page not found\n")),
        // k6 answers so on every other path; monitors rely on it.
        false => Ok(respond(StatusCode::OK, TEXT, "ok")),
    }
}

fn may_change(state: &State, headers: &http::HeaderMap) -> Result<(), Refusal> {
    state.allowance.borrow_mut().take(Instant::now())?;
    access::check(&state.rules, headers)
}

type Outcome = Result<Answer, StatusCode>;

fn refused(refusal: Refusal) -> Outcome {
    let status = refusal.status();
    tracing::warn!(reason = refusal.text(), "admin_change_refused");
    let mut answer = problem(status, "Refused", refusal.text());
    match refusal {
        Refusal::Token => drop(
            answer
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
        ),
        Refusal::TooOften => drop(
            answer
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1")),
        ),
        Refusal::ReadOnly | Refusal::CrossOrigin | Refusal::NoToken => {}
    }
    Ok(answer)
}

/// The whole body, or the answer to one that is too large.
pub(crate) async fn read_body(body: Incoming, limit: usize) -> Result<Bytes, Answer> {
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(_) => Err(problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Invalid data",
            "the body is too large or broke off",
        )),
    }
}

fn no_run_yet() -> Answer {
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "Starting",
        "there is no run yet",
    )
}

async fn patch_status(run: Option<Run>, body: Incoming) -> Answer {
    let body = match read_body(body, BODY).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let change = match rest::change(&body) {
        Ok(change) => change,
        Err(detail) => return problem(StatusCode::BAD_REQUEST, "Invalid data", &detail),
    };
    let Some(run) = run else {
        return no_run_yet();
    };
    let command = match (change.stopped, change.paused) {
        (Some(true), _) => Some(Command::Stop(StopReason::Rest)),
        (_, Some(true)) => Some(Command::Pause),
        (_, Some(false)) => Some(Command::Resume),
        (_, None) => None,
    };
    let stops = change.stopped == Some(true);
    if let Some(command) = command {
        tracing::info!(?command, "admin_command");
        let taken = run.steering.send(command).await;
        if !taken && run.status().phase != Phase::Ended {
            return problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Pause error",
                "the engine does not answer",
            );
        }
        if !taken && !stops {
            return problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Pause error",
                "the run has ended",
            );
        }
    }
    if !stops && (change.vus.is_some() || change.vus_max.is_some()) {
        let detail = "no scenario of this test is an externally controlled one: vus and vus-max cannot be set";
        return problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Execution config error",
            detail,
        );
    }
    json_answer(&rest::status(Some(&run.status())))
}

async fn quit(run: &Run) -> Answer {
    tracing::info!("admin_quit");
    // Nobody there any more: it has ended, which is what was asked for.
    let _ended = !run.steering.send(Command::Stop(StopReason::Graceful)).await;
    respond(
        StatusCode::OK,
        TEXT,
        "the run ends: iterations may finish within gracefulStop\n",
    )
}

/// Ready: VUs are made and the run is at work.
fn ready(run: Option<&Run>) -> Answer {
    let status = run.map(Run::status);
    let (ready, reason) = match status.as_deref() {
        None => (false, "starting: there is no engine yet".to_owned()),
        Some(status) => match status.phase {
            Phase::Created => (false, "starting: nothing has begun".to_owned()),
            Phase::InitVus => (
                false,
                format!("making VUs: {} of {}", status.vus_max, status.vus_planned),
            ),
            Phase::Ended => (false, "the run has ended".to_owned()),
            Phase::Waiting | Phase::Setup | Phase::Running | Phase::Teardown => {
                (true, live::phase(status.phase).to_owned())
            }
        },
    };
    let code = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    respond(
        code,
        JSON,
        json!({ "ready": ready, "reason": reason }).to_string(),
    )
}

fn live_page(state: &State) -> Answer {
    let sources = &state.sources;
    let control = matches!(state.rules, Rules::Loopback | Rules::Open);
    match page::page(
        &sources.test_id,
        &sources.instance,
        &sources.version,
        control,
    ) {
        Ok(page) => {
            let mut answer = respond(StatusCode::OK, "text/html; charset=utf-8", page);
            answer.headers_mut().insert(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static(POLICY),
            );
            answer
        }
        Err(error) => respond(StatusCode::INTERNAL_SERVER_ERROR, TEXT, error.to_string()),
    }
}

/// `?test=1` and `?test=0` overrule the setting for one scrape.
fn metrics_page(state: &State, run: Option<&Run>, query: &str, headers: &HeaderMap) -> Answer {
    let sent = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let test_metrics = match parameter(query, "test") {
        Some("1") => true,
        Some("0") => false,
        _ => state.sources.test_metrics,
    };
    let snapshot = run.map(Run::snapshot);
    // Further registries can be told in text alone.
    let wanted = match exposition::accept::form(sent(header::ACCEPT)) {
        Form::Protobuf if state.sources.registries.is_empty() => Form::Protobuf,
        Form::Protobuf | Form::Text => Form::Text,
    };
    let (kind, page) = match wanted {
        Form::Protobuf => (
            exposition::protobuf::CONTENT_TYPE,
            snapshot.map_or_else(Vec::new, |snapshot| {
                exposition::protobuf::page(&snapshot, test_metrics)
            }),
        ),
        Form::Text => match exposition::page(snapshot, &state.sources.registries, test_metrics) {
            Ok(page) => (exposition::CONTENT_TYPE, page.into_bytes()),
            Err(error) => {
                return respond(StatusCode::INTERNAL_SERVER_ERROR, TEXT, error.to_string());
            }
        },
    };
    let zipped = exposition::accept::gzip(sent(header::ACCEPT_ENCODING))
        .then(|| zip(&page))
        .flatten();
    let coded = zipped.is_some();
    let mut answer = respond(StatusCode::OK, kind, zipped.unwrap_or(page));
    let headers = answer.headers_mut();
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept, accept-encoding"),
    );
    if coded {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

fn zip(page: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(page).and_then(|()| encoder.finish()).ok()
}

fn stream(state: &State) -> Answer {
    match state.live.borrow_mut().listen() {
        Some(events) => {
            let mut answer = respond(StatusCode::OK, "text/event-stream", "");
            *answer.body_mut() = Out::Events(events);
            answer
        }
        None => respond(
            StatusCode::SERVICE_UNAVAILABLE,
            TEXT,
            "too many pages listen; poll /v1/history\n",
        ),
    }
}

fn after(query: &str) -> i64 {
    parameter(query, "after")
        .and_then(|text| text.parse().ok())
        .unwrap_or(i64::MIN)
}

fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Percent-decoding; what is no code stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

pub(crate) fn problem(status: StatusCode, title: &str, detail: &str) -> Answer {
    respond(
        status,
        JSON,
        rest::error(status.as_u16(), title, detail).to_string(),
    )
}

fn not_found(detail: &str) -> Answer {
    problem(StatusCode::NOT_FOUND, "Not Found", detail)
}

fn json_answer(value: &Value) -> Answer {
    respond(StatusCode::OK, JSON, value.to_string())
}

pub(crate) fn respond(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Answer {
    let mut answer = Response::new(Out::Ready(body.into()));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
