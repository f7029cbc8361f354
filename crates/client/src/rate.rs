//! `rps`: at most so many calls a second, over all VUs of this process. A bucket of one token.
//!
//! Calls wait in a fair queue, and whoever is in front sleeps: a call that is given up takes nothing with it.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::socket::marks::now;

/// The limiter of a context.
#[derive(Debug)]
pub(crate) struct RateLimit {
    interval: Duration,
    // Held while the caller in front sleeps; a call that is dropped meanwhile lets go.
    next: Mutex<Option<Instant>>,
}

impl RateLimit {
    /// `None` for no limit: 0 and below, as in k6.
    pub(crate) fn new(per_second: f64) -> Option<RateLimit> {
        let interval = Duration::try_from_secs_f64(1.0 / per_second).ok()?;
        (per_second > 0.0).then(|| RateLimit {
            interval,
            next: Mutex::new(None),
        })
    }

    /// Waits for this call's turn.
    pub(crate) async fn turn(&self) {
        let asked = now();
        let mut next = self.next.lock().await;
        // A turn that fell due while this call was waiting is taken at its own time: the line does not slip.
        let turn = next.map_or(asked, |next| next.max(asked));
        if turn > now() {
            tokio::time::sleep_until(turn.into()).await;
        }
        *next = Some(turn + self.interval);
    }
}
