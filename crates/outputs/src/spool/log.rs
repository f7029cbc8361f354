//! The log: records in, records out in order, whatever the disk does.
//!
//! Limits: `max_bytes` over all segments (then the two oldest are thinned into one); a segment is closed at
//! `segment_bytes`; what the disk refuses waits in memory up to `queue_bytes`. A write error closes the segment and is
//! tried again with the next record. Opening cuts torn tails and steps over damaged frames; both are counted.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use hashbrown::HashSet;

use super::{
    frame::{Piece, piece_at, write_frame},
    record::{Dictionary, Head, Numbers, Payload, Record, SeriesDef, encode},
    store::Store,
    thin::thin,
    wire::{Take, put_i64, put_u64},
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
    waiting: VecDeque<(Record, u64)>,
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

    fn load_cursor(&mut self) -> io::Result<()> {
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

    fn save_cursor(&mut self) {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, |out| {
            put_u64(out, self.cursor.acked);
            put_i64(out, self.newest_ms);
        });
        if self.store.save(&self.cursor_name, &bytes).is_err() {
            self.counters.spool_write_errors.fetch_add(1, Relaxed);
        }
    }

    fn scan(&mut self, id: u64) -> io::Result<()> {
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

    /// Takes a record and gives it its place in the order.
    pub(crate) fn append(&mut self, mut record: Record) {
        record.seq = self.next_seq;
        self.next_seq += 1;
        self.newest_ms = self.newest_ms.max(record.newest_ms());
        self.counters.recorded.fetch_add(record.samples(), Relaxed);
        let mut scratch = Vec::new();
        encode(&record, &mut Numbers::default(), &mut scratch);
        self.waiting.push_back((record, scratch.len() as u64));
        self.write_waiting();
        self.bound_queue();
        self.publish();
    }

    /// Tries to bring what waits in memory to the store.
    fn write_waiting(&mut self) {
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
            let mut bytes = Vec::new();
            encode(record, numbers, &mut bytes);
            let head = record.head();
            if self.store.append(segment.id, &bytes).is_err() {
                self.counters.spool_write_errors.fetch_add(1, Relaxed);
                self.close_torn_segment();
                return;
            }
            segment.bytes += bytes.len() as u64;
            segment.push(head, segment.bytes);
            self.waiting.pop_front();
            self.bound_store();
        }
    }

    /// After a failed write: the end is cut off if the disk lets us, and read as a torn tail if not.
    fn close_torn_segment(&mut self) {
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

    fn bound_queue(&mut self) {
        while self.waiting.iter().map(|(_, size)| size).sum::<u64>() > self.limits.queue_bytes {
            let records: Vec<Record> = self.waiting.drain(..).map(|(record, _)| record).collect();
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
            let mut scratch = Vec::new();
            encode(&record, &mut Numbers::default(), &mut scratch);
            self.waiting.push_back((record, scratch.len() as u64));
        }
    }

    fn bound_store(&mut self) {
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
        let mut known: HashSet<Arc<SeriesDef>> = HashSet::new();
        for record in records {
            let mut record = record.clone();
            for point in &mut record.points {
                point.series = Arc::clone(known.get_or_insert_with(&point.series, Arc::clone));
            }
            encode(&record, &mut numbers, &mut bytes);
            let head = record.head();
            merged.push(head, bytes.len() as u64);
        }
        self.store.replace(id, &bytes)?;
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

    /// The oldest record that is not done, for the sender to work on; it stays until [`Log::ack`].
    pub(crate) fn next(&mut self) -> Option<Record> {
        while let Some((segment, located)) = self
            .segments
            .iter()
            .find_map(|segment| Some(((segment.id), *segment.records.front()?)))
        {
            self.cursor.held = self.cursor.held.max(located.head.seq);
            match self.read_record(segment, located) {
                Ok(Some(record)) => {
                    let lost = located.head.samples.saturating_sub(record.samples());
                    if lost > 0 {
                        self.counters.dropped_damaged.fetch_add(lost, Relaxed);
                        self.set_samples(segment, record.samples());
                    }
                    return Some(record);
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
        let record = self.waiting.front().map(|(record, _)| record.clone())?;
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

    fn drop_done(&mut self) {
        let acked = self.cursor.acked;
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

    fn publish(&self) {
        self.counters.pending.store(self.pending_samples(), Relaxed);
        self.counters.spool_bytes.store(self.bytes(), Relaxed);
        self.counters
            .spool_limit_bytes
            .store(self.limits.max_bytes, Relaxed);
    }
}
