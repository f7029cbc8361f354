//! One HTTP/2 connection of a VU, shared by all its requests to that origin.
//!
//! The `h2` crate itself, not hyper's client around it: that one keeps the peer's GOAWAY to itself, which k6 tells, and
//! needs two tasks and a channel for each request. The connection is driven by one task of its own, since it must answer
//! pings also while no request waits. Streams have no marks of their own on the socket: a request that has the connection
//! to itself takes the socket's last write as its end; of several at once each counts as sent when it was handed over.

use std::{
    cell::Cell,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::poll_fn;
use h2::{
    Reason, RecvStream,
    client::{Builder, ResponseFuture, SendRequest},
};
use http::{Request, Response, response::Parts};
use std::task::Poll;

use crate::{
    RequestError, RequestUrl, TlsInfo,
    http::{body::Gather, deadline::Deadline},
    socket::{
        dial::Dialled,
        marks::{Marks, now},
        multiplexed::Multiplexed,
    },
};

/// As Go's client announces them.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 1 << 30;
const HEADER_LIST: u32 = 10 << 20;

/// A connection and what is known of it.
pub(crate) struct H2 {
    sender: SendRequest<Bytes>,
    /// Its task has ended, or the peer wants no more of it.
    over: Rc<Cell<bool>>,
    in_flight: Cell<u32>,
    marks: Rc<Marks>,
    pub(crate) remote: SocketAddr,
    pub(crate) tls: Option<Rc<TlsInfo>>,
    pub(crate) connecting: Duration,
    pub(crate) tls_handshaking: Duration,
    pub(crate) made: Instant,
    pub(crate) to: Rc<RequestUrl>,
}

/// A response whose body is read and still coded.
pub(crate) struct Answer {
    pub(crate) head: Parts,
    pub(crate) sent: Instant,
    pub(crate) first: Instant,
    pub(crate) end: Instant,
}

/// Why there is none.
pub(crate) struct Cut {
    pub(crate) error: RequestError,
    pub(crate) fate: Fate,
    pub(crate) sent: Instant,
    /// When the head of a response came.
    pub(crate) first: Option<Instant>,
}

/// What may be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The peer has done nothing with it: any request may be sent again.
    Refused,
    /// The connection is lost and nothing came: as on HTTP/1.1, what can be replayed may be sent again.
    Lost,
    /// It is the result.
    Final,
}

/// One of the requests in flight; over when it is dropped.
struct Turn<'c>(&'c Cell<u32>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl H2 {
    pub(crate) async fn new(dialled: Dialled, to: Rc<RequestUrl>) -> Result<Rc<H2>, RequestError> {
        let mut builder = Builder::new();
        builder
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(HEADER_LIST);
        let stream = Multiplexed::new(dialled.socket);
        let shaken = builder.handshake::<_, Bytes>(stream).await;
        let (sender, connection) = shaken.map_err(|error| error_of(&error, &dialled.marks))?;
        let over = Rc::new(Cell::new(false));
        let ended = Rc::clone(&over);
        // It ends by itself: when the last handle of the sender and of its streams is gone, or the peer's end has come.
        tokio::task::spawn_local(async move {
            let result = connection.await;
            ended.set(true);
            drop(result);
        });
        Ok(Rc::new(H2 {
            sender,
            over,
            in_flight: Cell::new(0),
            marks: dialled.marks,
            remote: dialled.remote,
            tls: dialled.tls,
            connecting: dialled.connecting,
            tls_handshaking: dialled.tls_handshaking,
            made: dialled.made,
            to,
        }))
    }

    /// Whether another request may go over it.
    pub(crate) fn is_usable(&self) -> bool {
        !self.over.get()
    }

    /// Sends a request and reads the whole response, the body into `gather`. `ready`: when the connection was there.
    pub(crate) async fn run(
        &self,
        head: Request<()>,
        body: Bytes,
        gather: &mut Gather,
        deadline: &mut Deadline,
        ready: Instant,
    ) -> Result<Answer, Cut> {
        let alone = self.in_flight.get() == 0;
        self.in_flight.set(self.in_flight.get() + 1);
        let _turn = Turn(&self.in_flight);
        if alone {
            self.marks.begin(None);
        }
        let mut sender = self.sender.clone();
        let mut cut = Cut {
            error: RequestError::timeout(),
            fate: Fate::Final,
            sent: ready,
            first: None,
        };
        let room = within(deadline, |cx| sender.poll_ready(cx)).await;
        match room {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                self.over.set(true);
                cut.error = error_of(&error, &self.marks);
                cut.fate = Fate::Refused;
                return Err(cut);
            }
            None => return Err(cut),
        }
        let begun = sender.send_request(head, body.is_empty());
        let (mut response, mut stream) = match begun {
            Ok(begun) => begun,
            Err(error) => return Err(self.cut(cut, &error, &mut sender)),
        };
        if !body.is_empty()
            && let Err(error) = stream.send_data(body, true)
        {
            return Err(self.cut(cut, &error, &mut sender));
        }
        let answered = self.head(&mut response, deadline).await;
        cut.sent = match self.marks.last_write() {
            Some(written) if alone && self.in_flight.get() == 1 => written.max(ready),
            Some(_) | None => ready,
        };
        let (head, body) = match answered {
            Some(Ok(response)) => response.into_parts(),
            Some(Err(error)) => return Err(self.cut(cut, &error, &mut sender)),
            None => return Err(cut),
        };
        let first = now();
        cut.first = Some(first);
        match read(body, gather, deadline).await {
            Ended::Whole => {}
            Ended::Torn(error) => return Err(self.cut(cut, &error, &mut sender)),
            Ended::Late => return Err(cut),
            Ended::Refused(error) => return Err(Cut { error, ..cut }),
        }
        Ok(Answer {
            head,
            sent: cut.sent.min(first),
            first,
            end: now(),
        })
    }

    async fn head(
        &self,
        response: &mut ResponseFuture,
        deadline: &mut Deadline,
    ) -> Option<Result<Response<RecvStream>, h2::Error>> {
        within(deadline, |cx| Pin::new(&mut *response).poll(cx)).await
    }

    #[cold]
    fn cut(&self, mut cut: Cut, error: &h2::Error, sender: &mut SendRequest<Bytes>) -> Cut {
        let unanswered = cut.first.is_none();
        let refused = error.is_remote()
            && (error.is_go_away()
                || (error.is_reset()
                    && matches!(
                        error.reason(),
                        Some(Reason::REFUSED_STREAM | Reason::PROTOCOL_ERROR)
                    )));
        let lost = error.is_io() || (error.is_go_away() && error.is_library());
        if error.is_go_away() || lost {
            self.over.set(true);
        }
        let mut told = error_of(error, &self.marks);
        if error.is_io() {
            // Behind the end of a connection may stand a GOAWAY that let this stream go on.
            let quiet = &mut std::task::Context::from_waker(std::task::Waker::noop());
            if let Poll::Ready(Err(why)) = sender.poll_ready(quiet)
                && why.is_go_away()
                && why.is_remote()
            {
                told = error_of(&why, &self.marks);
            }
        }
        cut.error = told;
        cut.fate = match (unanswered, refused, lost) {
            (true, true, _) => Fate::Refused,
            (true, false, true) => Fate::Lost,
            _ => Fate::Final,
        };
        cut
    }
}

enum Ended {
    Whole,
    Torn(h2::Error),
    Late,
    Refused(RequestError),
}

async fn read(mut body: RecvStream, gather: &mut Gather, deadline: &mut Deadline) -> Ended {
    loop {
        if body.is_end_stream() {
            return Ended::Whole;
        }
        match within(deadline, |cx| body.poll_data(cx)).await {
            Some(Some(Ok(data))) => {
                let length = data.len();
                if let Err(error) = gather.push(data) {
                    return Ended::Refused(error);
                }
                if let Err(error) = body.flow_control().release_capacity(length) {
                    return Ended::Torn(error);
                }
            }
            Some(Some(Err(error))) => return Ended::Torn(error),
            Some(None) => return Ended::Whole,
            None => return Ended::Late,
        }
    }
}

/// What comes of `poll`, or `None` where time is up first.
async fn within<T>(
    deadline: &mut Deadline,
    mut poll: impl FnMut(&mut std::task::Context<'_>) -> Poll<T>,
) -> Option<T> {
    poll_fn(|cx| match poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending if deadline.poll_over(cx) => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// k6's codes and texts (k6 API reference, 6.11).
fn error_of(error: &h2::Error, marks: &Marks) -> RequestError {
    if let Some(reason) = error.reason() {
        let number = u32::from(reason);
        let (base, what) = match (error.is_go_away(), error.is_remote()) {
            (true, true) => (1610, "received GoAway"),
            (true, false) => (1650, "connection error"),
            (false, _) => (1630, "stream error"),
        };
        let code = match u16::try_from(number) {
            Ok(number @ 0..=13) => base + 1 + number,
            Ok(_) | Err(_) => base,
        };
        let name = name_of(number);
        return RequestError::new(code, format!("http2: {what} with http2 ErrCode {name}"));
    }
    if !error.is_io() {
        return RequestError::new(1000, format!("http2: {error}"));
    }
    match marks.take_fault() {
        Some(fault) => RequestError::from_fault(fault),
        None => RequestError::unexpected_eof(),
    }
}

/// As RFC 9113 names the codes.
fn name_of(code: u32) -> String {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    let known = usize::try_from(code).ok().and_then(|code| NAMES.get(code));
    known.map_or_else(
        || format!("unknown error code 0x{code:x}"),
        |name| (*name).to_owned(),
    )
}
