//! Snapshots to the world: spool, checkpoint, remote write.
//!
//! The way of a snapshot here: `push` makes a neutral, dated record of it at each interval; the `spool`, a bounded
//! checksummed log on disk or in memory, holds the record until the sender's cursor has passed it; `remote_write` encodes
//! and posts it, `endpoint` says what came back and what that means. Beside it the [`CheckpointWriter`] keeps what was
//! counted, so that a killed worker goes on. Nothing here is waited for by the load: every output has threads of its own.

mod checkpoint;
mod clock;
mod counters;
mod endpoint;
mod error;
mod file;
mod labels;
#[doc(hidden)]
pub mod measure;
mod naming;
mod output;
mod push;
mod remote_write;
mod settings;
mod spool;

pub use checkpoint::{
    Checkpoint, CheckpointWriter, Decision, Ending, Keep, OpenError, RunFolder, RunKey, RunState,
    StartWish,
};
pub use counters::PipelineCounters;
pub use error::Error;
pub use file::{
    MetricFacts, SampleFacts, SampleFiles, SampleFormat, SampleOutput, SampleReport, SampleTarget,
    TimeFormat,
};
pub use output::{FlushReport, Output, RunIdentity};
pub use remote_write::{RemoteWrite, RemoteWriteHandle, remote_write, v1};
pub use settings::{
    BasicAuth, DISK_SPOOL_BYTES, HistogramMode, MEMORY_SPOOL_BYTES, ProtocolVersion,
    RemoteWriteSettings, SettingFault, TlsSettings,
};

// The kit in `tests/` speaks of this crate by its name, in unit tests too.
#[cfg(test)]
extern crate self as loadd_outputs;
