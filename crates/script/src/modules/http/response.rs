//! Responses: a native object whose fields are made when a script looks at them, and not before.

use std::{cell::OnceCell, fmt::Write, rc::Rc};

use http::{HeaderMap, HeaderName, StatusCode};
use loadd_client::{
    BodyData, Exchange, OcspStaple, Proto, RequestUrl, ResponseType, parse_set_cookie,
};
use rquickjs::{Array, Ctx, IntoJs, Object, Result, Value};

use super::forms;
use crate::{
    Answered, HttpCall,
    modules::{html::Page, method, text, throw, throw_type},
    state::State,
    sys::{
        binary,
        native::NativeClass,
        qjs::{self, Args},
    },
};

mod json;

/// A response in a script's hands.
pub(super) enum Response {
    /// Something was sent.
    Sent(Sent),
    /// An argument was wrong and nothing was sent.
    Refused {
        /// k6's code.
        code: u16,
        /// What was wrong.
        message: String,
    },
}

pub(super) struct Sent {
    last: Box<Exchange>,
    call: Box<HttpCall>,
    /// The body as HTML, once a script has asked for it.
    page: OnceCell<Rc<Page>>,
}

/// The response that a call returns, or what it throws.
pub(super) fn finish<'js>(ctx: &Ctx<'js>, answered: Answered) -> Result<Value<'js>> {
    let Answered { call, outcome } = answered;
    let last = outcome.last;
    if let Some(error) = &last.error
        && call.throws
    {
        return Err(throw(ctx, &error.message));
    }
    if last.status == 101 {
        return Err(throw(
            ctx,
            "unexpected response status 101: use a WebSocket module to switch protocols",
        ));
    }
    if !outcome.redirects.is_empty() {
        tell_limit(ctx, outcome.redirects.len(), &last, &call);
    }
    let page = OnceCell::new();
    show(ctx, Response::Sent(Sent { last, call, page }))
}

/// A redirect that was not followed since the usual limit was reached is told; a limit of one's own is kept in silence.
#[cold]
fn tell_limit(ctx: &Ctx<'_>, followed: usize, last: &Exchange, call: &HttpCall) {
    let state = qjs::state(ctx);
    let limit = state.settings.http.max_redirects;
    let is_reached = u32::try_from(followed).is_ok_and(|followed| followed >= limit);
    if is_reached
        && !call.own_redirect_limit
        && matches!(last.status, 301 | 302 | 303 | 307 | 308)
        && last.headers.contains_key(http::header::LOCATION)
    {
        state.host.warn(
            "Stopped after the maximum number of redirects",
            &format!(
                "{} redirects were followed: {}",
                followed, call.request.url.tag
            ),
        );
    }
}

/// The response to a call whose arguments are wrong.
pub(super) fn refused<'js>(ctx: &Ctx<'js>, code: u16, message: String) -> Result<Value<'js>> {
    show(ctx, Response::Refused { code, message })
}

fn show<'js>(ctx: &Ctx<'js>, response: Response) -> Result<Value<'js>> {
    let class = &qjs::state(ctx).http.responses;
    class.instance(ctx, response).map(Object::into_value)
}

/// Runs `look` with the response that a getter or method is called on; `None` where that is something else.
pub(super) fn with<R>(args: &Args<'_, '_>, look: impl FnOnce(&Response) -> R) -> Option<R> {
    qjs::state(args.ctx())
        .http
        .responses
        .with(&args.this(), look)
}

/// k6's fields in k6's order.
const FIELDS: &[&str] = &[
    "remote_ip",
    "remote_port",
    "url",
    "status",
    "status_text",
    "proto",
    "headers",
    "cookies",
    "body",
    "timings",
    "tls_version",
    "tls_cipher_suite",
    "ocsp",
    "error",
    "error_code",
    "request",
];

impl NativeClass for Response {
    const NAME: &'static str = "Response";

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        qjs::getter(prototype, "remote_ip", |_, args| look(args, remote_ip))?;
        qjs::getter(prototype, "remote_port", |_, args| look(args, remote_port))?;
        qjs::getter(prototype, "url", |_, args| look(args, url))?;
        qjs::getter(prototype, "status", |_, args| look(args, status))?;
        qjs::getter(prototype, "status_text", |_, args| look(args, status_text))?;
        qjs::getter(prototype, "proto", |_, args| look(args, proto))?;
        qjs::getter(prototype, "headers", |_, args| {
            make(args, "\0headers", headers)
        })?;
        qjs::getter(prototype, "cookies", |_, args| {
            make(args, "\0cookies", cookies)
        })?;
        qjs::getter(prototype, "body", |_, args| make(args, "\0body", body))?;
        qjs::getter(prototype, "timings", |_, args| {
            make(args, "\0timings", timings)
        })?;
        qjs::getter(prototype, "tls_version", |_, args| look(args, tls_version))?;
        qjs::getter(prototype, "tls_cipher_suite", |_, args| {
            look(args, tls_cipher_suite)
        })?;
        qjs::getter(prototype, "ocsp", |_, args| make(args, "\0ocsp", ocsp))?;
        qjs::getter(prototype, "error", |_, args| look(args, error))?;
        qjs::getter(prototype, "error_code", |_, args| look(args, error_code))?;
        qjs::getter(prototype, "request", |_, args| {
            make(args, "\0request", request)
        })?;
        method(prototype, "clickLink", 1, forms::click_link)?;
        method(prototype, "html", 1, forms::html)?;
        method(prototype, "json", 1, json::json)?;
        method(prototype, "submitForm", 1, forms::submit_form)?;
        let to_json = qjs::function(prototype.ctx(), "toJSON", 0, to_json)?;
        qjs::define_hidden(prototype, "toJSON", to_json.as_value())
    }
}

type Field = for<'js> fn(&Ctx<'js>, &Response) -> Result<Value<'js>>;

/// A field that is cheap to make each time.
fn look<'js>(args: &Args<'_, 'js>, field: Field) -> Result<Value<'js>> {
    let ctx = args.ctx();
    with(args, |response| field(ctx, response))
        .unwrap_or_else(|| Err(throw_type(ctx, "this is not a Response")))
}

/// A field that is made once. It is kept under a name of its own, so that the object's keys stay the fields in their order.
fn make<'js>(args: &Args<'_, 'js>, kept: &str, field: Field) -> Result<Value<'js>> {
    let this = args.this();
    let Some(object) = this.as_object() else {
        return look(args, field);
    };
    let known: Value = object.get(kept)?;
    if !known.is_undefined() {
        return Ok(known);
    }
    let value = look(args, field)?;
    if !value.is_null() {
        qjs::define_hidden(object, kept, &value)?;
    }
    Ok(value)
}

impl Response {
    fn sent(&self) -> Option<&Sent> {
        match self {
            Response::Sent(sent) => Some(sent),
            Response::Refused { .. } => None,
        }
    }

    /// The body as HTML with the URL that its links are relative to; `None` where there is no body.
    pub(super) fn page(&self) -> Option<(Rc<Page>, Rc<RequestUrl>)> {
        let sent = self.sent()?;
        let BodyData::Bytes(bytes) = &sent.last.body else {
            return None;
        };
        if sent.call.request.response_type == ResponseType::None {
            return None;
        }
        let page = sent.page.get_or_init(|| {
            let html = String::from_utf8_lossy(bytes);
            Rc::new(Page::parse(&html, Some(&sent.last.url.text)))
        });
        Some((Rc::clone(page), Rc::clone(&sent.last.url)))
    }

    fn exchange(&self) -> Option<&Exchange> {
        self.sent().map(|sent| &*sent.last)
    }
}

fn remote_ip<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    match response.exchange().and_then(|exchange| exchange.remote) {
        Some(remote) => text(ctx, &remote.ip().to_string()),
        None => text(ctx, ""),
    }
}

fn remote_port<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    let port = response
        .exchange()
        .and_then(|exchange| exchange.remote)
        .map_or(0, |remote| remote.port());
    Ok(Value::new_int(ctx.clone(), i32::from(port)))
}

fn url<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    text(
        ctx,
        response
            .exchange()
            .map_or("", |exchange| &exchange.url.text),
    )
}

fn status<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    Ok(Value::new_int(
        ctx.clone(),
        response
            .exchange()
            .map_or(0, |exchange| i32::from(exchange.status)),
    ))
}

fn status_text<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    let status = response.exchange().map_or(0, |exchange| exchange.status);
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    match (status, reason) {
        (0, _) => text(ctx, ""),
        (_, Some(reason)) => text(ctx, &format!("{status} {reason}")),
        (_, None) => text(ctx, &status.to_string()),
    }
}

fn proto<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    text(
        ctx,
        response
            .exchange()
            .and_then(|exchange| exchange.proto)
            .map_or("", Proto::as_str),
    )
}

/// `content-type` -> `Content-Type`, as Go shows header names.
fn canonical(name: &HeaderName) -> String {
    let mut upper = true;
    let letter = |byte: u8| {
        let letter = if upper {
            byte.to_ascii_uppercase()
        } else {
            byte
        };
        upper = byte == b'-';
        char::from(letter)
    };
    name.as_str().bytes().map(letter).collect()
}

fn header_text(map: &HeaderMap, name: &HeaderName) -> String {
    let mut joined = String::new();
    for value in map.get_all(name) {
        let separator = if joined.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(
            joined,
            "{separator}{}",
            String::from_utf8_lossy(value.as_bytes())
        );
    }
    joined
}

fn headers<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    let object = Object::new(ctx.clone())?;
    if let Some(exchange) = response.exchange() {
        for name in exchange.headers.keys() {
            object.set(canonical(name), header_text(&exchange.headers, name))?;
        }
    }
    Ok(object.into_value())
}

fn cookies<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    let object = Object::new(ctx.clone())?;
    let cookies = response
        .exchange()
        .map(|exchange| parse_set_cookie(&exchange.headers))
        .unwrap_or_default();
    for cookie in cookies {
        let entry = Object::new(ctx.clone())?;
        entry.set("name", cookie.name.as_str())?;
        entry.set("value", cookie.value)?;
        entry.set("domain", cookie.domain)?;
        entry.set("path", cookie.path)?;
        entry.set("http_only", cookie.http_only)?;
        entry.set("secure", cookie.secure)?;
        entry.set("max_age", number(cookie.max_age))?;
        entry.set("expires", number(cookie.expires_ms))?;
        let list: Option<Array> = object.get(cookie.name.as_str())?;
        let list = match list {
            Some(list) => list,
            None => {
                let list = Array::new(ctx.clone())?;
                object.set(cookie.name.as_str(), list.clone())?;
                list
            }
        };
        list.set(list.len(), entry)?;
    }
    Ok(object.into_value())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JavaScript has no other numbers"
)]
fn number(value: i64) -> f64 {
    value as f64
}

fn body<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    let Some(sent) = response.sent() else {
        return binary::array_buffer(ctx, &[]);
    };
    match (&sent.last.body, sent.call.request.response_type) {
        (BodyData::Absent, _) | (_, ResponseType::None) => Ok(Value::new_null(ctx.clone())),
        // A copy: k6's buffers can be written to, one over shared memory could not.
        (BodyData::Bytes(bytes), ResponseType::Binary) => binary::array_buffer(ctx, bytes),
        (BodyData::Bytes(bytes), ResponseType::Text) => text(ctx, &String::from_utf8_lossy(bytes)),
    }
}

fn milliseconds(nanos: u64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a request lasts less than 104 days"
    )]
    let nanos = nanos as f64;
    nanos / 1e6
}

fn timings<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    let timings = response
        .exchange()
        .map(|exchange| exchange.timings)
        .unwrap_or_default();
    let object = Object::new(ctx.clone())?;
    object.set("duration", milliseconds(timings.duration()))?;
    object.set("blocked", milliseconds(timings.blocked))?;
    // DNS time is part of `blocked`; this one is always 0 in k6.
    object.set("looking_up", 0)?;
    object.set("connecting", milliseconds(timings.connecting))?;
    object.set("tls_handshaking", milliseconds(timings.tls_handshaking))?;
    object.set("sending", milliseconds(timings.sending))?;
    object.set("waiting", milliseconds(timings.waiting))?;
    object.set("receiving", milliseconds(timings.receiving))?;
    Ok(object.into_value())
}

fn tls_version<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    text(
        ctx,
        response
            .exchange()
            .and_then(|exchange| exchange.tls.as_ref())
            .map_or("", |tls| tls.version),
    )
}

fn tls_cipher_suite<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    text(
        ctx,
        response
            .exchange()
            .and_then(|exchange| exchange.tls.as_ref())
            .map_or("", |tls| tls.cipher_suite),
    )
}

fn ocsp<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    let tls = response
        .exchange()
        .and_then(|exchange| exchange.tls.as_ref());
    let staple = tls.and_then(|tls| tls.ocsp.as_ref());
    let object = Object::new(ctx.clone())?;
    let time = |of: fn(&OcspStaple) -> i64| staple.map_or(0.0, |staple| number(of(staple)));
    object.set("produced_at", time(|staple| staple.produced_at))?;
    object.set("this_update", time(|staple| staple.this_update))?;
    object.set("next_update", time(|staple| staple.next_update))?;
    object.set("revoked_at", time(|staple| staple.revoked_at))?;
    object.set(
        "revocation_reason",
        staple.map_or("", |staple| staple.revocation_reason),
    )?;
    let unknown = if tls.is_some() { "unknown" } else { "" };
    object.set("status", staple.map_or(unknown, |staple| staple.status))?;
    Ok(object.into_value())
}

fn error<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    match response {
        Response::Refused { message, .. } => text(ctx, message),
        Response::Sent(sent) => text(
            ctx,
            sent.last.error.as_ref().map_or("", |error| &error.message),
        ),
    }
}

fn error_code<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    let code = match response {
        Response::Refused { code, .. } => *code,
        Response::Sent(sent) => match (&sent.last.error, sent.last.status) {
            (Some(error), _) => error.code.0,
            (None, status) if status >= 400 => 1000 + status,
            (None, _) => 0,
        },
    };
    Ok(Value::new_int(ctx.clone(), i32::from(code)))
}

fn request<'js>(ctx: &Ctx<'js>, response: &Response) -> Result<Value<'js>> {
    let Some(sent) = response.sent() else {
        return Ok(Value::new_null(ctx.clone()));
    };
    let request = &sent.call.request;
    let headers = Object::new(ctx.clone())?;
    for name in request.headers.keys() {
        headers.set(canonical(name), vec![header_text(&request.headers, name)])?;
    }
    if let Some(user_agent) = &request.user_agent {
        let text = String::from_utf8_lossy(user_agent.as_bytes());
        headers.set("User-Agent", vec![text.as_ref()])?;
    }
    let cookies = Object::new(ctx.clone())?;
    for cookie in &request.cookies {
        let entry = Object::new(ctx.clone())?;
        entry.set("name", cookie.name.as_str())?;
        entry.set("value", cookie.value.as_str())?;
        entry.set("replace", cookie.replace)?;
        cookies.set(cookie.name.as_str(), vec![entry])?;
    }
    let object = Object::new(ctx.clone())?;
    object.set("method", request.method.as_str())?;
    object.set("url", &*request.url.text)?;
    object.set("headers", headers)?;
    object.set("body", String::from_utf8_lossy(&request.body).as_ref())?;
    object.set("cookies", cookies)?;
    Ok(object.into_value())
}

fn to_json<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let this = args.this();
    let Some(this) = this.as_object() else {
        return Err(throw_type(ctx, "this is not a Response"));
    };
    let object = Object::new(ctx.clone())?;
    for name in FIELDS {
        object.set(*name, this.get::<_, Value>(*name)?)?;
    }
    object.into_js(ctx)
}
