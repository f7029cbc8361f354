//! The head of a request as k6 sends it: `Host`, the caller's headers, and what belongs to body, cookies and credentials.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request,
    header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, HOST, TRAILER, TRANSFER_ENCODING},
};
use http_body_util::Full;

use crate::{HttpRequest, cookies, socket::marks::Patch};

/// What goes to the connection.
pub(crate) fn build(request: &HttpRequest, close: bool) -> (Request<Full<Bytes>>, Option<Patch>) {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 3);
    let host = request.headers.get(HOST);
    headers.insert(HOST, host.unwrap_or(&request.url.authority).clone());
    for (name, value) in &request.headers {
        if !is_ours(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    if request.body.is_empty() && takes_body(&request.method) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if close {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
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
    let patch = request.url.patch().map(|bytes| Patch {
        shift: request.method.as_str().len() as u64 + 1,
        bytes: Arc::clone(bytes),
    });
    let mut built = Request::new(Full::new(request.body.clone()));
    *built.method_mut() = request.method.clone();
    *built.uri_mut() = request.url.target();
    *built.headers_mut() = headers;
    (built, patch)
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
