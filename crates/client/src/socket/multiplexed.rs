//! The byte stream under an HTTP/2 connection. Of its times only one can be told: when the last piece was written before
//! anything came back (or the first one, where the peer's settings came before it), which is the end of a request that has
//! the connection to itself.

use std::{
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::marks::{Direction, Marks, Socket, Wire, now};

/// What the `h2` crate reads from and writes to.
pub(crate) struct Multiplexed {
    wire: Wire,
    marks: Rc<Marks>,
}

impl Multiplexed {
    pub(crate) fn new(socket: Socket) -> Self {
        let (wire, marks) = socket.into_parts();
        Multiplexed { wire, marks }
    }

    fn noted<T>(&self, direction: Direction, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &polled {
            self.marks.failed(direction, error);
        }
        polled
    }
}

impl AsyncRead for Multiplexed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = match &mut self.wire {
            Wire::Plain(io) => Pin::new(io.inner_mut()).poll_read(cx, buf),
            Wire::Tls(io) => Pin::new(io.inner_mut()).poll_read(cx, buf),
            Wire::Nested(io) => Pin::new(io.inner_mut()).poll_read(cx, buf),
        };
        self.noted(Direction::Read, polled)
    }
}

impl AsyncWrite for Multiplexed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = match &mut self.wire {
            Wire::Plain(io) => Pin::new(io.inner_mut()).poll_write(cx, buf),
            Wire::Tls(io) => Pin::new(io.inner_mut()).poll_write(cx, buf),
            Wire::Nested(io) => Pin::new(io.inner_mut()).poll_write(cx, buf),
        };
        if let Poll::Ready(Ok(taken)) = &polled
            && (!self.marks.answered() || self.marks.last_write().is_none())
        {
            self.marks.wrote_at(now(), *taken);
        }
        self.noted(Direction::Write, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = match &mut self.wire {
            Wire::Plain(io) => Pin::new(io.inner_mut()).poll_flush(cx),
            Wire::Tls(io) => Pin::new(io.inner_mut()).poll_flush(cx),
            Wire::Nested(io) => Pin::new(io.inner_mut()).poll_flush(cx),
        };
        self.noted(Direction::Write, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(io) => Pin::new(io.inner_mut()).poll_shutdown(cx),
            Wire::Tls(io) => Pin::new(io.inner_mut()).poll_shutdown(cx),
            Wire::Nested(io) => Pin::new(io.inner_mut()).poll_shutdown(cx),
        }
    }
}
