//! What the pipeline counts about itself: plain atomics that the wiring reads into the snapshot at each tick.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::endpoint::retry::Reason;

/// Counters and gauges of one sender and its spool; each names its metric. At every quiescent moment
/// `recorded = sent + failed + dropped + pending`.
#[derive(Debug, Default)]
pub struct PipelineCounters {
    /// Samples that entered the spool or were found in it at the start (`loadd_remote_write_samples_recorded_total`).
    pub recorded: AtomicU64,
    /// `loadd_remote_write_samples_total`: accepted by the receiver; a histogram is one sample.
    pub sent: AtomicU64,
    /// `loadd_remote_write_samples_failed_total{reason="rejected"}`
    pub failed_rejected: AtomicU64,
    /// `loadd_remote_write_samples_failed_total{reason="poison"}`
    pub failed_poison: AtomicU64,
    /// `loadd_remote_write_samples_failed_total{reason="invalid"}`
    pub failed_invalid: AtomicU64,
    /// `loadd_remote_write_samples_failed_total{reason="partial"}`
    pub failed_partial: AtomicU64,
    /// `loadd_remote_write_samples_dropped_total{reason="spool_full"}`
    pub dropped_spool_full: AtomicU64,
    /// `loadd_remote_write_samples_dropped_total{reason="queue_full"}`
    pub dropped_queue_full: AtomicU64,
    /// `loadd_remote_write_samples_dropped_total{reason="damaged"}`
    pub dropped_damaged: AtomicU64,
    /// `loadd_remote_write_pending_samples`: in memory and spool.
    pub pending: AtomicU64,
    /// `loadd_remote_write_retries_total`
    pub retries: AtomicU64,
    /// `loadd_remote_write_fallbacks_total`
    pub fallbacks: AtomicU64,
    /// `loadd_remote_write_request_seconds_total`, in microseconds here.
    pub request_micros: AtomicU64,
    /// `loadd_remote_write_bytes_total`: compressed bytes offered.
    pub bytes: AtomicU64,
    /// `loadd_remote_write_highest_timestamp_seconds`, in milliseconds here.
    pub highest_timestamp_ms: AtomicI64,
    /// `loadd_remote_write_highest_sent_timestamp_seconds`, in milliseconds here.
    pub highest_sent_timestamp_ms: AtomicI64,
    /// `loadd_spool_bytes`
    pub spool_bytes: AtomicU64,
    /// `loadd_spool_limit_bytes`
    pub spool_limit_bytes: AtomicU64,
    /// `loadd_spool_records_damaged_total`
    pub spool_damaged: AtomicU64,
    /// `loadd_spool_truncations_total`
    pub spool_truncations: AtomicU64,
    /// `loadd_spool_write_errors_total`
    pub spool_write_errors: AtomicU64,
    /// `loadd_spool_read_errors_total`
    pub spool_read_errors: AtomicU64,
    /// `loadd_spool_records_thinned_total`
    pub spool_thinned: AtomicU64,
    /// `loadd_labels_changed_total{reason="collision"}`: two tags equal after mapping, or a tag that a label displaced.
    pub label_collisions: AtomicU64,
    /// `loadd_labels_changed_total{reason="cut"}`: values of `name` and `url` cut at 1,024 bytes.
    pub labels_cut: AtomicU64,
    /// `loadd_checkpoint_write_errors_total`
    pub checkpoint_write_errors: AtomicU64,
    requests: Mutex<Vec<(u16, u64)>>,
}

impl PipelineCounters {
    /// `loadd_remote_write_requests_total{code}` by code; 0 is no reply.
    #[must_use]
    pub fn requests(&self) -> Vec<(u16, u64)> {
        self.requests
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// Samples refused for good.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed_rejected.load(Relaxed)
            + self.failed_poison.load(Relaxed)
            + self.failed_invalid.load(Relaxed)
            + self.failed_partial.load(Relaxed)
    }

    /// Samples never offered.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped_spool_full.load(Relaxed)
            + self.dropped_queue_full.load(Relaxed)
            + self.dropped_damaged.load(Relaxed)
    }

    pub(crate) fn failed_for(&self, reason: Reason) -> &AtomicU64 {
        match reason {
            Reason::Rejected => &self.failed_rejected,
            Reason::Poison => &self.failed_poison,
            Reason::Partial => &self.failed_partial,
        }
    }

    pub(crate) fn count_request(&self, code: u16, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.request_micros.fetch_add(micros, Relaxed);
        // Once per request, off the hot path: a lock is cheaper to read than a table of all codes.
        let mut requests = self
            .requests
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match requests.iter_mut().find(|(known, _)| *known == code) {
            Some((_, count)) => *count += 1,
            None => requests.push((code, 1)),
        }
    }
}
