//! From path to answer.

mod echo;
mod reply;
mod streams;
mod users;

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    Method, Request, Response, StatusCode,
    header::{self, HeaderValue},
};
use hyper::body::Incoming;
use serde_json::json;
use tokio::time::sleep;

use self::{
    echo::{by_method, compressed, document, echo, headers_of},
    reply::{Asked, JSON, Reply, finish, read, shows_body, text_of},
    streams::{drop_it, slow, stream},
    users::{account, basic, bearer, cookies, log_in, set_cookies},
};
use crate::{
    behaviour::{Behaviour, Delay, status_code},
    body::{Answer, Content, CutOff},
    help,
    link::Link,
    metrics,
    query::{self, whole},
    stats::Stats,
};

const MOST_BYTES: u64 = 1 << 30;

/// Serves one request.
pub(crate) async fn answer(
    link: Rc<Link>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, CutOff> {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or(""));
    link.begin(path, started);
    let body = match read(body, shows_body(path)).await {
        Ok(body) => body,
        Err(reply) => return Ok(finish(link, &head.method, reply, Duration::ZERO)),
    };
    let asked = Asked {
        method: &head.method,
        path,
        query,
        headers: &head.headers,
        body: &body,
        link: &link,
    };
    if matches!(path, "/stats" | "/metrics") {
        let reply = counts(&asked).await;
        return Ok(finish(link, &head.method, reply, Duration::ZERO));
    }
    let mut delay = Duration::ZERO;
    let reply = if query.is_empty() && !path.starts_with("/delay/") {
        route(&asked)
    } else {
        match Behaviour::parse(query).and_then(|behaviour| delay_of_path(path, behaviour)) {
            Ok(behaviour) => behave(&asked, behaviour, &mut delay).await,
            Err(problem) => Err(problem),
        }
    };
    match reply {
        Ok(Some(reply)) => Ok(finish(link, &head.method, reply, delay)),
        Ok(None) => Err(CutOff),
        Err(problem) => Ok(finish(
            link,
            &head.method,
            Reply::text(StatusCode::BAD_REQUEST, format!("{problem}\n")),
            delay,
        )),
    }
}

fn delay_of_path(path: &str, mut behaviour: Behaviour) -> Result<Behaviour, String> {
    if let Some(text) = path.strip_prefix("/delay/") {
        let length = query::number("/delay", text)
            .and_then(|number| query::seconds("/delay", text, number))?;
        behaviour.delay.get_or_insert(Delay::constant(length));
    }
    Ok(behaviour)
}

/// Stall, delay, stall, fault, and only then the answer. Chance is drawn before the first wait, in the order of arrival.
async fn behave(
    asked: &Asked<'_>,
    behaviour: Behaviour,
    waited: &mut Duration,
) -> Result<Option<Reply>, String> {
    let worker = &asked.link.worker;
    let (delay, fault) = {
        let mut random = worker.random.borrow_mut();
        let delay = behaviour.delay.map(|delay| delay.draw(&mut random));
        (
            delay,
            behaviour.error.filter(|fault| random.unit() < fault.rate),
        )
    };
    let stall = || {
        behaviour
            .stall
            .map(|stall| stall.remaining(worker.shared.now()))
    };
    for wait in [stall(), delay]
        .into_iter()
        .flatten()
        .filter(|wait| !wait.is_zero())
    {
        sleep(wait).await;
        *waited += wait;
    }
    if let Some(wait) = stall().filter(|wait| !wait.is_zero()) {
        sleep(wait).await;
        *waited += wait;
    }
    match fault {
        Some(fault) => Ok(Some(Reply::text(
            fault.status,
            format!("{}\n", fault.status),
        ))),
        None => route(asked),
    }
}

/// The answer itself; `None`: hang up.
fn route(asked: &Asked<'_>) -> Result<Option<Reply>, String> {
    let path = asked.path;
    let reply = match path {
        "/plain" | "/delay" => Reply::text(StatusCode::OK, Bytes::from_static(b"ok\n")),
        "/get" => return by_method(asked, &Method::GET),
        "/post" => return by_method(asked, &Method::POST),
        "/put" => return by_method(asked, &Method::PUT),
        "/patch" => return by_method(asked, &Method::PATCH),
        "/delete" => return by_method(asked, &Method::DELETE),
        "/echo" | "/anything" => Reply::json(&echo(asked)),
        "/" => index(asked),
        "/headers" => Reply::json(&json!({ "headers": headers_of(asked) })),
        "/ip" => Reply::json(&json!({ "origin": asked.link.peer.ip().to_string() })),
        "/user-agent" => {
            Reply::json(&json!({ "user-agent": text_of(asked.headers.get(header::USER_AGENT)) }))
        }
        "/json" => Reply::new(StatusCode::OK, JSON, document()),
        "/gzip" | "/deflate" => compressed(asked)?,
        "/stream" => stream(asked, "10")?,
        "/slow-body" => slow(asked)?,
        "/drop" => return drop_it(asked),
        "/cookies" => Reply::json(&json!({ "cookies": cookies(asked.headers) })),
        "/cookies/set" => set_cookies(asked, "; Path=/")?,
        "/cookies/delete" => set_cookies(asked, "; Path=/; Max-Age=0")?,
        "/redirect-to" => redirect_to(asked)?,
        "/login" => log_in(asked)?,
        "/account" => account(asked),
        "/bearer" => bearer(asked),
        _ => return with_argument(asked),
    };
    Ok(Some(reply))
}

fn with_argument(asked: &Asked<'_>) -> Result<Option<Reply>, String> {
    let (name, argument) = asked.path[1..]
        .split_once('/')
        .unwrap_or((&asked.path[1..], ""));
    let reply = match name {
        "delay" => Reply::text(StatusCode::OK, Bytes::from_static(b"ok\n")),
        "anything" => Reply::json(&echo(asked)),
        "bytes" => Reply::content(Content::Pattern {
            left: whole("/bytes", argument, MOST_BYTES)?,
        }),
        "stream" => stream(asked, argument)?,
        "status" => one_status(asked, argument)?,
        "redirect" => match whole("/redirect", argument, 1000)? {
            0 | 1 => Reply::redirect(StatusCode::FOUND, "/get")?,
            n => Reply::redirect(StatusCode::FOUND, &format!("/redirect/{}", n - 1))?,
        },
        "basic-auth" => basic(asked, argument),
        _ => Reply::text(
            StatusCode::NOT_FOUND,
            format!("{}: no such path; / lists them\n", asked.path),
        ),
    };
    Ok(Some(reply))
}

async fn counts(asked: &Asked<'_>) -> Reply {
    let shared = &asked.link.worker.shared;
    let reply = match (asked.path, asked.method.as_str()) {
        ("/stats", "GET" | "HEAD") => shared.stats().await.map(|stats| stats_page(asked, stats)),
        ("/stats", "DELETE") => shared
            .reset()
            .await
            .map(|()| Reply::text(StatusCode::NO_CONTENT, "")),
        ("/metrics", "GET" | "HEAD") => {
            shared
                .stats()
                .await
                .map(|stats| match metrics::page(stats) {
                    Ok(page) => Reply::new(StatusCode::OK, metrics::CONTENT_TYPE, page),
                    Err(error) => {
                        Reply::text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n"))
                    }
                })
        }
        _ => Some(Reply::text(StatusCode::METHOD_NOT_ALLOWED, "")),
    };
    reply.unwrap_or_else(|| Reply::text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"))
}

fn stats_page(asked: &Asked<'_>, mut stats: Stats) -> Reply {
    for text in query::get(asked.query, "quantile")
        .iter()
        .flat_map(|list| list.split(','))
    {
        match query::number("quantile", text) {
            Ok(q) if (0.0..=1.0).contains(&q) => stats.ask(text, q),
            _ => {
                return Reply::text(
                    StatusCode::BAD_REQUEST,
                    format!("quantile={text}: from 0 to 1\n"),
                );
            }
        }
    }
    Reply::json(&serde_json::to_value(&stats).unwrap_or_default())
}

fn index(asked: &Asked<'_>) -> Reply {
    let wants_html = text_of(asked.headers.get(header::ACCEPT)).contains("text/html");
    match wants_html {
        true => Reply::new(StatusCode::OK, "text/html; charset=utf-8", help::html()),
        false => Reply::text(StatusCode::OK, Bytes::from_static(help::HELP.as_bytes())),
    }
}

fn one_status(asked: &Asked<'_>, list: &str) -> Result<Reply, String> {
    let codes = list
        .split(',')
        .map(status_code)
        .collect::<Result<Vec<_>, _>>()?;
    let at = if codes.len() == 1 {
        0
    } else {
        (asked.link.worker.random.borrow_mut().unit() * codes.len() as f64) as usize
    };
    let reply = Reply::text(codes[at], format!("{}\n", codes[at]));
    Ok(
        match codes[at].is_redirection() && codes[at] != StatusCode::NOT_MODIFIED {
            true => reply.with(header::LOCATION, HeaderValue::from_static("/get")),
            false => reply,
        },
    )
}

fn redirect_to(asked: &Asked<'_>) -> Result<Reply, String> {
    let to = query::get(asked.query, "url").ok_or("url=... is wanted")?;
    let status = query::get(asked.query, "status_code")
        .map_or(Ok(StatusCode::FOUND), |code| status_code(&code))?;
    Reply::redirect(status, &to)
}
