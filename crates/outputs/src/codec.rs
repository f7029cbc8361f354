//! What an output speaks: from points to the body of a request. The sender knows no format, and a format no socket.

use bytes::Bytes;

use crate::{
    batch::Weight,
    endpoint::retry::{Outcome, Rules},
    spool::record::Point,
};

/// A body, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) bytes: Bytes,
    /// Samples in it as the receiver counts them.
    pub(crate) offered: u64,
}

/// What had to be changed on the way, and was counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Tags that lost their name to another one.
    pub(crate) collisions: u64,
    /// Values cut.
    pub(crate) cut: u64,
}

/// One format and version.
pub(crate) trait Codec {
    /// Headers that say what the body is.
    fn headers(&self) -> &'static [(&'static str, &'static str)];
    /// By which rules replies are judged.
    fn rules(&self) -> Rules;
    /// What the points of one series come to.
    fn weigh(&mut self, points: &[Point]) -> Weight;
    /// The body with these points.
    fn encode(&mut self, points: &[Point]) -> Encoded;
    /// What had to be changed in labels since the last look.
    fn changed(&mut self) -> Changed;
    /// Speaks an older version from now on; `false` where there is none.
    fn fall_back(&mut self) -> bool;
    /// Tries the version of its settings again.
    fn restore(&mut self);
    /// Reads out of a whole reply what its status does not say.
    fn read_reply(&self, _outcome: &mut Outcome, _body: &[u8]) {}
}
