//! What all outputs have in common.

use std::{sync::Arc, time::Duration};

use crate::counters::PipelineCounters;

/// Whose numbers these are, and when this process began to count them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunIdentity {
    /// Label `testid`.
    pub test_id: String,
    /// Label `instance`.
    pub instance: String,
    /// Resolved start of the run, Unix milliseconds.
    pub start_ms: i64,
    /// Since when the counts have been going on from 0, Unix milliseconds: before `joined_ms` where they come from a checkpoint.
    pub since_ms: i64,
    /// When this process joined the run, Unix milliseconds: the date of the explicit zeros.
    pub joined_ms: i64,
    /// Extra labels; a `job` among them takes the place of `loadd`.
    pub labels: Vec<(String, String)>,
}

impl RunIdentity {
    /// Labels on every series.
    pub(crate) fn wire_labels(&self) -> Vec<(String, String)> {
        let mut labels = vec![
            ("instance".to_owned(), self.instance.clone()),
            ("job".to_owned(), "loadd".to_owned()),
            ("testid".to_owned(), self.test_id.clone()),
        ];
        for (name, value) in &self.labels {
            match labels.iter_mut().find(|(known, _)| known == name) {
                Some((_, slot)) => slot.clone_from(value),
                None => labels.push((name.clone(), value.clone())),
            }
        }
        labels
    }
}

/// What became of the samples: of everything recorded, `sent + failed + dropped + pending`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlushReport {
    /// Accepted by the receiver.
    pub sent: u64,
    /// Refused for good.
    pub failed: u64,
    /// Never offered: spool or queue full.
    pub dropped: u64,
    /// Still waiting; on disk they are sent at the next start, in memory they are lost.
    pub pending: u64,
}

impl FlushReport {
    /// Of two outputs together.
    #[must_use]
    pub fn and(self, other: FlushReport) -> FlushReport {
        FlushReport {
            sent: self.sent + other.sent,
            failed: self.failed + other.failed,
            dropped: self.dropped + other.dropped,
            pending: self.pending + other.pending,
        }
    }
}

/// An output at work, on a thread of its own.
pub trait Output: Send {
    /// For logs and messages.
    fn name(&self) -> &'static str;
    /// What it counts about itself.
    fn counters(&self) -> Arc<PipelineCounters>;
    /// Blocks until everything is sent or the time is up. The last snapshot must have been published before.
    fn finish(self: Box<Self>, timeout: Duration) -> FlushReport;
}
