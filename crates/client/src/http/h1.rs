//! One HTTP/1.1 connection. hyper's connection future is polled inline by whoever waits for the response: nothing is
//! spawned, so a request costs its task no other wake-up than the socket's.
//!
//! Inside hyper, connection and response talk over channels that wake each other's task: here that is the running task
//! itself, which would run once more for nothing after each request. So both are polled *quietly*, with a waker that does
//! nothing. The one rule: before this task waits, the connection was last polled with the true waker, and the response
//! after it.

use std::{
    net::SocketAddr,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::poll_fn;
use http::Response;
use http_body::Body;
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::{self, Connection, SendRequest},
};

use crate::{
    HttpRequest, RequestError, RequestUrl, TlsInfo,
    http::{body::Gather, deadline::Deadline, head},
    socket::{
        dial::{Dialled, Forward},
        marks::{Marks, Socket, now},
    },
};

type Outgoing = Full<Bytes>;

/// A connection and what is known of it.
pub(crate) struct H1 {
    sender: SendRequest<Outgoing>,
    /// `None` once hyper has ended it.
    connection: Option<Connection<Socket, Outgoing>>,
    pub(crate) marks: Rc<Marks>,
    pub(crate) remote: SocketAddr,
    pub(crate) tls: Option<Rc<TlsInfo>>,
    pub(crate) connecting: Duration,
    pub(crate) tls_handshaking: Duration,
    /// When it was connected.
    pub(crate) made: Instant,
    /// Set where a proxy forwards its requests.
    pub(crate) forward: Option<Rc<Forward>>,
    /// Where it leads; compared when the pool is asked.
    pub(crate) to: Rc<RequestUrl>,
}

/// A response whose body is read and still coded.
pub(crate) struct Answer {
    pub(crate) head: http::response::Parts,
    pub(crate) end: Instant,
}

/// Why there is none.
pub(crate) struct Broken {
    pub(crate) error: RequestError,
    /// No byte of the request left this machine: the peer cannot have seen it.
    pub(crate) unsent: bool,
    /// No byte of a response came.
    pub(crate) unanswered: bool,
    pub(crate) timed_out: bool,
}

impl H1 {
    pub(crate) async fn new(dialled: Dialled, to: Rc<RequestUrl>) -> Result<H1, RequestError> {
        let handshake = http1::Builder::new()
            .title_case_headers(true)
            .read_buf_exact_size(Some(4096))
            .handshake(dialled.socket)
            .await;
        let (sender, connection) =
            handshake.map_err(|error| RequestError::from_hyper(&error, None, false))?;
        Ok(H1 {
            sender,
            connection: Some(connection),
            marks: dialled.marks,
            remote: dialled.remote,
            tls: dialled.tls,
            connecting: dialled.connecting,
            tls_handshaking: dialled.tls_handshaking,
            made: dialled.made,
            forward: dialled.forward,
            to,
        })
    }

    /// Whether the next request may go over it.
    pub(crate) fn is_reusable(&self) -> bool {
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Sends a request and reads the whole response, the body into `gather`.
    pub(crate) async fn run(
        &mut self,
        request: &HttpRequest,
        close: bool,
        gather: &mut Gather,
        deadline: &mut Deadline,
    ) -> Result<Answer, Broken> {
        let (built, patch) = head::build(request, close, self.forward.as_deref());
        self.marks.begin(patch);
        let mut response = pin!(self.sender.try_send_request(built));
        let connection = &mut self.connection;
        let mut timed_out = false;
        let mut sent = false;
        let head = poll_fn(|cx| {
            let quiet = &mut Context::from_waker(Waker::noop());
            // The first poll sends and cannot find an answer: no use in trying it quietly.
            if std::mem::replace(&mut sent, true) {
                advance(connection, quiet);
                if let Poll::Ready(answer) = response.as_mut().poll(quiet) {
                    return Poll::Ready(answer.map_err(|error| Some(error.into_error())));
                }
            }
            advance(connection, cx);
            if let Poll::Ready(answer) = response.as_mut().poll(quiet) {
                return Poll::Ready(answer.map_err(|error| Some(error.into_error())));
            }
            if deadline.poll_over(cx) {
                timed_out = true;
                return Poll::Ready(Err(None));
            }
            Poll::Pending
        })
        .await;
        let (head, body) = match head.map(Response::into_parts) {
            Ok(parts) => parts,
            Err(error) => return Err(self.broken(error.as_ref(), timed_out)),
        };
        match self.read(body, gather, deadline).await {
            Ok(()) => Ok(Answer { head, end: now() }),
            Err(broken) => Err(broken),
        }
    }

    async fn read(
        &mut self,
        mut body: Incoming,
        gather: &mut Gather,
        deadline: &mut Deadline,
    ) -> Result<(), Broken> {
        if body.is_end_stream() {
            return Ok(());
        }
        let connection = &mut self.connection;
        let ended = poll_fn(|cx| {
            let quiet = &mut Context::from_waker(Waker::noop());
            let mut advance_with = Next::Quiet;
            loop {
                match Pin::new(&mut body).poll_frame(quiet) {
                    Poll::Ready(Some(Ok(frame))) => {
                        if let Ok(data) = frame.into_data()
                            && let Err(error) = gather.push(data)
                        {
                            return Poll::Ready(Ended::Refused(error));
                        }
                        if body.is_end_stream() {
                            return Poll::Ready(Ended::Whole);
                        }
                        advance_with = Next::Quiet;
                    }
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Ended::Torn(error)),
                    Poll::Ready(None) => return Poll::Ready(Ended::Whole),
                    Poll::Pending => match advance_with {
                        Next::Quiet => {
                            advance(connection, quiet);
                            advance_with = Next::Waking;
                        }
                        Next::Waking => {
                            advance(connection, cx);
                            advance_with = Next::Wait;
                        }
                        Next::Wait if deadline.poll_over(cx) => return Poll::Ready(Ended::Late),
                        Next::Wait => return Poll::Pending,
                    },
                }
            }
        })
        .await;
        match ended {
            Ended::Whole => Ok(()),
            Ended::Torn(error) => Err(self.broken(Some(&error), false)),
            Ended::Late => Err(self.broken(None, true)),
            Ended::Refused(error) => {
                let mut broken = self.broken(None, true);
                broken.error = error;
                Err(broken)
            }
        }
    }

    /// The connection is of no use after this.
    #[cold]
    fn broken(&mut self, error: Option<&hyper::Error>, timed_out: bool) -> Broken {
        self.connection = None;
        let answered = self.marks.answered();
        let fault = self.marks.take_fault();
        let error = match error {
            Some(error) if !timed_out => RequestError::from_hyper(error, fault, answered),
            Some(_) | None => RequestError::timeout(),
        };
        Broken {
            error,
            unsent: !self.marks.wrote(),
            unanswered: !answered,
            timed_out,
        }
    }
}

/// What to do when no frame is there.
enum Next {
    Quiet,
    Waking,
    Wait,
}

enum Ended {
    Whole,
    Torn(hyper::Error),
    Late,
    Refused(RequestError),
}

/// Lets the connection do what it can now. Its own result is of no interest: hyper tells the waiting request first.
fn advance(connection: &mut Option<Connection<Socket, Outgoing>>, cx: &mut Context<'_>) {
    if let Some(running) = connection
        && Pin::new(running).poll(cx).is_ready()
    {
        *connection = None;
    }
}
