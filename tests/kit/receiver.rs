//! A receiver that misbehaves by script: it answers request after request as it is told, and keeps them all. It speaks
//! HTTP/1.1, and HTTP/2 to those who begin so: a gRPC call that shall go well is answered with an empty message.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use hyper::{Request, Response, body::Frame, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use prost::Message as _;
use tokio::net::TcpListener;

use crate::{
    background::Background,
    messages::{TimeSeries, WriteRequest},
};

/// How one request is treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A whole answer.
    Answer {
        /// Status.
        status: u16,
        /// Headers.
        headers: Vec<(&'static str, &'static str)>,
        /// Body, which senders may quote.
        body: &'static str,
    },
    /// Silence this long, then 204.
    Stall(Duration),
    /// The connection is closed without an answer.
    HangUp,
    /// The connection is reset without an answer.
    Reset,
    /// A head that promises 1,000 bytes, ten of them, and the end of the connection.
    Half,
}

impl Reply {
    /// An answer without more to it.
    #[must_use]
    pub fn status(status: u16) -> Reply {
        Reply::Answer {
            status,
            headers: Vec::new(),
            body: "",
        }
    }
}

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Received {
    /// When its body was complete.
    pub at: Instant,
    /// Method and path.
    pub line: String,
    /// Headers.
    pub headers: http::HeaderMap,
    /// Body as sent.
    pub body: Bytes,
    /// What it says, where it is remote write 1.0 in snappy.
    pub message: Option<WriteRequest>,
    /// How it was treated.
    pub reply: Reply,
}

impl Received {
    /// The protobuf message in its body: of a gRPC call what follows compression (none) and length.
    ///
    /// # Panics
    /// When it is neither of the two.
    #[must_use]
    pub fn protobuf(&self) -> Bytes {
        let kind = self.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        match kind {
            Some(b"application/grpc") => self.body.slice(5..),
            Some(b"application/x-protobuf") => self.body.clone(),
            other => panic!(
                "{:?} is no type of a message",
                other.map(String::from_utf8_lossy)
            ),
        }
    }
}

#[derive(Debug)]
struct State {
    script: VecDeque<Reply>,
    then: Reply,
    received: Vec<Received>,
}

/// The running receiver. Dropping it frees the port.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _server: Background,
}

impl Receiver {
    /// Answers the first requests by `script`, one each, and all others by `then`.
    ///
    /// # Panics
    /// When the system has no port or thread for it.
    #[must_use]
    pub fn start(script: impl IntoIterator<Item = Reply>, then: Reply) -> Receiver {
        let listener =
            std::net::TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
        Receiver::on(listener, script, then)
    }

    /// The same, on a port that was somebody's before: a receiver that comes back.
    ///
    /// # Panics
    /// When the port is taken.
    #[must_use]
    pub fn start_at(
        address: SocketAddr,
        script: impl IntoIterator<Item = Reply>,
        then: Reply,
    ) -> Receiver {
        let listener = std::net::TcpListener::bind(address).expect("the port is free again");
        Receiver::on(listener, script, then)
    }

    fn on(
        listener: std::net::TcpListener,
        script: impl IntoIterator<Item = Reply>,
        then: Reply,
    ) -> Receiver {
        let state = Arc::new(Mutex::new(State {
            script: script.into_iter().collect(),
            then,
            received: Vec::new(),
        }));
        let address = listener.local_addr().expect("a listener has an address");
        listener
            .set_nonblocking(true)
            .expect("a socket can be made non-blocking");
        let shared = Arc::clone(&state);
        let server = Background::run(|| accept(listener, shared));
        Receiver {
            address,
            state,
            _server: server,
        }
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where to push.
    #[must_use]
    pub fn write_url(&self) -> String {
        format!("http://{}/api/v1/write", self.address)
    }

    /// From now on, once the script is used up, requests are treated like this.
    pub fn then(&self, reply: Reply) {
        lock(&self.state).then = reply;
    }

    /// All requests so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        lock(&self.state).received.clone()
    }

    /// All series of the requests that were answered with 2xx, in order.
    #[must_use]
    pub fn accepted(&self) -> Vec<TimeSeries> {
        let accepted = |reply: &Reply| match reply {
            Reply::Answer { status, .. } => (200..300).contains(status),
            Reply::Stall(_) => true,
            Reply::HangUp | Reply::Reset | Reply::Half => false,
        };
        self.received()
            .into_iter()
            .filter(|request| accepted(&request.reply))
            .filter_map(|request| request.message)
            .flat_map(|message| message.timeseries)
            .collect()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: std::net::TcpListener, state: Arc<Mutex<State>>) {
    let listener = TcpListener::from_std(listener).expect("a bound listener fits into a runtime");
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            // A second handle on the socket: hyper owns the first, and a reset needs an option set on it.
            let socket = socket2::SockRef::from(&stream)
                .try_clone()
                .ok()
                .map(Arc::new);
            let service = service_fn(move |request| {
                let (state, socket) = (Arc::clone(&state), socket.clone());
                async move { treat(request, &state, socket.as_deref()).await }
            });
            let server = auto::Builder::new(TokioExecutor::new());
            let connection = server.serve_connection(TokioIo::new(stream), service);
            // Errors are what scripts ask for.
            let _as_told = connection.await;
        });
    }
}

async fn treat(
    request: Request<Incoming>,
    state: &Mutex<State>,
    socket: Option<&socket2::Socket>,
) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let kind = head.headers.get(CONTENT_TYPE);
    let calls = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let reply = {
        let mut state = lock(state);
        let reply = state
            .script
            .pop_front()
            .unwrap_or_else(|| state.then.clone());
        state.received.push(Received {
            at: Instant::now(),
            line: format!("{} {}", head.method, head.uri),
            message: decode(&body),
            headers: head.headers,
            body,
            reply: reply.clone(),
        });
        reply
    };
    match reply {
        Reply::Answer { status: 200, .. } if calls => Response::builder()
            .header(CONTENT_TYPE, "application/grpc")
            .body(Body::called())
            .map_err(io::Error::other),
        Reply::Answer {
            status,
            headers,
            body,
        } => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::whole(body)).map_err(io::Error::other)
        }
        Reply::Stall(length) => {
            tokio::time::sleep(length).await;
            Response::builder()
                .status(204)
                .body(Body::whole(""))
                .map_err(io::Error::other)
        }
        Reply::HangUp => Err(io::Error::other("hangs up, as told")),
        Reply::Reset => {
            if let Some(socket) = socket {
                socket.set_linger(Some(Duration::ZERO))?;
            }
            Err(io::Error::other("resets, as told"))
        }
        Reply::Half => Response::builder()
            .status(200)
            .header("content-length", "1000")
            .body(Body::half())
            .map_err(io::Error::other),
    }
}

fn decode(body: &[u8]) -> Option<WriteRequest> {
    let plain = snap::raw::Decoder::new().decompress_vec(body).ok()?;
    WriteRequest::decode(plain.as_slice()).ok()
}

/// A body that may break off.
#[derive(Debug)]
struct Body {
    content: Option<Bytes>,
    trailers: Option<HeaderMap>,
    breaks_off: bool,
}

impl Body {
    /// A gRPC call's answer: an empty message, and that all is well.
    fn called() -> Body {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        Body {
            content: Some(Bytes::from_static(&[0; 5])),
            trailers: Some(trailers),
            breaks_off: false,
        }
    }

    fn whole(text: &'static str) -> Body {
        let content = (!text.is_empty()).then(|| Bytes::from_static(text.as_bytes()));
        Body {
            content,
            trailers: None,
            breaks_off: false,
        }
    }

    fn half() -> Body {
        Body {
            content: Some(Bytes::from_static(b"ten bytes.")),
            trailers: None,
            breaks_off: true,
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(content) = self.content.take() {
            return Poll::Ready(Some(Ok(Frame::data(content))));
        }
        if let Some(trailers) = self.trailers.take() {
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        Poll::Ready(
            self.breaks_off
                .then(|| Err(io::Error::other("breaks off, as told"))),
        )
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_none() && self.trailers.is_none() && !self.breaks_off
    }
}
