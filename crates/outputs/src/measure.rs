//! A door for this crate's benches, not a part of its face: one push on the sender's thread, without the socket, and one
//! tick of the checkpoint, without the disk.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use loadd_metrics::Snapshot;

use crate::{
    batch::{Batch, MAX_SERIES},
    checkpoint::{Checkpoint, RunKey, RunState, write_tick},
    codec::Codec,
    counters::PipelineCounters,
    output::RunIdentity,
    push::Pusher,
    remote_write::{classic::Bounds, encode::RemoteWriteCodec},
    settings::{HistogramMode, MEMORY_SPOOL_BYTES, ProtocolVersion},
    spool::{Limits, Log, record::Run, store::MemoryStore},
};

/// Everything between a snapshot and the bytes of its requests.
#[derive(Debug)]
pub struct Push {
    pusher: Pusher,
    log: Log,
    codec: RemoteWriteCodec,
}

/// What a push came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Requests.
    pub requests: usize,
    /// Time series in them.
    pub series: usize,
    /// Bytes before compression.
    pub plain_bytes: usize,
    /// Bytes on the wire.
    pub wire_bytes: usize,
}

impl Push {
    /// With the spool in memory, for snapshots from this instant on; each of them is pushed.
    ///
    /// # Errors
    /// None in memory.
    pub fn new(identity: &RunIdentity) -> io::Result<Push> {
        let run = Arc::new(Run {
            start_ms: identity.start_ms,
            since_ms: identity.since_ms,
            labels: identity.wire_labels(),
        });
        let log = Log::open(
            Box::new(MemoryStore::default()),
            // Nothing is thinned, however long one push is.
            Limits::of(16 * MEMORY_SPOOL_BYTES),
            "bench",
            Arc::new(PipelineCounters::default()),
        )?;
        Ok(Push {
            pusher: Pusher::new(run, 1, identity.joined_ms, 0),
            log,
            codec: RemoteWriteCodec::new(
                "k6_",
                HistogramMode::Native,
                Bounds::default(),
                ProtocolVersion::V1,
                &[],
            ),
        })
    }

    /// Snapshot to compressed bytes, as if each request had been accepted.
    pub fn push(&mut self, snapshot: &Snapshot) -> Cost {
        for record in self.pusher.take(snapshot).records {
            self.log.append(record);
        }
        let mut cost = Cost::default();
        while let Some(record) = self.log.next() {
            let codec = &mut self.codec;
            for batch in Batch::cut(&record, MAX_SERIES, |points| codec.weigh(points)) {
                cost.requests += 1;
                cost.series += batch.series();
                let encoded = codec.encode(batch.points());
                cost.wire_bytes += encoded.bytes.len();
                cost.plain_bytes += codec.plain_bytes();
            }
            self.log.ack(record.seq);
        }
        cost
    }
}

/// Bytes that the checkpoint appends for what has changed since a version.
#[must_use]
pub fn checkpoint(snapshot: &Snapshot, since: u64) -> usize {
    let head = Checkpoint {
        run: RunKey {
            test_id: "bench".to_owned(),
            instance: "worker-1".to_owned(),
            start_ms: snapshot.time_ms,
            fingerprint: 1,
        },
        state: RunState::Running,
        time_ms: snapshot.time_ms,
        elapsed: Duration::ZERO,
        counts: Vec::new(),
        keep: BTreeMap::new(),
    };
    let mut bytes = Vec::new();
    write_tick(&mut bytes, &head, snapshot.save_series(since));
    bytes.len()
}
