//! The wrapper around a TCP stream that takes the times and counts the bytes.
//!
//! Bytes are counted below TLS (that is what `data_sent` and `data_received` mean), times are taken above it: a session
//! ticket that follows a TLS 1.3 handshake is no first byte of a response. One request is in flight on an HTTP/1.1
//! connection, so one set of marks per connection is enough; it is reset when a request begins.
//!
//! The clock is read once per write and once for the first read: what else a request needs, its caller reads.

use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use crate::{RequestError, socket::tls::facts::alert_of};

/// Wire bytes of one session, all its connections together.
#[derive(Debug, Default)]
pub(crate) struct ByteCount {
    pub(crate) sent: Cell<u64>,
    pub(crate) received: Cell<u64>,
}

/// Which side of the socket a fault came from: k6 writes it in front of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// A fault of the operating system or of TLS on an established connection.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) direction: Direction,
    pub(crate) errno: Option<i32>,
    pub(crate) text: String,
    /// Where the peer's TLS has said why: k6's code and words for it.
    pub(crate) alert: Option<RequestError>,
}

/// What is remembered of the request in flight.
#[derive(Default)]
pub(crate) struct Marks {
    /// When the last piece of the request was taken by the socket.
    last_write: Cell<Option<Instant>>,
    /// When the first piece of the response came.
    first_read: Cell<Option<Instant>>,
    /// Request bytes (above TLS) taken so far; patches of the request line count from here.
    written: Cell<u64>,
    /// Response bytes came (unlike `first_read`, an end of stream does not count).
    answered: Cell<bool>,
    fault: Cell<Option<Fault>>,
    /// Bytes of the request line that `http` refuses, put in place as they are written.
    patch: Cell<Option<Patch>>,
}

/// Bytes that stand in for others in the request line, by their distance from the line's start.
#[derive(Debug, Clone)]
pub(crate) struct Patch {
    pub(crate) shift: u64,
    pub(crate) bytes: Arc<[(u32, u8)]>,
}

impl std::fmt::Debug for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Marks")
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

impl Marks {
    /// Forgets the last request; `patch` is for the next one.
    pub(crate) fn begin(&self, patch: Option<Patch>) {
        self.last_write.set(None);
        self.first_read.set(None);
        self.written.set(0);
        self.answered.set(false);
        self.patch.set(patch);
    }

    pub(crate) fn last_write(&self) -> Option<Instant> {
        self.last_write.get()
    }

    /// `None` until response bytes came.
    pub(crate) fn first_read(&self) -> Option<Instant> {
        self.first_read.get().filter(|_| self.answered.get())
    }

    /// Whether any byte of a response came.
    pub(crate) fn answered(&self) -> bool {
        self.answered.get()
    }

    /// Whether any byte of the request went out.
    pub(crate) fn wrote(&self) -> bool {
        self.written.get() > 0
    }

    pub(crate) fn take_fault(&self) -> Option<Fault> {
        self.fault.take()
    }

    pub(crate) fn failed(&self, direction: Direction, error: &io::Error) {
        self.fault.set(Some(Fault {
            direction,
            errno: error.raw_os_error(),
            text: error.to_string(),
            alert: alert_of(error),
        }));
    }

    /// For connections whose writes are noted elsewhere.
    pub(crate) fn wrote_at(&self, at: Instant, bytes: usize) {
        self.last_write.set(Some(at));
        self.written.set(self.written.get() + bytes as u64);
    }

    /// `buf` with the patched bytes that fall into it, or `None` where none do.
    fn patched(&self, buf: &[u8]) -> Option<Vec<u8>> {
        let patch = self.patch.take()?;
        let start = self.written.get();
        let mut copy = None;
        for &(at, byte) in patch.bytes.iter() {
            let place = (patch.shift + u64::from(at)).checked_sub(start);
            let place = place.and_then(|place| usize::try_from(place).ok());
            if let Some(place) = place.filter(|place| *place < buf.len()) {
                copy.get_or_insert_with(|| buf.to_vec())[place] = byte;
            }
        }
        self.patch.set(Some(patch));
        copy
    }
}

/// A TCP stream that counts what passes.
#[derive(Debug)]
pub(crate) struct Counted {
    stream: TcpStream,
    count: Rc<ByteCount>,
    answered: Rc<Marks>,
    plain: bool,
}

impl Counted {
    pub(crate) fn new(
        stream: TcpStream,
        count: &Rc<ByteCount>,
        marks: &Rc<Marks>,
        plain: bool,
    ) -> Self {
        Counted {
            stream,
            count: Rc::clone(count),
            answered: Rc::clone(marks),
            plain,
        }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let came = buf.filled().len() - before;
        if came > 0 {
            let received = &self.count.received;
            received.set(received.get() + came as u64);
            if self.plain {
                self.answered.answered.set(true);
            }
        }
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        if let Poll::Ready(Ok(taken)) = &polled {
            let sent = &self.count.sent;
            sent.set(sent.get() + *taken as u64);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Marks that a read above TLS brought bytes.
#[derive(Debug)]
pub(crate) struct Answered<S> {
    stream: S,
    marks: Rc<Marks>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Answered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.marks.answered.set(true);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Answered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Any stream of bytes, both ways.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Duplex for S {}

/// Plain or TLS.
pub(crate) enum Wire {
    Plain(TokioIo<Counted>),
    Tls(Box<TokioIo<Answered<TlsStream<Counted>>>>),
    /// Through a proxy.
    Nested(Box<TokioIo<Answered<Box<dyn Duplex>>>>),
}

/// What hyper reads from and writes to.
pub(crate) struct Socket {
    wire: Wire,
    marks: Rc<Marks>,
}

impl Socket {
    pub(crate) fn plain(stream: Counted, marks: Rc<Marks>) -> Self {
        let wire = Wire::Plain(TokioIo::new(stream));
        Socket { wire, marks }
    }

    pub(crate) fn tls(stream: TlsStream<Counted>, marks: Rc<Marks>) -> Self {
        let answered = Answered {
            stream,
            marks: Rc::clone(&marks),
        };
        Socket {
            wire: Wire::Tls(Box::new(TokioIo::new(answered))),
            marks,
        }
    }

    pub(crate) fn nested(stream: Box<dyn Duplex>, marks: Rc<Marks>) -> Self {
        let answered = Answered {
            stream,
            marks: Rc::clone(&marks),
        };
        Socket {
            wire: Wire::Nested(Box::new(TokioIo::new(answered))),
            marks,
        }
    }

    pub(crate) fn into_parts(self) -> (Wire, Rc<Marks>) {
        (self.wire, self.marks)
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = match &mut self.wire {
            Wire::Plain(io) => Pin::new(io).poll_read(cx, buf),
            Wire::Tls(io) => Pin::new(io.as_mut()).poll_read(cx, buf),
            Wire::Nested(io) => Pin::new(io.as_mut()).poll_read(cx, buf),
        };
        match &polled {
            Poll::Ready(Ok(())) => {
                if self.marks.first_read.get().is_none() {
                    self.marks.first_read.set(Some(now()));
                }
            }
            Poll::Ready(Err(error)) => self.marks.failed(Direction::Read, error),
            Poll::Pending => {}
        }
        polled
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let patched = self.marks.patched(buf);
        let bytes = patched.as_deref().unwrap_or(buf);
        let polled = match &mut self.wire {
            Wire::Plain(io) => Pin::new(io).poll_write(cx, bytes),
            Wire::Tls(io) => Pin::new(io.as_mut()).poll_write(cx, bytes),
            Wire::Nested(io) => Pin::new(io.as_mut()).poll_write(cx, bytes),
        };
        match &polled {
            Poll::Ready(Ok(taken)) => {
                self.marks.last_write.set(Some(now()));
                let written = &self.marks.written;
                written.set(written.get() + *taken as u64);
            }
            Poll::Ready(Err(error)) => self.marks.failed(Direction::Write, error),
            Poll::Pending => {}
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = match &mut self.wire {
            Wire::Plain(io) => return Pin::new(io).poll_flush(cx),
            Wire::Tls(io) => Pin::new(io.as_mut()).poll_flush(cx),
            Wire::Nested(io) => Pin::new(io.as_mut()).poll_flush(cx),
        };
        if let Poll::Ready(Err(error)) = &polled {
            self.marks.failed(Direction::Write, error);
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Wire::Tls(io) => Pin::new(io.as_mut()).poll_shutdown(cx),
            Wire::Nested(io) => Pin::new(io.as_mut()).poll_shutdown(cx),
        }
    }
}

/// The one monotonic clock of this room.
pub(crate) fn now() -> Instant {
    Instant::now()
}
