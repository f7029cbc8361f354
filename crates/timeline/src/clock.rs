//! The clock: the only place of this room that looks at one, a virtual one for tests, and [`RunClock`], which ties the
//! monotonic clock to the wall clock once, so that a step of the wall clock moves nothing.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::Offset;

/// What can be asked for the time.
pub trait Clock {
    /// Monotonic nanoseconds, suspended time included. Says nothing by itself, only differences do.
    fn now(&self) -> u64;
    /// Nanoseconds since 1970-01-01T00:00:00Z. May be stepped by others.
    fn wall(&self) -> i64;
}

/// The machine's clocks: `CLOCK_BOOTTIME` and `CLOCK_REALTIME`.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        u64::try_from(nanos(clock_gettime(ClockId::Boottime))).unwrap_or(0)
    }

    fn wall(&self) -> i64 {
        nanos(clock_gettime(ClockId::Realtime))
    }
}

fn nanos(time: Timespec) -> i64 {
    time.tv_sec
        .saturating_mul(1_000_000_000)
        .saturating_add(time.tv_nsec)
}

/// A clock that moves by hand, for tests.
#[derive(Debug, Default)]
pub struct VirtualClock {
    now: AtomicU64,
    wall: AtomicI64,
}

impl VirtualClock {
    /// Begins at monotonic 0 and this wall time.
    #[must_use]
    pub fn at_wall(wall: i64) -> Self {
        Self {
            now: AtomicU64::new(0),
            wall: AtomicI64::new(wall),
        }
    }

    /// Time passes, on both clocks.
    pub fn advance(&self, by: Offset) {
        self.now.fetch_add(by.0, Ordering::Relaxed);
        self.wall
            .fetch_add(i64::try_from(by.0).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// Somebody sets the wall clock.
    pub fn step_wall(&self, by: i64) {
        self.wall.fetch_add(by, Ordering::Relaxed);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    fn wall(&self) -> i64 {
        self.wall.load(Ordering::Relaxed)
    }
}

/// A run's time line: its start, as an instant of the monotonic clock. Pure; times are arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunClock {
    /// Monotonic time of the run's start; negative where the run is older than the machine's boot.
    start: i128,
    /// Wall minus monotonic time at the tie.
    wall_ahead: i128,
}

impl RunClock {
    /// Ties the two clocks now, for a run that starts (or started) at wall time `start`.
    #[must_use]
    pub fn tie(clock: &dyn Clock, start: i64) -> Self {
        Self::new(clock.now(), clock.wall(), start)
    }

    /// The same from readings taken together.
    #[must_use]
    pub fn new(now: u64, wall: i64, start: i64) -> Self {
        let wall_ahead = i128::from(wall) - i128::from(now);
        Self {
            start: i128::from(start) - wall_ahead,
            wall_ahead,
        }
    }

    /// The position on the line at monotonic time `now`; `None` before the start.
    #[must_use]
    pub fn position(&self, now: u64) -> Option<Offset> {
        u64::try_from(i128::from(now) - self.start).ok().map(Offset)
    }

    /// How long until the start; 0 once it has passed.
    #[must_use]
    pub fn until_start(&self, now: u64) -> Offset {
        Offset(u64::try_from(self.start - i128::from(now)).unwrap_or(0))
    }

    /// The monotonic time of a position; `None` where that is before the machine's boot.
    #[must_use]
    pub fn instant(&self, position: Offset) -> Option<u64> {
        u64::try_from(self.start + i128::from(position.0)).ok()
    }

    /// The run's start on the wall clock, as it was at the tie.
    #[must_use]
    pub fn start_wall(&self) -> i64 {
        saturate(self.start + self.wall_ahead)
    }

    /// The wall time of monotonic time `now` on the run's own clock: what samples are dated with.
    #[must_use]
    pub fn wall_of(&self, now: u64) -> i64 {
        saturate(i128::from(now) + self.wall_ahead)
    }

    /// How far the wall clock has gone ahead of the run's clock since the tie, in seconds.
    #[must_use]
    pub fn offset_seconds(&self, now: u64, wall: i64) -> f64 {
        (i128::from(wall) - i128::from(now) - self.wall_ahead) as f64 / 1e9
    }
}

/// Wall times reach to the year 2262.
fn saturate(nanos: i128) -> i64 {
    nanos.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

#[cfg(test)]
mod tests;
