//! Redirects: which answers lead on, where to, and what of a request goes along.

use bytes::Bytes;
use http::{
    HeaderMap, Method, StatusCode,
    header::{
        AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HOST, HeaderName, LOCATION, REFERER,
    },
};
use std::rc::Rc;

use crate::{
    Exchange, HttpRequest, Outcome, RequestError, RequestUrl, Scheme, Session,
    http::{deadline::Deadline, debug, send::exchange},
    socket::marks::now,
};

/// Whether an answer asks for another request.
pub(crate) fn leads_on(exchange: &Exchange) -> bool {
    matches!(exchange.status, 301 | 302 | 303 | 307 | 308)
        && exchange.headers.contains_key(LOCATION)
}

/// Follows from `first` on, up to the request's limit.
pub(crate) async fn follow(
    session: &Session,
    request: &HttpRequest,
    first: Box<Exchange>,
    deadline: &mut Deadline,
) -> Outcome {
    let mut request = request.clone();
    let mut redirects = Vec::new();
    let mut last = first;
    while (redirects.len() as u64) < u64::from(request.max_redirects) && leads_on(&last) {
        match next_url(&last) {
            Ok(url) => change(&mut request, url, last.status),
            Err(error) => {
                last.error = Some(error);
                last.status = 0;
                last.proto = None;
                last.headers = HeaderMap::new();
                break;
            }
        }
        request.begin_next_hop();
        let noted = debug::before(session, &request);
        let mut next = exchange(session, &request, now(), deadline).await;
        debug::after(noted, &mut next);
        redirects.push(std::mem::replace(&mut last, next));
    }
    Outcome { redirects, last }
}

fn next_url(exchange: &Exchange) -> Result<Rc<RequestUrl>, RequestError> {
    let location = exchange
        .headers
        .get(LOCATION)
        .map_or(&b""[..], |l| l.as_bytes());
    let location = String::from_utf8_lossy(location);
    match exchange.url.join(&location) {
        Ok(url) => Ok(Rc::new(url)),
        Err(error) if error.code == 1000 => Err(RequestError::new(1000, error.message)),
        Err(error) => {
            let text = format!("failed to parse Location header: {}", error.message);
            Err(RequestError::new(1000, text))
        }
    }
}

/// Turns the request of one hop into that of the next.
fn change(request: &mut HttpRequest, mut to: Rc<RequestUrl>, status: u16) {
    // Credentials of the first URL do not go along; those of the Location itself count.
    let from = Rc::clone(&request.url);
    let keeps_body = [
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ]
    .iter()
    .any(|kept| *kept == status);
    if !keeps_body {
        if request.method != Method::HEAD {
            request.method = Method::GET;
        }
        request.body = Bytes::new();
        request.headers.remove(CONTENT_TYPE);
        request.headers.remove(CONTENT_ENCODING);
    }
    // A Cookie header that the script wrote belongs to the first request alone; params.cookies go along.
    request.headers.remove(COOKIE);
    if !same_site(&from.host, &to.host) {
        for name in [
            AUTHORIZATION,
            HeaderName::from_static("www-authenticate"),
            HeaderName::from_static("cookie2"),
            HeaderName::from_static("proxy-authorization"),
            HeaderName::from_static("proxy-authenticate"),
        ] {
            request.headers.remove(name);
        }
    }
    if from.host != to.host || from.port != to.port {
        request.headers.remove(HOST);
    }
    request.headers.remove(REFERER);
    let downgrade = from.scheme == Scheme::Https && to.scheme == Scheme::Http;
    if !downgrade && let Ok(referer) = from.as_referer().parse() {
        request.headers.insert(REFERER, referer);
    }
    std::mem::swap(&mut request.url, &mut to);
}

/// The same host or a subdomain of it, as Go's client judges.
fn same_site(from: &str, to: &str) -> bool {
    from == to
        || to
            .strip_suffix(from)
            .is_some_and(|front| front.ends_with('.') && from.parse::<std::net::IpAddr>().is_err())
}
