//! One hop over a shared HTTP/2 connection.

use std::{rc::Rc, time::Duration, time::Instant};

use futures_util::future::{Either, select};

use crate::{
    Exchange, HttpRequest, Proto, RequestError, Session, Timings,
    http::{
        body::Gather,
        deadline::Deadline,
        h2::{Answer, Cut, Fate, H2},
        head,
        send::{failed, finish_body, is_replayable, nanos, responded, since},
    },
    socket::marks::now,
};

/// How often Go's client sends a request again that was refused.
const TRIES: u32 = 6;

/// What a hop over HTTP/2 comes to.
pub(super) enum Hop {
    /// An answer, or a fault that is the result.
    Done(Box<Exchange>),
    /// It is to be sent once more; whether the target may have seen it.
    Again { seen: bool },
}

/// How this hop has gone so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct So {
    pub(super) asked: Instant,
    pub(super) ready: Instant,
    /// Whether the connection was made for this request.
    pub(super) new: bool,
    pub(super) retried: bool,
    /// How often it was refused.
    pub(super) refused: u32,
}

pub(super) async fn attempt(
    session: &Session,
    request: &HttpRequest,
    h2: &Rc<H2>,
    so: So,
    gather: &mut Gather,
    deadline: &mut Deadline,
) -> Hop {
    let Some(built) = head::build_h2(request) else {
        let error = RequestError::new(1000, "http2: invalid host");
        let facts = (h2.remote, h2.tls.clone());
        let nothing = Gather::discard();
        let exchange = failed(
            request,
            facts,
            error,
            Timings::default(),
            nothing,
            so.retried,
        );
        return Hop::Done(exchange);
    };
    let body = request.body.clone();
    match h2.run(built, body, gather, deadline, so.ready).await {
        Ok(answer) => {
            let timings = timings(h2, so, answer.sent, Some(answer.first), answer.end);
            let Answer { head, .. } = answer;
            let facts = (h2.remote, h2.tls.clone());
            let mut exchange = responded(request, facts, head, Proto::Http2, timings, so.retried);
            let gather = std::mem::replace(gather, Gather::discard());
            let limit = session.settings().response_body_bytes;
            finish_body(&mut exchange, request, gather, limit);
            Hop::Done(exchange)
        }
        Err(cut) if may_send_again(&cut, request, so) => {
            let seen = cut.fate == Fate::Lost;
            if cut.fate == Fate::Refused && !wait(so.refused, deadline).await {
                let late = Cut {
                    error: RequestError::timeout(),
                    ..cut
                };
                return Hop::Done(over(request, h2, so, late, gather));
            }
            gather.restart();
            Hop::Again { seen }
        }
        Err(cut) => Hop::Done(over(request, h2, so, cut, gather)),
    }
}

fn may_send_again(cut: &Cut, request: &HttpRequest, so: So) -> bool {
    match cut.fate {
        Fate::Refused => so.refused < TRIES,
        Fate::Lost => !so.new && !so.retried && is_replayable(request),
        Fate::Final => false,
    }
}

/// The first time at once, then after 1, 2, 4, ... seconds. `false` where time is up first.
async fn wait(refused: u32, deadline: &mut Deadline) -> bool {
    let Some(power) = refused.checked_sub(1) else {
        return true;
    };
    let pause = tokio::time::sleep(Duration::from_secs(1 << power.min(TRIES)));
    match select(std::pin::Pin::new(deadline), Box::pin(pause)).await {
        Either::Left(_) => false,
        Either::Right(_) => true,
    }
}

fn over(request: &HttpRequest, h2: &H2, so: So, cut: Cut, gather: &mut Gather) -> Box<Exchange> {
    let timings = timings(h2, so, cut.sent, cut.first, now());
    let gather = std::mem::replace(gather, Gather::discard());
    let facts = (h2.remote, h2.tls.clone());
    failed(request, facts, cut.error, timings, gather, so.retried)
}

fn timings(h2: &H2, so: So, sent: Instant, first: Option<Instant>, end: Instant) -> Timings {
    let (connecting, tls_handshaking) = if so.new {
        (nanos(h2.connecting), nanos(h2.tls_handshaking))
    } else {
        (0, 0)
    };
    Timings {
        asked: Some(so.asked),
        blocked: since(so.ready, so.asked),
        connecting,
        tls_handshaking,
        sending: since(sent, so.ready),
        waiting: since(first.unwrap_or(end), sent),
        receiving: first.map_or(0, |first| since(end, first)),
    }
}
