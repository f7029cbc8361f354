//! Thresholds: k6's grammar, checked once, then judged on snapshots.

mod expression;
mod set;
mod settings;

pub use expression::{Comparison, Method, Threshold};
pub use set::{ThresholdResult, ThresholdSet};
pub use settings::ThresholdSettings;

use crate::SelectorError;

/// What is wrong with a threshold. Its text names the key and the expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("threshold '{expression}' on '{key}': {fault}")]
pub struct ThresholdError {
    /// Key in `thresholds`.
    pub key: String,
    /// The expression, empty where the key itself is at fault.
    pub expression: String,
    /// What is wrong.
    pub fault: ThresholdFault,
}

/// The kinds of fault of a threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdFault {
    /// The key is no selector.
    #[error(transparent)]
    Selector(#[from] SelectorError),
    /// No `<`, `<=`, `>`, `>=`, `==`, `===` or `!=`.
    #[error("there is no comparison; write for example p(95)<500")]
    NoOperator,
    /// No known method before the comparison.
    #[error("'{0}' is no method; there are count, rate, value, avg, min, max, med and p(N)")]
    Method(String),
    /// A percentile outside 0 to 100.
    #[error("'{0}' is not between p(0) and p(100)")]
    Percentile(String),
    /// What follows the comparison is no number.
    #[error("'{0}' is no number; write it without a unit, times in milliseconds, data in bytes")]
    Number(String),
    /// No such metric, neither built in nor created in init.
    #[error("there is no metric '{0}'")]
    UnknownMetric(String),
    /// The method does not fit the metric's kind.
    #[error("'{method}' does not fit a {kind}; it has {fitting}")]
    Unfit {
        /// The method.
        method: String,
        /// Kind of the metric.
        kind: &'static str,
        /// What would fit.
        fitting: &'static str,
    },
}
