//! From a call's arguments to an owned [`HttpCall`].

use std::{rc::Rc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use loadd_client::{Auth, Compression, HttpRequest, RequestCookie, RequestUrl, ResponseType};
use rquickjs::{Object, Value};

use super::{body, expected::expected_of, jar_of, parse_url};
use crate::{
    Expected, HttpCall, Tag,
    modules::{throw, to_text, try_tags_of},
    state::State,
    sys::{
        qjs::{self, Args},
        text::with_str,
    },
};

/// Where a call has its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyArgument {
    /// It takes none.
    None,
    /// Behind the URL.
    Second,
    /// Behind method and URL.
    Third,
}

/// Why a call cannot be sent.
pub(super) enum Refused {
    /// Its argument is wrong: k6's code and a text.
    Argument { code: u16, message: String },
    /// A getter or `toString` of the script threw, or the call is being ended.
    Thrown(rquickjs::Error),
}

impl From<rquickjs::Error> for Refused {
    fn from(error: rquickjs::Error) -> Refused {
        Refused::Thrown(error)
    }
}

pub(super) fn argument_error(message: impl Into<String>) -> Refused {
    Refused::Argument {
        code: 0,
        message: message.into(),
    }
}

/// k6's default time-out of a whole call.
const TIMEOUT: Duration = Duration::from_secs(60);
const INVALID_URL: u16 = 1020;
const GENERIC: u16 = 1000;

/// Reads the arguments of a call: URL at `url`, body behind it where it takes one, params at `params`.
pub(super) fn prepare(
    state: &State,
    args: &Args<'_, '_>,
    method: Method,
    url: usize,
    body: BodyArgument,
    params: usize,
) -> Result<Box<HttpCall>, Refused> {
    let body = match body {
        BodyArgument::None => None,
        BodyArgument::Second => Some(args.get(1)),
        BodyArgument::Third => Some(args.get(2)),
    };
    let params = if args.is_nullish(params) {
        None
    } else {
        Some(args.get(params))
    };
    prepare_values(
        state,
        method,
        &args.get(url),
        body.as_ref(),
        params.as_ref(),
    )
}

/// As [`prepare`], for values that come from elsewhere (`batch`).
pub(super) fn prepare_values<'js>(
    state: &State,
    method: Method,
    url: &Value<'js>,
    body: Option<&Value<'js>>,
    params: Option<&Value<'js>>,
) -> Result<Box<HttpCall>, Refused> {
    let (mut url, name) = url_of(url)?;
    let defaults = &state.settings.http;
    let mut settings = Params {
        headers: HeaderMap::new(),
        tags: Vec::new(),
        name,
        cookies: Vec::new(),
        jar: None,
        redirects: defaults.max_redirects,
        own_redirect_limit: false,
        timeout: TIMEOUT,
        response_type: if defaults.discard_response_bodies {
            ResponseType::None
        } else {
            ResponseType::Text
        },
        expected: None,
        compression: Vec::new(),
        codings: String::new(),
        auth: Auth::Basic,
        content_length: None,
        fault: None,
        throws: defaults.throw,
    };
    if let Some(params) = params {
        settings.read(params)?;
    }
    if let Some(fault) = settings.fault.take() {
        url = Rc::new(RequestUrl::failing(&url.text, GENERIC, fault));
    }
    let encoded = match body {
        Some(body) => body::encode(state, body)?,
        None => body::Encoded::default(),
    };
    if let Some(given) = &settings.content_length
        && *given != encoded.bytes.len().to_string()
    {
        state.host.warn(
            "The Content-Length header is computed from the body",
            &format!(
                "{given} was given, the body has {} bytes",
                encoded.bytes.len()
            ),
        );
    }
    let mut headers = settings.headers;
    if let Some(content_type) = encoded.content_type {
        headers.entry(header::CONTENT_TYPE).or_insert(content_type);
    }
    if !settings.compression.is_empty() && !encoded.bytes.is_empty() {
        name_codings(state, &mut headers, &settings.codings);
    }
    let user_agent = match headers.get(header::USER_AGENT) {
        None => state.http.user_agent.clone(),
        Some(own) => {
            if own.is_empty() {
                headers.remove(header::USER_AGENT);
            }
            None
        }
    };
    let request = HttpRequest {
        method,
        url,
        headers,
        user_agent,
        body: encoded.bytes,
        timeout: settings.timeout,
        max_redirects: settings.redirects,
        response_type: settings.response_type,
        cookies: settings.cookies,
        jar: Some(settings.jar.unwrap_or_else(|| state.http.jar())),
        compression: settings.compression,
        auth: settings.auth,
        next_hop: None,
    };
    let expected = settings
        .expected
        .unwrap_or_else(|| state.http.expected.borrow().clone());
    Ok(Box::new(HttpCall {
        request,
        name: settings.name,
        tags: settings.tags,
        expected,
        throws: settings.throws,
        own_redirect_limit: settings.own_redirect_limit,
    }))
}

/// A URL argument: a string, or what `http.url` gives.
fn url_of(value: &Value<'_>) -> Result<(Rc<RequestUrl>, Option<Rc<str>>), Refused> {
    if let Some(string) = value.as_string() {
        return Ok((with_str(string, parse)??, None));
    }
    let parts = value.as_object().and_then(|object| {
        let url = object.get::<_, Option<String>>("url").ok().flatten()?;
        let name = object.get::<_, Option<String>>("name").ok().flatten()?;
        Some((url, name))
    });
    match parts {
        Some((url, name)) => Ok((parse(&url)?, Some(name.into()))),
        None => Err(Refused::Argument {
            code: INVALID_URL,
            message: format!(
                "invalid URL: expected a string or the result of http.url, got {}",
                value.type_name()
            ),
        }),
    }
}

fn parse(text: &str) -> Result<Rc<RequestUrl>, Refused> {
    parse_url(text).map_err(|error| Refused::Argument {
        code: error.code,
        message: error.message,
    })
}

struct Params {
    headers: HeaderMap,
    tags: Vec<Tag>,
    name: Option<Rc<str>>,
    cookies: Vec<RequestCookie>,
    jar: Option<Rc<loadd_client::CookieJar>>,
    redirects: u32,
    own_redirect_limit: bool,
    timeout: Duration,
    response_type: ResponseType,
    expected: Option<Expected>,
    compression: Vec<Compression>,
    /// Their names, as the header has them.
    codings: String,
    auth: Auth,
    /// The script's `Content-Length`, which is not sent.
    content_length: Option<String>,
    /// Why the request fails before it is dialled.
    fault: Option<String>,
    throws: bool,
}

impl Params {
    fn read(&mut self, params: &Value<'_>) -> Result<(), Refused> {
        let Some(object) = params.as_object() else {
            return Err(argument_error(format!(
                "params must be an object, not {}",
                params.type_name()
            )));
        };
        // What is there is looked at, instead of asking for each of eleven names: most calls give one or two.
        for entry in object.props::<String, Value>() {
            let (name, value) = entry?;
            self.read_one(&name, &value)?;
        }
        Ok(())
    }

    fn read_one(&mut self, name: &str, value: &Value<'_>) -> Result<(), Refused> {
        let nullish = value.is_undefined() || value.is_null();
        match name {
            "headers" if !nullish => self.read_headers(value)?,
            "tags" if !nullish => self.read_tags(value)?,
            "cookies" if !nullish => self.read_cookies(value)?,
            "jar" if !nullish => {
                let jar = jar_of(value)
                    .ok_or_else(|| argument_error("params.jar must be an http.CookieJar"))?;
                self.jar = Some(jar);
            }
            "redirects" => {
                let count = if nullish { 0.0 } else { qjs::to_number(value)? };
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a cast from float saturates"
                )]
                let count = count as u32;
                self.redirects = count;
                self.own_redirect_limit = true;
            }
            "timeout" => self.timeout = timeout_of(value)?,
            "responseType" if !value.is_undefined() => {
                self.response_type = response_type_of(value)?;
            }
            "responseCallback" if !value.is_undefined() => {
                let expected = expected_of(value)
                    .ok_or_else(|| argument_error("params.responseCallback must be the result of http.expectedStatuses() or null"))?;
                self.expected = Some(expected);
            }
            "compression" if !nullish => {
                let text = to_text(value)?;
                self.compression = compression_of(&text)?;
                let names: Vec<&str> = text.split(',').map(str::trim).collect();
                self.codings = names.join(", ");
            }
            "auth" if !nullish => {
                match to_text(value)?.as_str() {
                    "digest" => self.auth = Auth::Digest,
                    "ntlm" => {
                        let message = "params.auth 'ntlm' is not supported by loadd; it has 'digest', and basic by the URL's user and password";
                        return Err(throw(value.ctx(), message).into());
                    }
                    // As in k6, anything else is basic, which comes from the URL.
                    _ => {}
                }
            }
            "throw" if !value.is_undefined() => self.throws = qjs::is_truthy(value),
            _ => {}
        }
        Ok(())
    }

    fn read_headers(&mut self, value: &Value<'_>) -> Result<(), Refused> {
        let Some(object) = value.as_object() else {
            return Err(argument_error("params.headers must be an object"));
        };
        for entry in object.props::<String, Value>() {
            let (name, value) = entry?;
            let value = to_text(&value)?;
            let Ok(header_name) = HeaderName::from_bytes(name.as_bytes()) else {
                self.fault = Some(format!("net/http: invalid header field name {name:?}"));
                continue;
            };
            if header_name == header::CONTENT_LENGTH {
                self.content_length = Some(value);
                continue;
            }
            let Ok(header_value) = HeaderValue::from_bytes(value.as_bytes()) else {
                self.fault = Some(format!("net/http: invalid header field value for {name:?}"));
                continue;
            };
            self.headers.insert(header_name, header_value);
        }
        Ok(())
    }

    fn read_tags(&mut self, value: &Value<'_>) -> Result<(), Refused> {
        for (name, value) in try_tags_of(value)?.map_err(argument_error)? {
            if &*name == "name" {
                self.name = Some(value);
            } else {
                self.tags.push((name, value));
            }
        }
        Ok(())
    }

    fn read_cookies(&mut self, value: &Value<'_>) -> Result<(), Refused> {
        let Some(object) = value.as_object() else {
            return Err(argument_error("params.cookies must be an object"));
        };
        for entry in object.props::<String, Value>() {
            let (name, value) = entry?;
            if value.is_undefined() || value.is_null() {
                continue;
            }
            let cookie = match value.as_object() {
                Some(object) => cookie_of(name, object)?,
                None => RequestCookie {
                    name,
                    value: to_text(&value)?,
                    replace: false,
                },
            };
            self.cookies.push(cookie);
        }
        Ok(())
    }
}

fn cookie_of(name: String, object: &Object<'_>) -> Result<RequestCookie, Refused> {
    let value: Value = object.get("value")?;
    let replace: Value = object.get("replace")?;
    let value = if value.is_undefined() || value.is_null() {
        String::new()
    } else {
        to_text(&value)?
    };
    Ok(RequestCookie {
        name,
        value,
        replace: qjs::is_truthy(&replace),
    })
}

/// A number of milliseconds, or text as Go writes durations.
fn timeout_of(value: &Value<'_>) -> Result<Duration, Refused> {
    let wrong = || {
        argument_error(
            "params.timeout must be a number of milliseconds or a duration such as '10s'",
        )
    };
    if let Some(milliseconds) = value.as_number() {
        return Duration::try_from_secs_f64(milliseconds / 1e3).map_err(|_| wrong());
    }
    let text = value.as_string().ok_or_else(wrong)?;
    with_str(text, parse_duration)?.ok_or_else(wrong)
}

/// `1m30s`, `250ms`, `1.5h`, or bare milliseconds.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    if let Ok(milliseconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(milliseconds / 1e3).ok();
    }
    let mut seconds = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "d" => 86_400.0,
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += number * unit;
        rest = &rest[end..];
    }
    if text.is_empty() {
        None
    } else {
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// `Content-Encoding`, unless the script has given its own.
fn name_codings(state: &State, headers: &mut HeaderMap, codings: &str) {
    match headers.get(header::CONTENT_ENCODING) {
        None => {
            if let Ok(value) = HeaderValue::from_str(codings) {
                headers.insert(header::CONTENT_ENCODING, value);
            }
        }
        Some(own) if own.as_bytes() == codings.as_bytes() => {}
        Some(_) => state.host.warn(
            "The Content-Encoding header is not what the body is compressed with",
            &format!("the body is compressed with {codings}; the header is sent as it was given"),
        ),
    }
}

fn response_type_of(value: &Value<'_>) -> Result<ResponseType, Refused> {
    match to_text(value)?.as_str() {
        "text" => Ok(ResponseType::Text),
        "binary" => Ok(ResponseType::Binary),
        "none" => Ok(ResponseType::None),
        other => Err(argument_error(format!(
            "invalid responseType '{other}': it is text, binary or none"
        ))),
    }
}

fn compression_of(text: &str) -> Result<Vec<Compression>, Refused> {
    let one = |name: &str| match name.trim() {
        "gzip" => Ok(Compression::Gzip),
        "deflate" => Ok(Compression::Deflate),
        "br" => Ok(Compression::Brotli),
        "zstd" => Ok(Compression::Zstd),
        other => Err(argument_error(format!(
            "unknown compression algorithm '{other}': it is gzip, deflate, br or zstd"
        ))),
    };
    text.split(',').map(one).collect()
}

#[cfg(test)]
mod tests;
