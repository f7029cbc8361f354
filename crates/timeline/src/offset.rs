//! [`Offset`], a position or a span on a time line in whole nanoseconds, and [`Length`], which may be endless.

use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

use crate::duration::write_go;

/// Nanoseconds from a scenario's own start (or from the run's start, where the text says so). Arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Offset(pub u64);

impl Offset {
    /// The start itself.
    pub const ZERO: Self = Self(0);
    /// Further than any plan reaches (584 years).
    pub const MAX: Self = Self(u64::MAX);

    /// Whole seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// Whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// In seconds, for people and rates.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The sum, or [`Offset::MAX`].
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or 0.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// As a standard duration.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

impl Add for Offset {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

impl Sub for Offset {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl From<Duration> for Offset {
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl From<Offset> for Duration {
    fn from(offset: Offset) -> Self {
        offset.as_duration()
    }
}

/// Go's text of a duration: `1m30s`, `500ms`, `0s`.
impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_go(f, false, self.0)
    }
}

/// How long something goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Length {
    /// For this long.
    For(Offset),
    /// Until somebody stops it.
    Forever,
}

impl Length {
    /// The end, counted from the start; `None`: never.
    #[must_use]
    pub const fn end(self) -> Option<Offset> {
        match self {
            Self::For(length) => Some(length),
            Self::Forever => None,
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(length) => length.fmt(f),
            Self::Forever => f.write_str("forever"),
        }
    }
}
