//! The four kinds of metric and how each one adds up.

/// k6's kinds of metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A sum.
    Counter,
    /// The last value, with the least and the greatest.
    Gauge,
    /// A share: how many samples were not zero, of how many.
    Rate,
    /// A distribution: a native histogram with count, sum, least and greatest.
    Trend,
}

/// What a metric's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Contains {
    /// Plain numbers.
    Default,
    /// Milliseconds in the script and on the terminal, nanoseconds inside, seconds on the wire.
    Time,
    /// Bytes.
    Data,
}
