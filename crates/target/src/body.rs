//! Bodies of answers: ready ones, and those that come in pieces, slowly or not to their end.

use std::{
    collections::VecDeque,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use crate::link::Link;

/// An answer's body. Tells the connection's [`Link`] whether it was taken to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    link: Rc<Link>,
    content: Content,
}

/// What a body is made of.
#[derive(Debug)]
pub(crate) enum Content {
    /// All at once; empty once given out.
    Ready(Bytes),
    /// `left` bytes of the endless pattern.
    Pattern { left: u64 },
    /// Pieces with a pause before each but the first. `announced`: the length is told beforehand, else chunked.
    Pieces {
        pieces: VecDeque<Bytes>,
        pause: Duration,
        timer: Option<Pin<Box<Sleep>>>,
        announced: bool,
    },
    /// `part` goes out, then the connection is cut though `announced` bytes were promised.
    Cut {
        part: Option<Bytes>,
        announced: u64,
        timer: Pin<Box<Sleep>>,
    },
    /// Has been cut.
    Gone,
}

/// Why a body broke off: because that was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut, as the request asked")]
pub(crate) struct CutOff;

const PATTERN_PIECE: usize = 64 * 1024;

impl Content {
    pub(crate) fn empty() -> Content {
        Content::Ready(Bytes::new())
    }

    /// `pieces`, with `pause` between them.
    pub(crate) fn pieces(
        pieces: impl IntoIterator<Item = Bytes>,
        pause: Duration,
        announced: bool,
    ) -> Content {
        Content::Pieces {
            pieces: pieces.into_iter().collect(),
            pause,
            timer: None,
            announced,
        }
    }

    /// `part`, then the end of the connection.
    pub(crate) fn cut(part: Bytes, announced: u64) -> Content {
        Content::Cut {
            part: Some(part),
            announced,
            timer: Box::pin(sleep(Duration::from_millis(1))),
        }
    }

    /// Length, where it is known beforehand.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Content::Ready(bytes) => Some(bytes.len() as u64),
            Content::Pattern { left } => Some(*left),
            Content::Pieces {
                pieces,
                announced: true,
                ..
            } => Some(pieces.iter().map(|piece| piece.len() as u64).sum()),
            Content::Pieces {
                announced: false, ..
            } => None,
            Content::Cut { announced, .. } => Some(*announced),
            Content::Gone => Some(0),
        }
    }

    fn over(&self) -> bool {
        match self {
            Content::Ready(bytes) => bytes.is_empty(),
            Content::Pattern { left } => *left == 0,
            Content::Pieces { pieces, .. } => pieces.is_empty(),
            Content::Cut { .. } | Content::Gone => false,
        }
    }
}

impl Answer {
    pub(crate) fn new(link: Rc<Link>, content: Content) -> Answer {
        Answer { link, content }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.link.body_over(self.content.over());
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        let this = &mut *self;
        let piece = match &mut this.content {
            Content::Ready(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Content::Ready(bytes) => std::mem::take(bytes),
            Content::Pattern { left: 0 } => return Poll::Ready(None),
            Content::Pattern { left } => {
                let piece = pattern()
                    .slice(..PATTERN_PIECE.min(usize::try_from(*left).unwrap_or(usize::MAX)));
                *left -= piece.len() as u64;
                piece
            }
            Content::Pieces {
                pieces,
                pause,
                timer,
                ..
            } => {
                if let Some(running) = timer {
                    std::task::ready!(running.as_mut().poll(cx));
                }
                let Some(piece) = pieces.pop_front() else {
                    return Poll::Ready(None);
                };
                *timer = (!pause.is_zero()).then(|| Box::pin(sleep(*pause)));
                piece
            }
            Content::Cut { part, timer, .. } => {
                if let Some(piece) = part.take() {
                    this.link.flushed.set(false);
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                }
                // hyper forgets what it holds when a body fails: look every millisecond whether the socket has it all.
                while !this.link.flushed.get() {
                    std::task::ready!(timer.as_mut().poll(cx));
                    timer
                        .as_mut()
                        .reset(Instant::now() + Duration::from_millis(1));
                }
                this.content = Content::Gone;
                return Poll::Ready(Some(Err(CutOff)));
            }
            Content::Gone => return Poll::Ready(None),
        };
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.content.over()
    }

    fn size_hint(&self) -> SizeHint {
        self.content
            .length()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// The pattern of `/bytes`: letters and digits, a line break every 64.
pub(crate) fn pattern() -> &'static Bytes {
    static PATTERN: std::sync::OnceLock<Bytes> = std::sync::OnceLock::new();
    PATTERN.get_or_init(|| {
        const LINE: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+\n";
        let mut pattern = BytesMut::with_capacity(PATTERN_PIECE);
        while pattern.len() < PATTERN_PIECE {
            pattern.extend_from_slice(LINE);
        }
        pattern.freeze()
    })
}
