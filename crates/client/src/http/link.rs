//! The connection that a request goes over: an idle one, one that is shared, or a new one.

use std::{pin::Pin, rc::Rc, time::Instant};

use futures_util::future::{Either, select};

use crate::{
    HttpRequest, RequestError, RequestUrl, Scheme, Session,
    http::{deadline::Deadline, h1::H1, h2::H2},
    socket::dial::dial,
};

/// By what ALPN gave.
pub(crate) enum Link {
    H1(Box<H1>),
    H2(Rc<H2>),
}

/// One that is there already. `asked`: now.
#[inline]
pub(crate) fn there(session: &Session, url: &RequestUrl, asked: Instant) -> Option<Link> {
    if let Some(h1) = session.pool().take(url) {
        return Some(Link::H1(h1));
    }
    if url.scheme == Scheme::Http {
        return None;
    }
    shared(session, url, asked)
}

fn shared(session: &Session, url: &RequestUrl, asked: Instant) -> Option<Link> {
    let age = session.settings().connection_max_age;
    let born = age.and_then(|age| asked.checked_sub(age));
    session.pool().share(url, born).map(Link::H2)
}

/// A new one, and whether it is really new: of several requests that want one to the same HTTP/2 server at once the first
/// makes it, and the others share it.
pub(crate) async fn connect(
    session: &Session,
    request: &HttpRequest,
    deadline: &mut Deadline,
    asked: Instant,
) -> Result<(Link, bool), RequestError> {
    if let Some(fault) = &request.url.fault {
        return Err(fault.clone());
    }
    let dialling = Box::pin(make(session, &request.url, asked));
    match select(Pin::new(deadline), dialling).await {
        Either::Left(((), _)) => Err(RequestError::timeout()),
        Either::Right((made, _)) => made,
    }
}

async fn make(
    session: &Session,
    url: &Rc<RequestUrl>,
    asked: Instant,
) -> Result<(Link, bool), RequestError> {
    let (settings, context) = (session.settings(), session.context());
    let may_share = url.scheme == Scheme::Https
        && settings.tls.http2
        && !settings.no_connection_reuse
        && !context.speaks_http1(url);
    if !may_share {
        return new(session, url).await;
    }
    let lock = session.pool().dial_lock(url);
    let guard = lock.lock().await;
    if let Some(link) = shared(session, url, asked) {
        return Ok((link, false));
    }
    if context.speaks_http1(url) {
        drop(guard);
    }
    new(session, url).await
}

async fn new(session: &Session, url: &Rc<RequestUrl>) -> Result<(Link, bool), RequestError> {
    let dialled = dial(session, url).await?;
    let settings = session.settings();
    if dialled.http2 {
        let h2 = H2::new(dialled, Rc::clone(url)).await?;
        if !settings.no_connection_reuse {
            session.pool().put_shared(Rc::clone(&h2), settings.max_idle);
        }
        return Ok((Link::H2(h2), true));
    }
    if url.scheme == Scheme::Https && settings.tls.http2 {
        session.context().learn_http1(url);
    }
    let h1 = H1::new(dialled, Rc::clone(url)).await?;
    Ok((Link::H1(Box::new(h1)), true))
}
