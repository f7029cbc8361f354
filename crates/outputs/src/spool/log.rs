//! The log: records in, records out in order, whatever the disk does.
//!
//! Limits: `max_bytes` over all segments (then the two oldest are thinned into one); a segment is closed at
//! `segment_bytes`; what the disk refuses waits in memory up to `queue_bytes`. A write error closes the segment and is
//! tried again with the next record. Opening cuts torn tails and steps over damaged frames; both are counted.

mod bound;
mod open;
mod read;
mod write;

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use super::{
    record::{Dictionary, Head, Numbers, Record},
    store::Store,
};
use crate::counters::PipelineCounters;

/// Bounds of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) max_bytes: u64,
    pub(crate) segment_bytes: u64,
    pub(crate) queue_bytes: u64,
}

impl Limits {
    /// Bounds that follow from the one that users set.
    pub(crate) fn of(max_bytes: u64) -> Limits {
        Limits {
            max_bytes,
            segment_bytes: (max_bytes / 16).clamp(4 << 10, 16 << 20),
            queue_bytes: max_bytes.min(16 << 20),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Located {
    head: Head,
    end: u64,
}

#[derive(Debug)]
struct Segment {
    id: u64,
    bytes: u64,
    /// Sum over `records`, kept so that a long backlog need not be added up at each step.
    samples: u64,
    records: VecDeque<Located>,
}

impl Segment {
    fn new(id: u64) -> Segment {
        Segment {
            id,
            bytes: 0,
            samples: 0,
            records: VecDeque::new(),
        }
    }

    fn push(&mut self, head: Head, end: u64) {
        self.samples += head.samples;
        self.records.push_back(Located { head, end });
    }

    fn pop(&mut self) {
        if let Some(located) = self.records.pop_front() {
            self.samples -= located.head.samples;
        }
    }
}

/// How far the sender has come, and where it reads.
#[derive(Debug, Default)]
struct Cursor {
    /// Everything up to here is done.
    acked: u64,
    /// Everything up to here is in the sender's hands and must not be thinned.
    held: u64,
    /// Samples of the record in the sender's hands that are done, before the whole of it is.
    settled: u64,
    place: Option<Place>,
}

#[derive(Debug)]
struct Place {
    segment: u64,
    at: u64,
    dictionary: Dictionary,
}

/// One bounded log of records with the cursor of its sender.
pub(crate) struct Log {
    store: Box<dyn Store>,
    limits: Limits,
    segments: VecDeque<Segment>,
    /// Numbers given in the newest segment; `None`: the next record opens a new one.
    writing: Option<Numbers>,
    waiting: VecDeque<(Arc<Record>, u64)>,
    /// The record written last, as it lies in the store: a sender that keeps up need not read it back.
    fresh: Option<Arc<Record>>,
    /// Room for a record's bytes, kept from one to the next.
    scratch: Vec<u8>,
    next_seq: u64,
    next_segment: u64,
    newest_ms: i64,
    cursor: Cursor,
    cursor_name: String,
    counters: Arc<PipelineCounters>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Log")
            .field("segments", &self.segments.len())
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}

impl Log {
    /// Reads what lies in the store. What waits there counts as recorded by this process.
    pub(crate) fn open(
        store: Box<dyn Store>,
        limits: Limits,
        sender: &str,
        counters: Arc<PipelineCounters>,
    ) -> io::Result<Log> {
        let mut log = Log {
            store,
            limits,
            segments: VecDeque::new(),
            writing: None,
            waiting: VecDeque::new(),
            fresh: None,
            scratch: Vec::new(),
            next_seq: 1,
            next_segment: 1,
            newest_ms: 0,
            cursor: Cursor::default(),
            cursor_name: format!("cursor-{sender}"),
            counters,
        };
        log.load_cursor()?;
        let mut ids = log.store.segments()?;
        ids.sort_unstable();
        for id in ids {
            log.scan(id)?;
            log.next_segment = id + 1;
        }
        log.drop_done();
        log.counters
            .recorded
            .fetch_add(log.pending_samples(), Relaxed);
        log.publish();
        Ok(log)
    }

    /// The newest time that was ever appended here; nothing older may follow.
    pub(crate) fn newest_ms(&self) -> i64 {
        self.newest_ms
    }

    /// Samples that wait.
    pub(crate) fn pending_samples(&self) -> u64 {
        let stored: u64 = self.segments.iter().map(|segment| segment.samples).sum();
        let waiting: u64 = self
            .waiting
            .iter()
            .map(|(record, _)| record.samples())
            .sum();
        (stored + waiting).saturating_sub(self.cursor.settled)
    }

    /// Bytes in the store.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    fn publish(&self) {
        self.counters.pending.store(self.pending_samples(), Relaxed);
        self.counters.spool_bytes.store(self.bytes(), Relaxed);
        self.counters
            .spool_limit_bytes
            .store(self.limits.max_bytes, Relaxed);
    }
}
