//! One connection as its worker sees it: what was begun on it, and when an answer has left for good.
//!
//! How "served" is known: hyper flushes the socket only once its own buffer is empty. So when a flush comes after a body was
//! given out to its end, head and body are in the kernel. [`Socket`] sees the flush, [`crate::body::Answer`] the body's end,
//! and the [`Link`] between them (one thread, plain cells) brings both together.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::{stats::PathId, worker::Worker};

/// A request on its way.
#[derive(Debug)]
struct Exchange {
    path: PathId,
    started: Instant,
    delay: Duration,
    status: u16,
    /// Its body has been given to hyper, to the end.
    ended: bool,
    counted: bool,
}

/// What service, body and socket of one connection share.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) worker: Rc<Worker>,
    pub(crate) peer: SocketAddr,
    /// Nearly always one; more where a client sends requests ahead.
    exchanges: RefCell<VecDeque<Exchange>>,
    received: Cell<u64>,
    sent: Cell<u64>,
    /// Nothing written since the last flush.
    pub(crate) flushed: Cell<bool>,
    /// This connection is in the worker's counts.
    counted: Cell<bool>,
}

impl Link {
    pub(crate) fn new(worker: Rc<Worker>, peer: SocketAddr) -> Rc<Link> {
        Rc::new(Link {
            worker,
            peer,
            exchanges: RefCell::default(),
            received: Cell::new(0),
            sent: Cell::new(0),
            flushed: Cell::new(true),
            counted: Cell::new(false),
        })
    }

    /// A request's head has been read.
    pub(crate) fn begin(&self, path: &str, started: Instant) {
        let counted = !matches!(path, "/stats" | "/metrics");
        let mut counts = self.worker.counts.borrow_mut();
        let path = if counted {
            counts.path(path)
        } else {
            counts.path("")
        };
        if counted {
            counts.begin();
            if !self.counted.replace(true) {
                counts.accepted += 1;
                counts.open += 1;
            }
        }
        drop(counts);
        let exchange = Exchange {
            path,
            started,
            delay: Duration::ZERO,
            status: 0,
            ended: false,
            counted,
        };
        self.exchanges.borrow_mut().push_back(exchange);
    }

    /// Its answer is about to be given to hyper.
    pub(crate) fn answer(&self, status: u16, delay: Duration) {
        if let Some(exchange) = self.exchanges.borrow_mut().back_mut() {
            exchange.status = status;
            exchange.delay = delay;
        }
    }

    /// Its body has been given to hyper: to the end, or not.
    pub(crate) fn body_over(&self, whole: bool) {
        if !whole {
            return; // stays in the queue and is counted as aborted when the connection goes
        }
        if let Some(exchange) = self
            .exchanges
            .borrow_mut()
            .iter_mut()
            .find(|exchange| !exchange.ended)
        {
            exchange.ended = true;
        }
    }

    /// hyper's buffer is empty and the socket has it all.
    fn flush(&self) {
        self.flushed.set(true);
        let mut exchanges = self.exchanges.borrow_mut();
        while let Some(exchange) = exchanges.pop_front_if(|exchange| exchange.ended) {
            let (received, sent) = (self.received.take(), self.sent.take());
            if exchange.counted {
                let mut counts = self.worker.counts.borrow_mut();
                counts.serve(
                    exchange.path,
                    exchange.status,
                    exchange.delay,
                    exchange.started.elapsed(),
                );
                counts.received += received;
                counts.sent += sent;
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut counts = self.worker.counts.borrow_mut();
        let mut aborted = false;
        for _ in self
            .exchanges
            .get_mut()
            .iter()
            .filter(|exchange| exchange.counted)
        {
            counts.abort();
            aborted = true;
        }
        if aborted {
            counts.received += self.received.get();
            counts.sent += self.sent.get();
        }
        if self.counted.get() {
            counts.open -= 1;
        }
    }
}

/// The socket, counting bytes and telling its [`Link`] of flushes.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    link: Rc<Link>,
}

impl Socket {
    /// The socket as hyper wants it.
    pub(crate) fn new(stream: TcpStream, link: Rc<Link>) -> TokioIo<Socket> {
        TokioIo::new(Socket { stream, link })
    }

    fn wrote(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &result {
            self.link.sent.set(self.link.sent.get() + *bytes as u64);
            self.link.flushed.set(false);
        }
        result
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.link
            .received
            .set(self.link.received.get() + (buf.filled().len() - before) as u64);
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.wrote(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(cx);
        if matches!(result, Poll::Ready(Ok(()))) {
            self.link.flush();
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.wrote(result)
    }
}
