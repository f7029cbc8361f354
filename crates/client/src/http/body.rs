//! Takes the frames of a response body: keeps them, or only lets them pass.

use bytes::{Bytes, BytesMut};

use crate::RequestError;

/// What became of the frames so far.
#[derive(Debug)]
pub(crate) struct Gather {
    kept: Kept,
    limit: u64,
}

#[derive(Debug)]
enum Kept {
    /// Nothing is wanted.
    Discard,
    /// At most one frame came: it is taken as it is.
    One(Bytes),
    Many(BytesMut),
}

impl Gather {
    pub(crate) fn discard() -> Self {
        Gather {
            kept: Kept::Discard,
            limit: u64::MAX,
        }
    }

    pub(crate) fn keep(limit: u64) -> Self {
        Gather {
            kept: Kept::One(Bytes::new()),
            limit,
        }
    }

    /// Takes one frame.
    pub(crate) fn push(&mut self, frame: Bytes) -> Result<(), RequestError> {
        let so_far = match &self.kept {
            Kept::Discard => return Ok(()),
            Kept::One(first) => first.len(),
            Kept::Many(all) => all.len(),
        };
        if (so_far + frame.len()) as u64 > self.limit {
            return Err(too_large(self.limit));
        }
        match &mut self.kept {
            Kept::Discard => {}
            Kept::One(first) if first.is_empty() => *first = frame,
            Kept::One(first) => {
                let mut all = BytesMut::with_capacity(2 * (first.len() + frame.len()));
                all.extend_from_slice(first);
                all.extend_from_slice(&frame);
                self.kept = Kept::Many(all);
            }
            Kept::Many(all) => all.extend_from_slice(&frame),
        }
        Ok(())
    }

    /// Forgets what came, for another try.
    pub(crate) fn restart(&mut self) {
        match &mut self.kept {
            Kept::Discard => {}
            Kept::One(first) => first.clear(),
            Kept::Many(_) => self.kept = Kept::One(Bytes::new()),
        }
    }

    /// `None` where nothing was wanted.
    pub(crate) fn finish(self) -> Option<Bytes> {
        match self.kept {
            Kept::Discard => None,
            Kept::One(first) => Some(first),
            Kept::Many(all) => Some(all.freeze()),
        }
    }
}

pub(crate) fn too_large(limit: u64) -> RequestError {
    RequestError::new(
        1000,
        format!("response body is larger than the limit of {limit} bytes"),
    )
}
