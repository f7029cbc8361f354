//! Reading: the sender takes the oldest record, settles parts of it, and acknowledges the whole; only then it goes.

use std::{
    io,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use super::{Located, Log, Place};
use crate::spool::{
    frame::{Piece, piece_at},
    record::{Dictionary, Payload, Record},
};

impl Log {
    /// The oldest record that is not done, for the sender to work on; it stays until [`Log::ack`].
    pub(crate) fn next(&mut self) -> Option<Arc<Record>> {
        while let Some((segment, located)) = self
            .segments
            .iter()
            .find_map(|segment| Some(((segment.id), *segment.records.front()?)))
        {
            self.cursor.held = self.cursor.held.max(located.head.seq);
            if let Some(fresh) = &self.fresh
                && fresh.seq == located.head.seq
            {
                return Some(Arc::clone(fresh));
            }
            match self.read_record(segment, located) {
                Ok(Some(record)) => {
                    let lost = located.head.samples.saturating_sub(record.samples());
                    if lost > 0 {
                        self.counters.dropped_damaged.fetch_add(lost, Relaxed);
                        self.set_samples(segment, record.samples());
                    }
                    return Some(Arc::new(record));
                }
                Ok(None) => {
                    self.counters.spool_damaged.fetch_add(1, Relaxed);
                    self.counters
                        .dropped_damaged
                        .fetch_add(located.head.samples, Relaxed);
                    self.ack(located.head.seq);
                }
                Err(_) => {
                    // The disk may read again later; what waits behind must not overtake.
                    self.counters.spool_read_errors.fetch_add(1, Relaxed);
                    return None;
                }
            }
        }
        let record = self.waiting.front().map(|(record, _)| Arc::clone(record))?;
        self.cursor.held = self.cursor.held.max(record.seq);
        Some(record)
    }

    fn set_samples(&mut self, segment: u64, samples: u64) {
        let Some(segment) = self.segments.iter_mut().find(|found| found.id == segment) else {
            return;
        };
        if let Some(located) = segment.records.front_mut() {
            segment.samples = segment.samples - located.head.samples + samples;
            located.head.samples = samples;
        }
    }

    fn read_record(&mut self, segment: u64, located: Located) -> io::Result<Option<Record>> {
        let mut place = match self.cursor.place.take() {
            Some(place) if place.segment == segment && place.at < located.end => place,
            Some(_) | None => Place {
                segment,
                at: 0,
                dictionary: Dictionary::default(),
            },
        };
        let bytes = self.store.read(segment, place.at, located.end)?;
        let mut found = None;
        let mut at = 0;
        loop {
            match piece_at(&bytes, at) {
                Piece::Frame { payload, next } => {
                    if let Payload::Record(head, body) = place.dictionary.read(payload)
                        && head.seq == located.head.seq
                    {
                        found = place.dictionary.decode(head, body);
                    }
                    at = next;
                }
                Piece::Damaged { next } => at = next,
                Piece::Torn | Piece::End => break,
            }
        }
        place.at = located.end;
        self.cursor.place = Some(place);
        Ok(found)
    }

    /// A part of the record in the sender's hands is done.
    pub(crate) fn settle(&mut self, samples: u64) {
        self.cursor.settled += samples;
        self.publish();
    }

    /// Everything up to `seq` is done.
    pub(crate) fn ack(&mut self, seq: u64) {
        self.cursor.settled = 0;
        self.cursor.acked = self.cursor.acked.max(seq);
        self.cursor.held = self.cursor.held.max(seq);
        self.drop_done();
        self.save_cursor();
        self.publish();
    }

    pub(super) fn drop_done(&mut self) {
        let acked = self.cursor.acked;
        self.fresh.take_if(|fresh| fresh.seq <= acked);
        for segment in &mut self.segments {
            while segment
                .records
                .front()
                .is_some_and(|located| located.head.seq <= acked)
            {
                segment.pop();
            }
        }
        while self
            .waiting
            .front()
            .is_some_and(|(record, _)| record.seq <= acked)
        {
            self.waiting.pop_front();
        }
        // The newest one is kept while it is written to, so that it need not name its series again.
        let keep = usize::from(self.writing.is_some());
        while self.segments.len() > keep
            && self
                .segments
                .front()
                .is_some_and(|segment| segment.records.is_empty())
        {
            let Some(done) = self.segments.pop_front() else {
                break;
            };
            if self.store.remove(done.id).is_err() {
                self.counters.spool_write_errors.fetch_add(1, Relaxed);
            }
        }
    }
}
