//! From a URL's host to a connected, measured byte stream: names, TCP, TLS and the marks on them.

pub(crate) mod dial;
pub(crate) mod dns;
pub(crate) mod marks;
pub(crate) mod multiplexed;
pub(crate) mod tls;
mod tunnel;
