//! `httpDebug`: request and answer as text. Made only where the option is set.

use std::fmt::Write;

use http::{HeaderMap, HeaderName, StatusCode};

use crate::{BodyData, Exchange, HttpDebug, HttpRequest, Proto, Session, http::head};

/// The text of a request that is about to be sent.
pub(crate) type Noted = Option<(HttpDebug, String)>;

/// Before a hop: the jar will have changed afterwards.
#[inline]
pub(crate) fn before(session: &Session, request: &HttpRequest) -> Noted {
    let level = session.settings().http_debug?;
    Some((level, request_text(session, request, level)))
}

/// After it.
#[inline]
pub(crate) fn after(noted: Noted, exchange: &mut Exchange) {
    if let Some((level, request)) = noted {
        let response = (exchange.status != 0).then(|| response_text(exchange, level));
        let extra = exchange.extra.get_or_insert_default();
        extra.request = Some(request);
        extra.response = response;
    }
}

#[cold]
fn request_text(session: &Session, request: &HttpRequest, level: HttpDebug) -> String {
    let close = session.settings().no_connection_reuse;
    let (built, _) = head::build(request, close, None);
    let mut headers = built.headers().clone();
    let length = request.body.len();
    if length > 0 {
        headers.insert(http::header::CONTENT_LENGTH, length.into());
    }
    let mut text = format!(
        "{} {} HTTP/1.1\n",
        request.method, request.url.path_and_query
    );
    // As Go writes them: these first, then by name.
    for name in ["host", "user-agent", "content-length"] {
        if let Some(value) = headers.remove(name) {
            line(&mut text, name, value.as_bytes());
        }
    }
    fields(&mut text, &headers);
    if level == HttpDebug::Full {
        text += &String::from_utf8_lossy(&request.body);
    }
    text
}

#[cold]
fn response_text(exchange: &Exchange, level: HttpDebug) -> String {
    let proto = exchange.proto.map_or("HTTP/1.1", Proto::as_str);
    let status = StatusCode::from_u16(exchange.status).ok();
    let reason = status.and_then(|status| status.canonical_reason());
    let reason = reason.unwrap_or_default();
    let mut text = format!("{proto} {} {reason}\n", exchange.status);
    fields(&mut text, &exchange.headers);
    if let (HttpDebug::Full, BodyData::Bytes(body)) = (level, &exchange.body) {
        text += &String::from_utf8_lossy(body);
    }
    text
}

fn fields(text: &mut String, headers: &HeaderMap) {
    let mut names: Vec<&HeaderName> = headers.keys().collect();
    names.sort_by_key(|name| name.as_str());
    for name in names {
        for value in headers.get_all(name) {
            line(text, name.as_str(), value.as_bytes());
        }
    }
    text.push('\n');
}

fn line(text: &mut String, name: &str, value: &[u8]) {
    let mut begins = true;
    for letter in name.chars() {
        text.push(if begins {
            letter.to_ascii_uppercase()
        } else {
            letter
        });
        begins = letter == '-';
    }
    writeln!(text, ": {}", String::from_utf8_lossy(value)).expect("a String takes everything");
}
