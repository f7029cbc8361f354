//! One receiver: connection, TLS, credentials, headers. Says what came back; what that means is [`retry`]'s business.

pub(crate) mod auth;
pub(crate) mod grpc;
pub(crate) mod post;
pub(crate) mod retry;
pub(crate) mod tls;

pub(crate) use post::Endpoint;

/// Headers that belong to the protocol; a configured header of one of these names is refused.
pub(crate) const RESERVED_HEADERS: [&str; 7] = [
    "content-encoding",
    "content-type",
    "x-prometheus-remote-write-version",
    "user-agent",
    "content-length",
    "te",
    "grpc-encoding",
];
