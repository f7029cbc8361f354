//! The four kinds of metric and how each one adds up.

use serde::{Deserialize, Serialize};

/// k6's kinds of metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contains {
    /// Plain numbers.
    Default,
    /// Milliseconds in the script and on the terminal, nanoseconds inside, seconds on the wire.
    Time,
    /// Bytes.
    Data,
}

impl Kind {
    /// k6's word: `counter`, `gauge`, `rate`, `trend`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Rate => "rate",
            Kind::Trend => "trend",
        }
    }
}

impl Contains {
    /// k6's word: `default`, `time`, `data`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Contains::Default => "default",
            Contains::Time => "time",
            Contains::Data => "data",
        }
    }
}
