//! Opening: what an earlier process left is found, torn tails are cut, damage is stepped over; the cursor is a small file.

use std::{io, sync::atomic::Ordering::Relaxed};

use super::{Log, Segment};
use crate::spool::{
    frame::{Piece, piece_at, write_frame},
    record::{Dictionary, Payload},
    wire::{Take, put_i64, put_u64},
};

impl Log {
    pub(super) fn load_cursor(&mut self) -> io::Result<()> {
        let Some(bytes) = self.store.load(&self.cursor_name)? else {
            return Ok(());
        };
        let Piece::Frame { payload, .. } = piece_at(&bytes, 0) else {
            // Without it everything is sent again, which receivers take as the same samples.
            self.counters.spool_damaged.fetch_add(1, Relaxed);
            return Ok(());
        };
        let mut take = Take(payload);
        if let (Some(acked), Some(newest)) = (take.u64(), take.i64()) {
            self.cursor.acked = acked;
            self.cursor.held = acked;
            self.next_seq = acked.saturating_add(1);
            self.newest_ms = newest;
        }
        Ok(())
    }

    pub(super) fn save_cursor(&mut self) {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, |out| {
            put_u64(out, self.cursor.acked);
            put_i64(out, self.newest_ms);
        });
        if self.store.save(&self.cursor_name, &bytes).is_err() {
            self.counters.spool_write_errors.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn scan(&mut self, id: u64) -> io::Result<()> {
        let bytes = self.store.read(id, 0, u64::MAX)?;
        let mut segment = Segment::new(id);
        let mut dictionary = Dictionary::default();
        let mut at = 0;
        loop {
            match piece_at(&bytes, at) {
                Piece::Frame { payload, next } => {
                    match dictionary.read(payload) {
                        Payload::Record(head, _)
                            if head.seq >= self.next_seq || head.seq <= self.cursor.acked =>
                        {
                            self.next_seq = self.next_seq.max(head.seq.saturating_add(1));
                            self.newest_ms = self.newest_ms.max(head.newest_ms);
                            if head.seq > self.cursor.acked {
                                segment.push(head, next as u64);
                            }
                        }
                        // A thinning that a kill cut in two leaves a record both in the new and in the old segment.
                        Payload::Record(..) | Payload::Definition => {}
                        Payload::Nonsense => {
                            self.counters.spool_damaged.fetch_add(1, Relaxed);
                        }
                    }
                    at = next;
                }
                Piece::Damaged { next } => {
                    self.counters.spool_damaged.fetch_add(1, Relaxed);
                    at = next;
                }
                Piece::Torn => {
                    self.counters.spool_truncations.fetch_add(1, Relaxed);
                    self.store.truncate(id, at as u64)?;
                    break;
                }
                Piece::End => break,
            }
        }
        segment.bytes = at as u64;
        self.segments.push_back(segment);
        Ok(())
    }
}
