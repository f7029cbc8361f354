//! The way of one call: connection, request, response, another try where that is safe, redirects, cookies, decoding.

use std::{net::SocketAddr, rc::Rc, time::Instant};

use http::{HeaderMap, Method, Version};

use crate::{
    Auth, BodyData, Exchange, HttpRequest, Outcome, Proto, RequestError, ResponseType, Session,
    Timings, TlsInfo,
    http::{
        body::Gather,
        deadline::Deadline,
        debug, decode, digest,
        h1::{Answer, Broken, H1},
        link::{self, Link},
        multiplex::{self, Hop, So},
        redirect,
    },
    socket::marks::now,
};

/// A whole call.
pub(crate) async fn call(session: &Session, request: &HttpRequest) -> Outcome {
    let mut compressed = None;
    if !request.compression.is_empty() {
        let mut copy = Box::new(request.clone());
        decode::compress_request(&mut copy);
        compressed = Some(copy);
    }
    let request = compressed.as_deref().unwrap_or(request);
    let asked = now();
    let mut deadline = Deadline::new(asked + request.timeout, session.spare_sleep());
    if request.auth == Auth::Digest {
        let outcome = Box::pin(digest::call(session, request, &mut deadline)).await;
        session.keep_sleep(deadline.into_spare());
        return outcome;
    }
    let noted = debug::before(session, request);
    let mut first = exchange(session, request, asked, &mut deadline).await;
    debug::after(noted, &mut first);
    let outcome = if request.max_redirects > 0 && redirect::leads_on(&first) {
        Box::pin(redirect::follow(session, request, first, &mut deadline)).await
    } else {
        Outcome {
            redirects: Vec::new(),
            last: first,
        }
    };
    session.keep_sleep(deadline.into_spare());
    outcome
}

/// One hop: one request that the target sees, or two where the first connection was found dead.
pub(crate) async fn exchange(
    session: &Session,
    request: &HttpRequest,
    mut asked: Instant,
    deadline: &mut Deadline,
) -> Box<Exchange> {
    let settings = session.settings();
    let mut gather = match request.response_type {
        ResponseType::None => Gather::discard(),
        ResponseType::Text | ResponseType::Binary => Gather::keep(settings.response_body_bytes),
    };
    let mut retried = false;
    let mut refused = 0;
    let mut may_reuse = !settings.no_connection_reuse;
    loop {
        let there = if may_reuse {
            link::there(session, &request.url, asked)
        } else {
            None
        };
        let at_once = there.is_some();
        let (link, new) = match there {
            Some(link) => (link, false),
            None => match Box::pin(link::connect(session, request, deadline, asked)).await {
                Ok(made) => made,
                Err(error) => return unconnected(request, error, retried),
            },
        };
        // A connection from the pool is there at once: the same reading of the clock serves both.
        let ready = if at_once { asked } else { now() };
        let reused = !new;
        let mut h1 = match link {
            Link::H1(h1) => h1,
            Link::H2(h2) => {
                let so = So {
                    asked,
                    ready,
                    new,
                    retried,
                    refused,
                };
                let hop = multiplex::attempt(session, request, &h2, so, &mut gather, deadline);
                match Box::pin(hop).await {
                    Hop::Done(exchange) => return exchange,
                    Hop::Again { seen } => {
                        retried |= seen;
                        refused += u32::from(!seen);
                        asked = now();
                        continue;
                    }
                }
            }
        };
        match h1
            .run(request, settings.no_connection_reuse, &mut gather, deadline)
            .await
        {
            Ok(answer) => {
                let end = answer.end;
                let timings = timings(&h1, reused, asked, ready, end);
                let mut exchange = answered(request, &h1, answer, timings, retried);
                finish_body(&mut exchange, request, gather, settings.response_body_bytes);
                if !settings.no_connection_reuse && h1.is_reusable() {
                    session.keep(h1, end);
                }
                return exchange;
            }
            Err(broken) if reused && may_send_again(&broken, request, retried) => {
                // What never left this machine is no second request.
                if !broken.unsent {
                    retried = true;
                    may_reuse = false;
                }
                gather.restart();
                asked = now();
            }
            Err(broken) => {
                let timings = timings(&h1, reused, asked, ready, now());
                let facts = (h1.remote, h1.tls.clone());
                return failed(request, facts, broken.error, timings, gather, retried);
            }
        }
    }
}

/// As Go's client: what was not sent may always be sent; a request that can be replayed once more if no byte of an answer
/// came.
fn may_send_again(broken: &Broken, request: &HttpRequest, retried: bool) -> bool {
    if broken.timed_out || retried || !broken.unanswered {
        return false;
    }
    broken.unsent || is_replayable(request)
}

/// Go's list: methods that change nothing, and whatever says of itself that it may come twice. PUT and DELETE are not on it.
pub(super) fn is_replayable(request: &HttpRequest) -> bool {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE];
    safe.contains(&request.method)
        || request.headers.contains_key("idempotency-key")
        || request.headers.contains_key("x-idempotency-key")
}

fn timings(h1: &H1, reused: bool, asked: Instant, ready: Instant, end: Instant) -> Timings {
    let written = h1.marks.last_write().unwrap_or(ready);
    let first = h1.marks.first_read();
    let (connecting, tls_handshaking) = if reused {
        (0, 0)
    } else {
        (nanos(h1.connecting), nanos(h1.tls_handshaking))
    };
    Timings {
        asked: Some(asked),
        blocked: since(ready, asked),
        connecting,
        tls_handshaking,
        sending: since(written, ready),
        waiting: since(first.unwrap_or(end), written),
        receiving: first.map_or(0, |first| since(end, first)),
    }
}

pub(super) fn since(later: Instant, earlier: Instant) -> u64 {
    nanos(later.saturating_duration_since(earlier))
}

pub(super) fn nanos(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn answered(
    request: &HttpRequest,
    h1: &H1,
    answer: Answer,
    timings: Timings,
    retried: bool,
) -> Box<Exchange> {
    let proto = if answer.head.version == Version::HTTP_10 {
        Proto::Http10
    } else {
        Proto::Http11
    };
    let facts = (h1.remote, h1.tls.clone());
    responded(request, facts, answer.head, proto, timings, retried)
}

/// What is known of the connection that a request went over.
pub(super) type Connected = (SocketAddr, Option<Rc<TlsInfo>>);

/// An answer whose body is still to come.
#[inline]
pub(super) fn responded(
    request: &HttpRequest,
    (remote, tls): Connected,
    head: http::response::Parts,
    proto: Proto,
    timings: Timings,
    retried: bool,
) -> Box<Exchange> {
    if let Some(jar) = &request.jar {
        jar.store_response(&request.url, &head.headers);
    }
    Box::new(Exchange {
        method: request.method.clone(),
        url: Rc::clone(&request.url),
        status: head.status.as_u16(),
        proto: Some(proto),
        headers: head.headers,
        body: BodyData::Absent,
        timings,
        remote: Some(remote),
        tls,
        error: None,
        retried,
        extra: None,
    })
}

/// Puts the body in, decoded; a body that cannot be decoded turns the whole answer into a fault, as in k6.
pub(super) fn finish_body(
    exchange: &mut Exchange,
    request: &HttpRequest,
    gather: Gather,
    limit: u64,
) {
    let bodiless = matches!(exchange.status, 100..=199 | 204 | 304);
    let Some(bytes) = gather.finish().filter(|_| !bodiless) else {
        return;
    };
    if request.method == Method::HEAD {
        exchange.body = BodyData::Bytes(bytes);
        return;
    }
    match decode::decode(&exchange.headers, bytes, limit) {
        Ok(decoded) => exchange.body = BodyData::Bytes(decoded),
        Err(error) => {
            exchange.status = 0;
            exchange.proto = None;
            exchange.headers = HeaderMap::new();
            exchange.error = Some(error);
        }
    }
}

#[cold]
fn unconnected(request: &HttpRequest, error: RequestError, retried: bool) -> Box<Exchange> {
    Box::new(Exchange {
        method: request.method.clone(),
        url: Rc::clone(&request.url),
        status: 0,
        proto: None,
        headers: HeaderMap::new(),
        body: BodyData::Absent,
        timings: Timings::default(),
        remote: None,
        tls: None,
        error: Some(error),
        retried,
        extra: None,
    })
}

#[cold]
pub(super) fn failed(
    request: &HttpRequest,
    (remote, tls): Connected,
    error: RequestError,
    timings: Timings,
    gather: Gather,
    retried: bool,
) -> Box<Exchange> {
    let mut exchange = unconnected(request, error, retried);
    exchange.timings = timings;
    exchange.remote = Some(remote);
    exchange.tls = tls;
    // Of a body that broke off k6 shows what had come.
    if let Some(bytes) = gather.finish().filter(|bytes| !bytes.is_empty()) {
        exchange.body = BodyData::Bytes(bytes);
    }
    exchange
}
