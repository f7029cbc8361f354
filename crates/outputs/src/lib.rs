//! Snapshots to the world: spool, checkpoint, remote write.
