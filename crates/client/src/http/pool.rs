//! A VU's idle connections: few, so a list that is searched from its young end.

use std::{cell::RefCell, rc::Rc, time::Instant};

use tokio::sync::Mutex;

use crate::{
    RequestUrl,
    http::{h1::H1, h2::H2},
};

/// Origins whose connections are being made one at a time.
const DIALS: usize = 64;

/// An origin, and the lock of whoever connects to it.
type Dial = (Rc<RequestUrl>, Rc<Mutex<()>>);

/// Idle connections, oldest first.
#[derive(Default)]
#[expect(
    clippy::vec_box,
    reason = "a connection is hundreds of bytes and moves in and out with every request"
)]
pub(crate) struct Pool {
    idle: RefCell<Vec<Box<H1>>>,
    /// HTTP/2: one for each origin, in use or not.
    shared: RefCell<Vec<Rc<H2>>>,
    dials: RefCell<Vec<Dial>>,
}

impl Pool {
    /// The connection to this origin that was used last.
    pub(crate) fn take(&self, url: &RequestUrl) -> Option<Box<H1>> {
        let mut idle = self.idle.borrow_mut();
        let at = idle.iter().rposition(|h1| h1.to.same_origin(url))?;
        Some(idle.remove(at))
    }

    /// Keeps a connection. Over the limits the one that idled longest is closed.
    pub(crate) fn put(&self, h1: Box<H1>, max_idle: usize, max_idle_per_host: usize) {
        let mut idle = self.idle.borrow_mut();
        // One connection, the common case, needs no counting.
        if !idle.is_empty() {
            let same = idle.iter().filter(|other| other.to.same_origin(&h1.to));
            if same.count() >= max_idle_per_host {
                return;
            }
            if idle.len() >= max_idle {
                idle.remove(0);
            }
        }
        if max_idle > 0 && max_idle_per_host > 0 {
            idle.push(h1);
        }
    }

    /// The HTTP/2 connection to this origin, unless it is older than `born`.
    pub(crate) fn share(&self, url: &RequestUrl, born: Option<Instant>) -> Option<Rc<H2>> {
        let mut shared = self.shared.borrow_mut();
        if shared.is_empty() {
            return None;
        }
        shared.retain(|h2| h2.is_usable() && born.is_none_or(|born| h2.made > born));
        let found = shared.iter().find(|h2| h2.to.same_origin(url));
        found.map(Rc::clone)
    }

    /// Keeps an HTTP/2 connection for all that follow. Over the limit the oldest one takes no more requests.
    pub(crate) fn put_shared(&self, h2: Rc<H2>, max_idle: usize) {
        let mut shared = self.shared.borrow_mut();
        if shared.len() >= max_idle.max(1) {
            shared.remove(0);
        }
        shared.push(h2);
    }

    /// Whoever holds it makes a connection to this origin; the others wait, since they may be able to share it.
    pub(crate) fn dial_lock(&self, url: &Rc<RequestUrl>) -> Rc<Mutex<()>> {
        let mut dials = self.dials.borrow_mut();
        if let Some((_, lock)) = dials.iter().find(|(to, _)| to.same_origin(url)) {
            return Rc::clone(lock);
        }
        if dials.len() >= DIALS {
            dials.remove(0);
        }
        let lock = Rc::default();
        dials.push((Rc::clone(url), Rc::clone(&lock)));
        lock
    }

    pub(crate) fn clear(&self) {
        self.idle.borrow_mut().clear();
        self.shared.borrow_mut().clear();
    }
}
