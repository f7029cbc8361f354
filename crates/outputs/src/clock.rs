//! The only place of the sender that asks what time it is; everything that decides takes the answer as an argument.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Time since the sender began, which never steps back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: Instant,
}

impl Clock {
    /// Begins now.
    pub(crate) fn start() -> Clock {
        Clock {
            began: Instant::now(),
        }
    }

    /// Time since then.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// The instant that tasks which wait for each other speak of.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The wall clock, for the dates that receivers send.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
