//! A VU's idle connections: few, so a list that is searched from its young end.

use std::cell::RefCell;

use crate::{RequestUrl, http::h1::H1};

/// Idle connections, oldest first.
#[derive(Default)]
#[expect(
    clippy::vec_box,
    reason = "a connection is hundreds of bytes and moves in and out with every request"
)]
pub(crate) struct Pool {
    idle: RefCell<Vec<Box<H1>>>,
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

    pub(crate) fn clear(&self) {
        self.idle.borrow_mut().clear();
    }
}
