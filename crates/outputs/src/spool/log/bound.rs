//! Bounds: what happens to the oldest records when the store or the queue is full.

use std::{
    io,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use hashbrown::HashSet;

use super::{Log, Segment};
use crate::spool::{
    frame::{Piece, piece_at},
    record::{Dictionary, Numbers, Payload, Record, SeriesDef, encode},
    thin::thin,
};

impl Log {
    pub(super) fn bound_queue(&mut self) {
        while self.waiting.iter().map(|(_, size)| size).sum::<u64>() > self.limits.queue_bytes {
            let records: Vec<Record> = self
                .waiting
                .drain(..)
                .map(|(record, _)| Arc::unwrap_or_clone(record))
                .collect();
            let mut thinned = thin(records, self.cursor.held);
            if thinned.records_dropped == 0 {
                let victim = thinned
                    .kept
                    .iter()
                    .position(|record| record.seq > self.cursor.held);
                let Some(victim) = victim.filter(|_| thinned.kept.len() > 1) else {
                    self.wait_again(thinned.kept);
                    return;
                };
                thinned.samples_dropped += thinned.kept.remove(victim).samples();
            }
            self.counters
                .dropped_queue_full
                .fetch_add(thinned.samples_dropped, Relaxed);
            self.wait_again(thinned.kept);
        }
    }

    fn wait_again(&mut self, records: Vec<Record>) {
        for record in records {
            let size = record.size();
            self.waiting.push_back((Arc::new(record), size));
        }
    }

    pub(super) fn bound_store(&mut self) {
        while self.bytes() > self.limits.max_bytes {
            let before = self.bytes();
            if self.thin_oldest().is_err() {
                self.counters.spool_write_errors.fetch_add(1, Relaxed);
                return;
            }
            if self.bytes() >= before && self.bytes() > self.limits.max_bytes && !self.drop_oldest()
            {
                return;
            }
        }
    }

    /// Thins the two oldest segments into one.
    fn thin_oldest(&mut self) -> io::Result<()> {
        let count = self.segments.len().min(2);
        let mut records = Vec::new();
        for index in 0..count {
            records.extend(self.decode_segment(index)?);
        }
        let expected: u64 = self
            .segments
            .iter()
            .take(count)
            .map(|segment| segment.samples)
            .sum();
        let read: u64 = records.iter().map(Record::samples).sum();
        // Each segment was read with a dictionary of its own, and thinning tells series apart by their address.
        unify(&mut records);
        let thinned = thin(records, self.cursor.held);
        self.rewrite(count, &thinned.kept)?;
        self.counters
            .dropped_damaged
            .fetch_add(expected.saturating_sub(read), Relaxed);
        self.counters
            .dropped_spool_full
            .fetch_add(thinned.samples_dropped, Relaxed);
        self.counters
            .spool_thinned
            .fetch_add(thinned.records_dropped, Relaxed);
        Ok(())
    }

    /// The last resort, where nothing can be thinned: the oldest record goes, births and all.
    fn drop_oldest(&mut self) -> bool {
        let held = self.cursor.held;
        let victims = |spare_last: bool| {
            self.segments
                .iter()
                .enumerate()
                .find_map(|(index, segment)| {
                    let located = segment.records.iter().find(|located| {
                        located.head.seq > held && !(spare_last && located.head.last)
                    })?;
                    Some((index, located.head))
                })
        };
        let newest = self.next_seq - 1;
        let Some((index, head)) = victims(true)
            .or_else(|| victims(false))
            .filter(|(_, head)| head.seq < newest)
        else {
            return false;
        };
        let Ok(mut records) = self.decode_segment(index) else {
            return false;
        };
        records.retain(|record| record.seq != head.seq);
        // `rewrite` works from the oldest segment on; those before the victim's hold nothing that may go.
        let mut all = Vec::new();
        for earlier in 0..index {
            match self.decode_segment(earlier) {
                Ok(records) => all.extend(records),
                Err(_) => return false,
            }
        }
        all.extend(records);
        unify(&mut all);
        if self.rewrite(index + 1, &all).is_err() {
            self.counters.spool_write_errors.fetch_add(1, Relaxed);
            return false;
        }
        self.counters
            .dropped_spool_full
            .fetch_add(head.samples, Relaxed);
        true
    }

    fn decode_segment(&self, index: usize) -> io::Result<Vec<Record>> {
        let segment = &self.segments[index];
        let bytes = self.store.read(segment.id, 0, segment.bytes)?;
        let mut dictionary = Dictionary::default();
        let mut records = Vec::new();
        let wanted: HashSet<u64> = segment
            .records
            .iter()
            .map(|located| located.head.seq)
            .collect();
        let mut at = 0;
        loop {
            match piece_at(&bytes, at) {
                Piece::Frame { payload, next } => {
                    if let Payload::Record(head, body) = dictionary.read(payload)
                        && wanted.contains(&head.seq)
                    {
                        records.extend(dictionary.decode(head, body));
                    }
                    at = next;
                }
                Piece::Damaged { next } => at = next,
                Piece::Torn | Piece::End => return Ok(records),
            }
        }
    }

    /// Puts `records` in the place of the `count` oldest segments, as one.
    fn rewrite(&mut self, count: usize, records: &[Record]) -> io::Result<()> {
        let id = self.segments[0].id;
        let mut bytes = Vec::new();
        let mut numbers = Numbers::default();
        let mut merged = Segment::new(id);
        for record in records {
            encode(record, &mut numbers, &mut bytes);
            let head = record.head();
            merged.push(head, bytes.len() as u64);
        }
        self.store.replace(id, &bytes)?;
        // It may have taken over what another one said only once.
        self.fresh = None;
        if count == self.segments.len() {
            self.writing = None;
        }
        let replaced: Vec<Segment> = self.segments.drain(..count).collect();
        merged.bytes = bytes.len() as u64;
        self.segments.push_front(merged);
        if self
            .cursor
            .place
            .as_ref()
            .is_some_and(|place| replaced.iter().any(|segment| segment.id == place.segment))
        {
            self.cursor.place = None;
        }
        for old in &replaced[1..] {
            self.store.remove(old.id)?;
        }
        Ok(())
    }
}

/// Lets equal series be one.
fn unify(records: &mut [Record]) {
    let mut known: HashSet<Arc<SeriesDef>> = HashSet::new();
    for point in records.iter_mut().flat_map(|record| &mut record.points) {
        point.series = Arc::clone(known.get_or_insert_with(&point.series, Arc::clone));
    }
}
