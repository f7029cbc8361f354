//! One VU's connections.

use std::sync::Arc;

use crate::{HttpRequest, Outcome};

/// What all sessions of all cores share: TLS roots and settings. Cheap until the first TLS connection.
#[derive(Debug)]
pub struct ClientContext {
    _private: (),
}

/// The test's connection options.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// `noConnectionReuse`: no keep-alive at all.
    pub no_connection_reuse: bool,
    /// `noVUConnectionReuse`: idle connections are closed at the end of each iteration.
    pub no_vu_connection_reuse: bool,
    /// `insecureSkipTLSVerify`.
    pub insecure_skip_tls_verify: bool,
    /// Idle connections kept by a VU in total (`batch`, 20) and for one host (`batchPerHost`, 6).
    pub max_idle: usize,
    /// See `max_idle`.
    pub max_idle_per_host: usize,
    /// Decoded bytes of a body kept for the script; a longer one is an error of the request.
    pub response_body_bytes: u64,
}

/// One VU's connections and byte counts. Lives on one core.
pub struct Session {
    _private: (),
}

impl ClientContext {
    /// Prepares what sessions share.
    #[must_use]
    pub fn new(settings: ClientSettings) -> Arc<ClientContext> {
        let _ = settings;
        todo!()
    }
}

impl Session {
    /// A session without connections.
    #[must_use]
    pub fn new(context: &Arc<ClientContext>) -> Session {
        let _ = context;
        todo!()
    }

    /// Sends a request, follows its redirects and reads the body. Several may run at once (batch). Never fails: faults are
    /// in the [`Outcome`]. Dropping the future cancels the request and closes its connection.
    pub async fn send(&self, request: HttpRequest) -> Outcome {
        let _ = request;
        todo!()
    }

    /// Ends an iteration: closes idle connections where `no_vu_connection_reuse` asks for it.
    pub fn iteration_ended(&self) {
        todo!()
    }

    /// Bytes sent and received at the TCP level since the last call (`data_sent`, `data_received`).
    pub fn take_bytes(&self) -> (u64, u64) {
        todo!()
    }
}
