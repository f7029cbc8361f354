//! What has been counted, as plain data: what a checkpoint writes and reads back without knowing how the room keeps it.

use serde::{Deserialize, Serialize};

use crate::{Contains, Kind};

/// One series with its cumulative value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedSeries {
    /// Name of the metric, as in [`crate::MetricInfo`].
    pub metric: String,
    /// Kind of the metric.
    pub kind: Kind,
    /// Contents of the metric.
    pub contains: Contains,
    /// Tags by name.
    pub tags: Vec<(String, String)>,
    /// Cumulative value.
    pub value: SavedValue,
}

/// A cumulative value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SavedValue {
    /// A sum.
    Counter(f64),
    /// Last, least and greatest.
    Gauge {
        /// The last one.
        last: f64,
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
    },
    /// Samples that were not zero, of all.
    Rate {
        /// Samples that were not zero.
        nonzero: u64,
        /// All samples.
        total: u64,
    },
    /// A distribution.
    Trend(SavedHistogram),
}

/// A native histogram. Its count is the zero count and all bucket counts together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedHistogram {
    /// -4 to 8.
    pub schema: i8,
    /// The zero bucket's edge.
    pub zero_threshold: f64,
    /// Samples in the zero bucket.
    pub zero_count: u64,
    /// (index, count) by rising index.
    pub positive: Vec<(i32, u64)>,
    /// (index, count) by rising index.
    pub negative: Vec<(i32, u64)>,
    /// Sum, least and greatest.
    pub amounts: SavedAmounts,
}

/// Sum, least and greatest of a distribution; all 0 without samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum SavedAmounts {
    /// Times in nanoseconds.
    Nanos {
        /// Sum.
        sum: i128,
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// Plain numbers.
    Plain {
        /// Sum.
        sum: f64,
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
    },
}
