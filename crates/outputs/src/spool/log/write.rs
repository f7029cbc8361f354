//! Writing: a record gets its place in the order, waits in memory, and goes to the store as soon as that takes it.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use super::{Log, Segment};
use crate::spool::record::{Numbers, Record, encode};

impl Log {
    /// Takes a record and gives it its place in the order.
    pub(crate) fn append(&mut self, mut record: Record) {
        record.seq = self.next_seq;
        self.next_seq += 1;
        self.newest_ms = self.newest_ms.max(record.newest_ms());
        self.counters.recorded.fetch_add(record.samples(), Relaxed);
        let size = record.size();
        self.waiting.push_back((Arc::new(record), size));
        self.write_waiting();
        self.bound_queue();
        self.publish();
    }

    /// Tries to bring what waits in memory to the store.
    pub(super) fn write_waiting(&mut self) {
        while let Some((record, _)) = self.waiting.front() {
            let full = self
                .segments
                .back()
                .is_none_or(|segment| segment.bytes >= self.limits.segment_bytes);
            if full || self.writing.is_none() {
                self.segments.push_back(Segment::new(self.next_segment));
                self.next_segment += 1;
                self.writing = Some(Numbers::default());
            }
            let (Some(segment), Some(numbers)) = (self.segments.back_mut(), &mut self.writing)
            else {
                return;
            };
            self.scratch.clear();
            encode(record, numbers, &mut self.scratch);
            let head = record.head();
            if self.store.append(segment.id, &self.scratch).is_err() {
                self.counters.spool_write_errors.fetch_add(1, Relaxed);
                self.close_torn_segment();
                return;
            }
            segment.bytes += self.scratch.len() as u64;
            segment.push(head, segment.bytes);
            self.fresh = self.waiting.pop_front().map(|(record, _)| record);
            self.bound_store();
        }
    }

    /// After a failed write: the end is cut off if the disk lets us, and read as a torn tail if not.
    pub(super) fn close_torn_segment(&mut self) {
        self.writing = None;
        let Some(segment) = self.segments.back() else {
            return;
        };
        let (id, bytes, empty) = (segment.id, segment.bytes, segment.records.is_empty());
        let undone = if bytes == 0 && empty {
            self.store.remove(id)
        } else {
            self.store.truncate(id, bytes)
        };
        if undone.is_err() {
            self.counters.spool_write_errors.fetch_add(1, Relaxed);
        }
        if bytes == 0 && empty {
            self.segments.pop_back();
        }
    }
}
