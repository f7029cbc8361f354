//! The head of a request as k6 sends it: `Host`, the caller's headers, and what belongs to body, cookies and credentials.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request,
    header::{
        AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, HOST, PROXY_AUTHORIZATION, TRAILER,
        TRANSFER_ENCODING, USER_AGENT,
    },
};
use http_body_util::Full;

use crate::{
    HttpRequest, cookies,
    socket::{dial::Forward, marks::Patch},
};

/// What goes to an HTTP/1.1 connection. `forward`: a proxy takes it further.
pub(crate) fn build(
    request: &HttpRequest,
    close: bool,
    forward: Option<&Forward>,
) -> (Request<Full<Bytes>>, Option<Patch>) {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 3);
    let host = request.headers.get(HOST);
    headers.insert(HOST, host.unwrap_or(&request.url.authority).clone());
    add_fields(request, &mut headers);
    if close {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let mut patch = request.url.patch().map(|bytes| Patch {
        shift: request.method.as_str().len() as u64 + 1,
        bytes: Arc::clone(bytes),
    });
    let mut built = Request::new(Full::new(request.body.clone()));
    *built.method_mut() = request.method.clone();
    *built.uri_mut() = request.url.target();
    if let Some(forward) = forward {
        forwarded(request, forward, &mut headers, &mut built, &mut patch);
    }
    *built.headers_mut() = headers;
    (built, patch)
}

/// A proxy is told the whole URL.
#[cold]
fn forwarded(
    request: &HttpRequest,
    forward: &Forward,
    headers: &mut HeaderMap,
    built: &mut Request<Full<Bytes>>,
    patch: &mut Option<Patch>,
) {
    let authority = request.url.authority.to_str().unwrap_or_default();
    let front = format!("http://{authority}");
    if let Ok(uri) = format!("{front}{}", request.url.path_and_query).parse() {
        *built.uri_mut() = uri;
        if let Some(patch) = patch {
            patch.shift += front.len() as u64;
        }
    }
    if let Some(value) = &forward.authorization {
        headers.insert(PROXY_AUTHORIZATION, value.clone());
    }
}

/// What goes to an HTTP/2 connection; `None` where the host is no authority.
pub(crate) fn build_h2(request: &HttpRequest) -> Option<Request<()>> {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 3);
    add_fields(request, &mut headers);
    // Of one connection alone, which HTTP/2 does not know.
    for name in [
        "connection",
        "keep-alive",
        "proxy-connection",
        "upgrade",
        "te",
    ] {
        headers.remove(name);
    }
    if !request.body.is_empty() {
        headers.insert(CONTENT_LENGTH, request.body.len().into());
    }
    let host = request.headers.get(HOST).unwrap_or(&request.url.authority);
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(http::uri::Scheme::HTTPS);
    parts.authority = Some(host.as_bytes().try_into().ok()?);
    parts.path_and_query = Some(request.url.escaped_target());
    let mut built = Request::new(());
    *built.method_mut() = request.method.clone();
    *built.uri_mut() = http::Uri::from_parts(parts).ok()?;
    *built.headers_mut() = headers;
    Some(built)
}

/// The caller's headers, and what belongs to body, credentials and cookies.
#[inline]
fn add_fields(request: &HttpRequest, headers: &mut HeaderMap) {
    if let Some(user_agent) = &request.user_agent
        && !request.headers.contains_key(USER_AGENT)
    {
        headers.insert(USER_AGENT, user_agent.clone());
    }
    for (name, value) in &request.headers {
        if !is_ours(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    if request.body.is_empty() && takes_body(&request.method) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if let Some((user, password)) = &request.url.credentials
        && !headers.contains_key(AUTHORIZATION)
        && let Some(value) = basic(user, password)
    {
        headers.insert(AUTHORIZATION, value);
    }
    if let Some(value) = cookies::header_for(request, headers.get(COOKIE)) {
        headers.insert(COOKIE, value);
    }
}

/// Headers that the client alone decides, as Go's does.
fn is_ours(name: &HeaderName) -> bool {
    [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, TRAILER].contains(name)
}

fn takes_body(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(method)
}

fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    let coded = BASE64_STANDARD.encode(format!("{user}:{password}"));
    HeaderValue::from_str(&format!("Basic {coded}")).ok()
}
