//! From path to answer.

use std::{io::Write, rc::Rc, time::Instant};

use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use http::{
    HeaderMap, Method, Request, Response, StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Incoming};
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use crate::{
    behaviour::{Behaviour, Delay, status_code},
    body::{Answer, Content, CutOff, pattern},
    help,
    link::Link,
    login, metrics,
    query::{self, duration, whole},
    stats::Stats,
};

/// Largest request body that is kept to be shown; others are read and forgotten.
const ECHO_LIMIT: usize = 8 * 1024 * 1024;
const MOST_BYTES: u64 = 1 << 30;
const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// Head and content of an answer.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    content_type: &'static str,
    headers: HeaderMap,
    content: Content,
}

impl Reply {
    fn new(status: StatusCode, content_type: &'static str, content: impl Into<Bytes>) -> Reply {
        Reply {
            status,
            content_type,
            headers: HeaderMap::new(),
            content: Content::Ready(content.into()),
        }
    }

    fn text(status: StatusCode, text: impl Into<Bytes>) -> Reply {
        Reply::new(status, TEXT, text)
    }

    fn json(value: &Value) -> Reply {
        let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
        text.push(b'\n');
        Reply::new(StatusCode::OK, JSON, text)
    }

    fn content(content: Content) -> Reply {
        Reply {
            content,
            ..Reply::new(StatusCode::OK, "application/octet-stream", Bytes::new())
        }
    }

    fn redirect(status: StatusCode, to: &str) -> Result<Reply, String> {
        let to =
            HeaderValue::try_from(to).map_err(|_| "url: cannot stand in a header".to_owned())?;
        Ok(Reply::text(status, "").with(header::LOCATION, to))
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Reply {
        self.headers.append(name, value);
        self
    }
}

/// What a handler may look at.
struct Asked<'a> {
    method: &'a Method,
    path: &'a str,
    query: &'a str,
    headers: &'a HeaderMap,
    body: &'a [u8],
    link: &'a Link,
}

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
        Err(reply) => return Ok(finish(link, &head.method, reply, std::time::Duration::ZERO)),
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
        return Ok(finish(link, &head.method, reply, std::time::Duration::ZERO));
    }
    let mut delay = std::time::Duration::ZERO;
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

fn finish(
    link: Rc<Link>,
    method: &Method,
    reply: Reply,
    delay: std::time::Duration,
) -> Response<Answer> {
    link.answer(reply.status.as_u16(), delay);
    let bare = matches!(
        reply.status,
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
    );
    let mut content = reply.content;
    let length = content.length();
    let stopping = link.worker.stopping.get();
    if bare || *method == Method::HEAD {
        content = Content::empty();
    }
    let mut response = Response::new(Answer::new(link, content));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    let headers = response.headers_mut();
    if !bare {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(reply.content_type),
        );
        if *method == Method::HEAD
            && let Some(length) = length
        {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
    }
    if stopping {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Reads the body to its end, so that the connection can be used again; keeps it where it will be looked at.
async fn read(mut body: Incoming, keep: bool) -> Result<Bytes, Reply> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let problem = |status, text: &'static str| {
        Reply::text(status, text).with(header::CONNECTION, HeaderValue::from_static("close"))
    };
    if keep {
        let kept = Limited::new(body, ECHO_LIMIT).collect().await;
        return match kept {
            Ok(kept) => Ok(kept.to_bytes()),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "at most 8 MiB are shown\n",
            )),
            Err(_) => Err(problem(StatusCode::BAD_REQUEST, "the body broke off\n")),
        };
    }
    while let Some(frame) = body.frame().await {
        frame.map_err(|_| problem(StatusCode::BAD_REQUEST, "the body broke off\n"))?;
    }
    Ok(Bytes::new())
}

fn shows_body(path: &str) -> bool {
    matches!(
        path,
        "/echo" | "/post" | "/put" | "/patch" | "/delete" | "/login"
    ) || path.starts_with("/anything")
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
    waited: &mut std::time::Duration,
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

fn by_method(asked: &Asked<'_>, method: &Method) -> Result<Option<Reply>, String> {
    if asked.method != method && !(*method == Method::GET && *asked.method == Method::HEAD) {
        return Ok(Some(Reply::text(StatusCode::METHOD_NOT_ALLOWED, "")));
    }
    let value = match *method == Method::GET {
        true => {
            json!({ "args": args(asked.query), "headers": headers_of(asked), "origin": origin(asked), "url": url(asked) })
        }
        false => echo(asked),
    };
    Ok(Some(Reply::json(&value)))
}

fn echo(asked: &Asked<'_>) -> Value {
    let is_form = text_of(asked.headers.get(header::CONTENT_TYPE))
        .starts_with("application/x-www-form-urlencoded");
    let text = String::from_utf8_lossy(asked.body);
    json!({
        "method": asked.method.as_str(),
        "args": args(asked.query),
        "headers": headers_of(asked),
        "origin": origin(asked),
        "url": url(asked),
        "form": if is_form { args(&text) } else { Value::Object(Map::new()) },
        "json": serde_json::from_slice::<Value>(asked.body).unwrap_or_default(),
        "data": if is_form { "".into() } else { text },
    })
}

fn origin(asked: &Asked<'_>) -> String {
    asked.link.peer.ip().to_string()
}

fn url(asked: &Asked<'_>) -> String {
    let mark = if asked.query.is_empty() { "" } else { "?" };
    format!(
        "http://{}{}{mark}{}",
        text_of(asked.headers.get(header::HOST)),
        asked.path,
        asked.query
    )
}

/// Names with several values become lists, as httpbin has it.
fn args(query: &str) -> Value {
    let mut map = Map::new();
    for (name, value) in query::pairs(query) {
        let value = Value::String(value.into_owned());
        match map.get_mut(&*name) {
            None => drop(map.insert(name.into_owned(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(map)
}

/// Names as browsers write them (`User-Agent`), as httpbin has it.
fn headers_of(asked: &Asked<'_>) -> Value {
    let mut map = Map::new();
    for name in asked.headers.keys() {
        let values: Vec<_> = asked
            .headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let mut start = true;
        let title = |c: char| {
            let upper = std::mem::replace(&mut start, c == '-');
            if upper { c.to_ascii_uppercase() } else { c }
        };
        map.insert(
            name.as_str().chars().map(title).collect(),
            Value::String(values.join(",")),
        );
    }
    Value::Object(map)
}

fn text_of(value: Option<&HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn document() -> Bytes {
    static DOCUMENT: std::sync::OnceLock<Bytes> = std::sync::OnceLock::new();
    DOCUMENT
        .get_or_init(|| {
            let item = |n: u32| {
                json!({ "id": n, "name": format!("item {n}"), "price": f64::from(n) * 1.25, "tags": ["demo", "loadd"],
                        "stock": { "berlin": n % 7, "lyon": n % 5 }, "available": !n.is_multiple_of(3) })
            };
            let items: Vec<_> = (1..=92).map(item).collect();
            serde_json::to_vec(&json!({ "title": "A document to read", "count": items.len(), "items": items })).unwrap_or_default().into()
        })
        .clone()
}

fn compressed(asked: &Asked<'_>) -> Result<Reply, String> {
    let gzip = asked.path == "/gzip";
    let (name, mark) = if gzip {
        ("gzip", "gzipped")
    } else {
        ("deflate", "deflated")
    };
    let text = serde_json::to_vec_pretty(&json!({ mark: true, "method": asked.method.as_str(), "headers": headers_of(asked), "origin": origin(asked) }))
        .unwrap_or_default();
    let packed = if gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&text).and_then(|()| encoder.finish())
    } else {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&text).and_then(|()| encoder.finish())
    };
    let packed = packed.map_err(|error| error.to_string())?;
    Ok(Reply::new(StatusCode::OK, JSON, packed)
        .with(header::CONTENT_ENCODING, HeaderValue::from_static(name)))
}

fn stream(asked: &Asked<'_>, argument: &str) -> Result<Reply, String> {
    let lines = whole("/stream", argument, 10_000)?;
    let pause = match query::get(asked.query, "interval") {
        Some(text) => duration("interval", &text)?,
        None => std::time::Duration::ZERO,
    };
    let url = url(asked);
    let line = |id| {
        Bytes::from(format!(
            "{}\n",
            json!({ "id": id, "url": url, "args": args(asked.query) })
        ))
    };
    let mut reply = Reply::content(Content::pieces((0..lines).map(line), pause, false));
    reply.content_type = JSON;
    Ok(reply)
}

fn slow(asked: &Asked<'_>) -> Result<Reply, String> {
    let number = |name: &str, default, most| {
        query::get(asked.query, name).map_or(Ok(default), |text| whole(name, &text, most))
    };
    let bytes = number("bytes", 1024, 1 << 20)?;
    let chunks = number("chunks", 10, 1000)?.clamp(1, bytes.max(1));
    let length = query::get(asked.query, "for")
        .map_or(Ok(std::time::Duration::from_secs(1)), |text| {
            duration("for", &text)
        })?;
    let ends = (0..=chunks).map(|n| bytes * n / chunks);
    let sizes = ends
        .clone()
        .zip(ends.skip(1))
        .map(|(from, to)| (to - from) as usize);
    let pieces = sizes.map(|size| {
        if size <= pattern().len() {
            pattern().slice(..size)
        } else {
            pattern().repeat(size / pattern().len() + 1)[..size]
                .to_vec()
                .into()
        }
    });
    let pause = length / u32::try_from(chunks.saturating_sub(1).max(1)).unwrap_or(u32::MAX);
    Ok(Reply::content(Content::pieces(pieces, pause, true)))
}

fn drop_it(asked: &Asked<'_>) -> Result<Option<Reply>, String> {
    let after = query::get(asked.query, "after").map_or(Ok(512), |text| {
        whole("after", &text, pattern().len() as u64)
    })?;
    let part = pattern().slice(..after as usize);
    Ok((after > 0).then(|| Reply::content(Content::cut(part, after + 512))))
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

fn cookies(headers: &HeaderMap) -> Value {
    let mut map = Map::new();
    for value in headers.get_all(header::COOKIE) {
        for (name, value) in text_of(Some(value))
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
        {
            map.insert(name.to_owned(), value.trim_matches('"').into());
        }
    }
    Value::Object(map)
}

/// The parameters of [`Behaviour`] are no cookies.
const OURS: [&str; 9] = [
    "ms",
    "dist",
    "sigma",
    "min",
    "max",
    "error_rate",
    "status",
    "stall_every",
    "stall_for",
];

fn set_cookies(asked: &Asked<'_>, attributes: &str) -> Result<Reply, String> {
    let mut reply = Reply::redirect(StatusCode::FOUND, "/cookies")?;
    for (name, value) in query::pairs(asked.query).filter(|(name, _)| !OURS.contains(&&**name)) {
        let bad =
            |text: &str| text.contains(|c: char| c.is_ascii_control() || c == ';' || c == ',');
        if name.is_empty() || bad(&name) || name.contains('=') || bad(&value) {
            return Err(format!(
                "{name}: not a name and value that a cookie can have"
            ));
        }
        let cookie = HeaderValue::try_from(format!("{name}={value}{attributes}"));
        reply = reply.with(
            header::SET_COOKIE,
            cookie.map_err(|_| format!("{name}: cannot stand in a header"))?,
        );
    }
    Ok(reply)
}

fn log_in(asked: &Asked<'_>) -> Result<Reply, String> {
    let worker = &asked.link.worker;
    let seed = worker.shared.seed;
    if *asked.method != Method::POST {
        let csrf = login::token(
            seed,
            "csrf",
            &format!("{:x}", worker.random.borrow_mut().next()),
        );
        let form = format!(
            "<!doctype html><html lang=en><meta charset=utf-8><title>Log in</title><form method=post action=/login>\n\
             <input type=hidden name=csrf_token value=\"{csrf}\">\n<label>User <input name=username></label>\n\
             <label>Password <input type=password name=password></label>\n<button>Log in</button></form></html>\n"
        );
        return Ok(Reply::new(StatusCode::OK, "text/html; charset=utf-8", form));
    }
    let refused = |why: &'static str| Reply::text(StatusCode::UNAUTHORIZED, why);
    if text_of(asked.headers.get(header::CONTENT_TYPE)).starts_with("application/json") {
        let fields: Value =
            serde_json::from_slice(asked.body).map_err(|error| format!("JSON: {error}"))?;
        let field = |name: &str| fields[name].as_str().unwrap_or("").to_owned();
        return Ok(
            match (field("username"), field("password") == login::PASSWORD) {
                (user, true) if !user.is_empty() => {
                    Reply::json(&json!({ "token": login::token(seed, "session", &user) }))
                }
                _ => refused("wrong user or password\n"),
            },
        );
    }
    let body = String::from_utf8_lossy(asked.body);
    let field = |name: &str| query::get(&body, name).unwrap_or_default();
    if login::user(seed, "csrf", &field("csrf_token")).is_none() {
        return Ok(Reply::text(
            StatusCode::FORBIDDEN,
            "csrf_token is missing or wrong: GET /login gives one\n",
        ));
    }
    if field("username").is_empty() || field("password") != login::PASSWORD {
        return Ok(refused("wrong user or password\n"));
    }
    let cookie = format!(
        "session={}; Path=/; HttpOnly",
        login::token(seed, "session", &field("username"))
    );
    let cookie = HeaderValue::try_from(cookie).map_err(|error| error.to_string())?;
    Ok(Reply::redirect(StatusCode::SEE_OTHER, "/account")?.with(header::SET_COOKIE, cookie))
}

fn account(asked: &Asked<'_>) -> Reply {
    let cookies = cookies(asked.headers);
    let token = bearer_token(asked).or_else(|| cookies["session"].as_str());
    match token.and_then(|token| login::user(asked.link.worker.shared.seed, "session", token)) {
        Some(user) => Reply::json(&json!({ "user": user })),
        None => unauthorized("Bearer"),
    }
}

fn bearer_token<'a>(asked: &Asked<'a>) -> Option<&'a str> {
    text_of(asked.headers.get(header::AUTHORIZATION))
        .strip_prefix("Bearer ")
        .filter(|token| !token.is_empty())
}

fn bearer(asked: &Asked<'_>) -> Reply {
    match bearer_token(asked) {
        Some(token) => Reply::json(&json!({ "authenticated": true, "token": token })),
        None => unauthorized("Bearer"),
    }
}

fn basic(asked: &Asked<'_>, argument: &str) -> Reply {
    let expected = format!(
        "Basic {}",
        base64(argument.replacen('/', ":", 1).as_bytes())
    );
    match text_of(asked.headers.get(header::AUTHORIZATION)) == expected {
        true => Reply::json(&json!({ "authenticated": true, "user": argument.split('/').next() })),
        false => unauthorized("Basic realm=\"loadd target\""),
    }
}

fn unauthorized(challenge: &'static str) -> Reply {
    Reply::text(StatusCode::UNAUTHORIZED, "").with(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(challenge),
    )
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - group.len()));
        for at in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= group.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}
