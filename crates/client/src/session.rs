//! One VU's connections.

use std::{
    borrow::Borrow,
    cell::RefCell,
    collections::HashSet,
    net::IpAddr,
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Instant,
};

use tokio::time::Sleep;

use crate::{
    ClientSettings, HttpRequest, Outcome, RequestError, RequestUrl,
    http::{h1::H1, pool::Pool, send},
    rate::RateLimit,
    socket::{dns::Resolver, marks::ByteCount, tls::TlsSetup},
};

/// Hosts that are remembered as speaking HTTP/1.1 alone.
const HOSTS: usize = 4096;

/// What all sessions of all cores share: TLS roots and settings. Cheap until the first TLS connection.
#[derive(Debug)]
pub struct ClientContext {
    settings: ClientSettings,
    resolver: Resolver,
    rate: Option<RateLimit>,
    /// Hosts with TLS that did not choose HTTP/2: connections to them need not wait for each other.
    // A std mutex: held for a look-up, only while a connection is made.
    http1: Mutex<HashSet<(Arc<str>, u16)>>,
    tls: OnceLock<Result<Arc<TlsSetup>, RequestError>>,
}

/// One VU's connections and byte counts. Lives on one core.
pub struct Session {
    context: Arc<ClientContext>,
    pool: Pool,
    count: Rc<ByteCount>,
    /// Where its connections come from; `None`: the system chooses.
    source: Option<IpAddr>,
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
            resolver: Resolver::new(settings.dns),
            rate: RateLimit::new(settings.rps),
            settings,
            http1: Mutex::default(),
            tls: OnceLock::new(),
        })
    }

    pub(crate) fn settings(&self) -> &ClientSettings {
        &self.settings
    }

    pub(crate) fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    pub(crate) fn speaks_http1(&self, url: &RequestUrl) -> bool {
        let known = self.http1.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains(&(Arc::clone(&url.host), url.port))
    }

    pub(crate) fn learn_http1(&self, url: &RequestUrl) {
        let mut known = self.http1.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= HOSTS {
            known.clear();
        }
        known.insert((Arc::clone(&url.host), url.port));
    }

    /// The TLS set-up, made once. Reading the system's roots takes tens of milliseconds, so a thread of its own does.
    pub(crate) async fn tls(self: &Arc<Self>) -> Result<Arc<TlsSetup>, RequestError> {
        if let Some(setup) = self.tls.get() {
            return setup.clone();
        }
        let context = Arc::clone(self);
        let made = tokio::task::spawn_blocking(move || {
            let make = || TlsSetup::new(&context.settings).map(Arc::new);
            context.tls.get_or_init(make).clone()
        });
        made.await
            .unwrap_or_else(|_panicked| Err(RequestError::new(1000, "tls: no configuration")))
    }
}

impl Session {
    /// A session without connections, for the VU with this number on this worker (from 1; 0 for setup and teardown): where
    /// connections are made from is spread over the VUs.
    #[must_use]
    pub fn new(context: &Arc<ClientContext>, vu: u64) -> Session {
        Session {
            context: Arc::clone(context),
            pool: Pool::default(),
            count: Rc::default(),
            source: context.settings.local_ips.of_vu(vu),
            sleeps: RefCell::default(),
        }
    }

    /// Sends a request, follows its redirects and reads the body. Several may run at once (batch). Never fails: faults are
    /// in the [`Outcome`]. Dropping the future cancels the request and closes its connection.
    pub async fn send(&self, request: impl Borrow<HttpRequest>) -> Outcome {
        if let Some(rate) = &self.context.rate {
            rate.turn().await;
        }
        send::call(self, request.borrow()).await
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

    pub(crate) fn source(&self) -> Option<IpAddr> {
        self.source
    }

    /// Keeps a connection whose answer ended just now, at `end`.
    pub(crate) fn keep(&self, h1: Box<H1>, end: Instant) {
        let settings = self.settings();
        if settings
            .connection_max_age
            .is_some_and(|most| end - h1.made >= most)
        {
            return;
        }
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
