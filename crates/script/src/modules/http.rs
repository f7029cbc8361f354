//! `k6/http`: requests and what came of them.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use hashbrown::HashMap;
use http::{HeaderValue, Method};
use loadd_client::{CookieJar, RequestUrl, UrlError};
use rquickjs::{Ctx, Object, Result, Value};

use super::{BuiltinModule, method, not_in_init, throw, throw_type, to_text};
use crate::{
    Completion, Expected, HttpCall, HttpDefaults, Op,
    state::State,
    sys::{
        host_object::HostClass,
        native,
        qjs::{self, Args},
    },
};

mod batch;
mod body;
mod cookies;
mod expected;
mod forms;
mod request;
mod response;

pub(super) use body::encode_pairs;
use request::{BodyArgument, Refused};

/// The module.
pub(crate) struct Http;

impl BuiltinModule for Http {
    const EXPORTS: &'static [&'static str] = &[
        "get",
        "head",
        "post",
        "put",
        "patch",
        "del",
        "options",
        "request",
        "asyncRequest",
        "batch",
        "file",
        "url",
        "expectedStatuses",
        "setResponseCallback",
        "cookieJar",
        "CookieJar",
        "TLS_1_0",
        "TLS_1_1",
        "TLS_1_2",
        "TLS_1_3",
        "OCSP_STATUS_GOOD",
        "OCSP_STATUS_REVOKED",
        "OCSP_STATUS_SERVER_FAILED",
        "OCSP_STATUS_UNKNOWN",
        "OCSP_REASON_UNSPECIFIED",
        "OCSP_REASON_KEY_COMPROMISE",
        "OCSP_REASON_CA_COMPROMISE",
        "OCSP_REASON_AFFILIATION_CHANGED",
        "OCSP_REASON_SUPERSEDED",
        "OCSP_REASON_CESSATION_OF_OPERATION",
        "OCSP_REASON_CERTIFICATE_HOLD",
        "OCSP_REASON_REMOVE_FROM_CRL",
        "OCSP_REASON_PRIVILEGE_WITHDRAWN",
        "OCSP_REASON_AA_COMPROMISE",
    ];

    fn build<'js>(ctx: &Ctx<'js>, _state: &State) -> Result<Object<'js>> {
        let module = Object::new(ctx.clone())?;
        method(&module, "get", 2, |state, args| {
            call(state, args, Method::GET, BodyArgument::None)
        })?;
        method(&module, "head", 2, |state, args| {
            call(state, args, Method::HEAD, BodyArgument::None)
        })?;
        method(&module, "post", 3, |state, args| {
            call(state, args, Method::POST, BodyArgument::Second)
        })?;
        method(&module, "put", 3, |state, args| {
            call(state, args, Method::PUT, BodyArgument::Second)
        })?;
        method(&module, "patch", 3, |state, args| {
            call(state, args, Method::PATCH, BodyArgument::Second)
        })?;
        method(&module, "del", 3, |state, args| {
            call(state, args, Method::DELETE, BodyArgument::Second)
        })?;
        method(&module, "options", 3, |state, args| {
            call(state, args, Method::OPTIONS, BodyArgument::Second)
        })?;
        method(&module, "request", 4, request_any)?;
        method(&module, "asyncRequest", 4, request_async)?;
        method(&module, "batch", 1, batch::batch)?;
        method(&module, "file", 3, body::file)?;
        method(&module, "url", 1, url_template)?;
        method(&module, "expectedStatuses", 0, expected::expected_statuses)?;
        method(
            &module,
            "setResponseCallback",
            1,
            expected::set_response_callback,
        )?;
        method(&module, "cookieJar", 0, cookies::cookie_jar)?;
        module.set(
            "CookieJar",
            qjs::constructor(ctx, "CookieJar", 0, cookies::new_cookie_jar)?,
        )?;
        for name in Self::EXPORTS
            .iter()
            .filter(|name| name.starts_with("TLS_") || name.starts_with("OCSP_"))
        {
            module.set(*name, constant(name))?;
        }
        Ok(module)
    }
}

/// `TLS_1_2` -> `tls1.2`, `OCSP_REASON_KEY_COMPROMISE` -> `key_compromise`.
fn constant(name: &str) -> String {
    match name.strip_prefix("TLS_") {
        Some(version) => format!("tls{}", version.replace('_', ".")),
        None => name
            .strip_prefix("OCSP_STATUS_")
            .or_else(|| name.strip_prefix("OCSP_REASON_"))
            .unwrap_or(name)
            .to_ascii_lowercase(),
    }
}

/// One VU's HTTP state.
pub(crate) struct HttpState {
    /// This call's jar, made at its first use.
    jar: RefCell<Option<Rc<CookieJar>>>,
    /// `noCookiesReset`.
    pub(crate) keep_cookies: Cell<bool>,
    /// `setResponseCallback`.
    expected: RefCell<Expected>,
    responses: HostClass<response::Response>,
    user_agent: Option<HeaderValue>,
}

impl HttpState {
    pub(crate) fn new(defaults: &HttpDefaults) -> HttpState {
        let user_agent = (!defaults.user_agent.is_empty())
            .then(|| HeaderValue::from_str(&defaults.user_agent).ok())
            .flatten();
        HttpState {
            jar: RefCell::new(None),
            keep_cookies: Cell::new(false),
            expected: RefCell::new(Expected::Default),
            responses: HostClass::default(),
            user_agent,
        }
    }

    /// A call begins: with an empty jar, unless cookies are kept.
    pub(crate) fn begin_call(&self) {
        if !self.keep_cookies.get() {
            self.clear();
        }
    }

    pub(crate) fn clear(&self) {
        let jar = self.jar.borrow_mut().take();
        drop(jar);
    }

    fn jar(&self) -> Rc<CookieJar> {
        Rc::clone(self.jar.borrow_mut().get_or_insert_with(Rc::default))
    }
}

thread_local! {
    /// Parsed URLs of this core: scripts ask for the same few again and again.
    static URLS: RefCell<HashMap<Box<str>, Rc<RequestUrl>>> = RefCell::default();
}

/// URLs remembered on each core. A script whose URLs differ each time fills it once in so many requests and starts anew.
const URLS_REMEMBERED: usize = 1024;

fn parse_url(text: &str) -> std::result::Result<Rc<RequestUrl>, UrlError> {
    let known = URLS.with_borrow(|urls| urls.get(text).cloned());
    if let Some(url) = known {
        return Ok(url);
    }
    let url = Rc::new(RequestUrl::parse(text)?);
    URLS.with_borrow_mut(|urls| {
        if urls.len() >= URLS_REMEMBERED {
            urls.clear();
        }
        urls.insert(text.into(), Rc::clone(&url));
    });
    Ok(url)
}

fn call<'js>(
    state: &State,
    args: &Args<'_, 'js>,
    method: Method,
    body: BodyArgument,
) -> Result<Value<'js>> {
    let ctx = args.ctx();
    not_in_init(ctx, state, "HTTP requests")?;
    let params = if body == BodyArgument::None { 1 } else { 2 };
    if args.len() > params + 1 {
        state.host.warn(
            "too many arguments",
            &format!("an HTTP {method} takes {} arguments", params + 1),
        );
    }
    match request::prepare(state, args, method, 0, body, params) {
        Ok(call) => send(state, ctx, call),
        Err(refused) => refuse(state, ctx, refused),
    }
}

fn method_argument(args: &Args<'_, '_>) -> std::result::Result<Method, Refused> {
    let name = to_text(&args.get(0))?;
    // As in Go, an empty one is GET.
    if name.is_empty() {
        return Ok(Method::GET);
    }
    Method::from_bytes(name.as_bytes())
        .map_err(|_| request::argument_error(format!("net/http: invalid method {name:?}")))
}

fn request_any<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    not_in_init(ctx, state, "HTTP requests")?;
    let prepared = method_argument(args)
        .and_then(|method| request::prepare(state, args, method, 1, BodyArgument::Third, 3));
    match prepared {
        Ok(call) => send(state, ctx, call),
        Err(refused) => refuse(state, ctx, refused),
    }
}

/// The usual way: waits, and gives the response.
fn send<'js>(state: &State, ctx: &Ctx<'js>, call: Box<HttpCall>) -> Result<Value<'js>> {
    match state.wait(ctx, Op::Http(call))? {
        Completion::Http(answered) => response::finish(ctx, answered),
        Completion::Done
        | Completion::Batch(_)
        | Completion::Computed(_)
        | Completion::Finished(..) => {
            panic!("an HTTP request was answered with something else")
        }
    }
}

/// A call that cannot be sent: a warning and an empty response, or a throw (k6 API reference, 6.2).
fn refuse<'js>(state: &State, ctx: &Ctx<'js>, refused: Refused) -> Result<Value<'js>> {
    match refused {
        Refused::Thrown(error) => Err(error),
        Refused::Argument { code, message } => {
            if state.settings.http.throw {
                return Err(throw(ctx, &message));
            }
            state.host.warn("Request Failed", &message);
            response::refused(ctx, code, message)
        }
    }
}

fn request_async<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    not_in_init(ctx, state, "HTTP requests")?;
    let prepared = method_argument(args)
        .and_then(|method| request::prepare(state, args, method, 1, BodyArgument::Third, 3));
    let call = match prepared {
        Ok(call) => call,
        Err(refused) => {
            let (promise, resolve, reject) = ctx.promise()?;
            match refuse(state, ctx, refused) {
                Ok(response) => resolve.call::<_, ()>((response,))?,
                Err(rquickjs::Error::Exception) if !state.is_ending() => {
                    reject.call::<_, ()>((ctx.catch(),))?;
                }
                Err(error) => return Err(error),
            }
            return Ok(promise.into_value());
        }
    };
    state
        .events
        .start_operation(ctx, state, Op::Http(call), finish_async)
}

fn finish_async<'js>(ctx: &Ctx<'js>, _state: &State, completion: Completion) -> Result<Value<'js>> {
    match completion {
        Completion::Http(answered) => response::finish(ctx, answered),
        Completion::Done
        | Completion::Batch(_)
        | Completion::Computed(_)
        | Completion::Finished(..) => {
            panic!("an HTTP request was answered with something else")
        }
    }
}

/// ``http.url`a/${id}` ``: the URL to ask for and the name that its samples share.
fn url_template<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let parts = args.get(0);
    let Some(parts) = parts.as_array() else {
        return Err(throw_type(
            ctx,
            "http.url is a template tag: write http.url`...`",
        ));
    };
    let (mut url, mut name) = (String::new(), String::new());
    for (index, part) in parts.iter::<Value>().enumerate() {
        let part = to_text(&part?)?;
        url.push_str(&part);
        name.push_str(&part);
        if index + 1 < args.len() && index + 1 < parts.len() {
            url.push_str(&to_text(&args.get(index + 1))?);
            name.push_str("${}");
        }
    }
    let object = Object::new(ctx.clone())?;
    let clean = match parse_url(&url) {
        Ok(parsed) => parsed.tag.to_string(),
        Err(_) => url.clone(),
    };
    object.set("url", url)?;
    object.set("name", name)?;
    object.set("clean_url", clean)?;
    Ok(object.into_value())
}

/// The jar behind a `CookieJar` object.
fn jar_of(value: &Value<'_>) -> Option<Rc<CookieJar>> {
    native::with(value, |jar: &cookies::Jar| Rc::clone(&jar.0))
}

#[cfg(test)]
mod tests {
    use super::constant;

    #[test]
    fn constants_have_k6s_values() {
        assert_eq!(constant("TLS_1_3"), "tls1.3");
        assert_eq!(constant("OCSP_STATUS_SERVER_FAILED"), "server_failed");
        assert_eq!(constant("OCSP_REASON_AA_COMPROMISE"), "aa_compromise");
    }
}
