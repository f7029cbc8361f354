//! One VU's connections.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    sync::{Arc, OnceLock},
};

use rustls::ClientConfig;
use tokio::time::Sleep;

use crate::{
    HttpRequest, Outcome, RequestError,
    http::{h1::H1, pool::Pool, send},
    socket::{dns::Resolver, marks::ByteCount, tls},
};

/// What all sessions of all cores share: TLS roots and settings. Cheap until the first TLS connection.
#[derive(Debug)]
pub struct ClientContext {
    settings: ClientSettings,
    resolver: Resolver,
    tls: OnceLock<Result<Arc<ClientConfig>, RequestError>>,
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

impl Default for ClientSettings {
    /// k6's defaults, and 100 MiB for a body.
    fn default() -> Self {
        ClientSettings {
            no_connection_reuse: false,
            no_vu_connection_reuse: false,
            insecure_skip_tls_verify: false,
            max_idle: 20,
            max_idle_per_host: 6,
            response_body_bytes: 100 << 20,
        }
    }
}

/// One VU's connections and byte counts. Lives on one core.
pub struct Session {
    context: Arc<ClientContext>,
    pool: Pool,
    count: Rc<ByteCount>,
    sleeps: RefCell<Vec<Pin<Box<Sleep>>>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl ClientContext {
    /// Prepares what sessions share.
    #[must_use]
    pub fn new(settings: ClientSettings) -> Arc<ClientContext> {
        Arc::new(ClientContext {
            settings,
            resolver: Resolver::default(),
            tls: OnceLock::new(),
        })
    }

    pub(crate) fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// The TLS configuration, made once. Reading the system's roots takes tens of milliseconds, so a thread of its own does.
    pub(crate) async fn tls_config(self: &Arc<Self>) -> Result<Arc<ClientConfig>, RequestError> {
        if let Some(config) = self.tls.get() {
            return config.clone();
        }
        let context = Arc::clone(self);
        let made = tokio::task::spawn_blocking(move || {
            let insecure = context.settings.insecure_skip_tls_verify;
            context
                .tls
                .get_or_init(|| tls::client_config(insecure))
                .clone()
        });
        made.await
            .unwrap_or_else(|_panicked| Err(RequestError::new(1000, "tls: no configuration")))
    }
}

impl Session {
    /// A session without connections.
    #[must_use]
    pub fn new(context: &Arc<ClientContext>) -> Session {
        Session {
            context: Arc::clone(context),
            pool: Pool::default(),
            count: Rc::default(),
            sleeps: RefCell::default(),
        }
    }

    /// Sends a request, follows its redirects and reads the body. Several may run at once (batch). Never fails: faults are
    /// in the [`Outcome`]. Dropping the future cancels the request and closes its connection.
    pub async fn send(&self, request: HttpRequest) -> Outcome {
        send::call(self, request).await
    }

    /// Ends an iteration: closes idle connections where `no_vu_connection_reuse` asks for it.
    pub fn iteration_ended(&self) {
        if self.context.settings.no_vu_connection_reuse {
            self.pool.clear();
        }
    }

    /// Bytes sent and received at the TCP level since the last call (`data_sent`, `data_received`).
    pub fn take_bytes(&self) -> (u64, u64) {
        (self.count.sent.take(), self.count.received.take())
    }

    pub(crate) fn context(&self) -> &Arc<ClientContext> {
        &self.context
    }

    pub(crate) fn settings(&self) -> &ClientSettings {
        &self.context.settings
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn count(&self) -> &Rc<ByteCount> {
        &self.count
    }

    pub(crate) fn keep(&self, h1: Box<H1>) {
        let settings = self.settings();
        self.pool
            .put(h1, settings.max_idle, settings.max_idle_per_host);
    }

    pub(crate) fn spare_sleep(&self) -> Option<Pin<Box<Sleep>>> {
        self.sleeps.borrow_mut().pop()
    }

    /// As many as calls ran at once, and no more than idle connections.
    pub(crate) fn keep_sleep(&self, sleep: Pin<Box<Sleep>>) {
        let mut sleeps = self.sleeps.borrow_mut();
        if sleeps.len() < self.settings().max_idle {
            sleeps.push(sleep);
        }
    }
}
