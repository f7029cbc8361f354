//! Snapshots to the world: spool, checkpoint, remote write.
//!
//! The way of a snapshot here: `push` makes a neutral, dated record of it at each interval; the `spool`, a bounded
//! checksummed log on disk or in memory, holds the record until the sender's cursor has passed it; `remote_write` encodes
//! and posts it, `endpoint` says what came back and what that means. Beside it the [`CheckpointWriter`] keeps what was
//! counted, so that a killed worker goes on. Nothing here is waited for by the load: every output has threads of its own.

mod batch;
mod checkpoint;
mod clock;
mod codec;
mod counters;
mod delivery;
mod endpoint;
mod error;
mod file;
mod flush;
#[doc(hidden)]
pub mod measure;
mod otlp;
mod output;
mod push;
mod remote_write;
mod settings;
mod spool;
mod traces;

pub use checkpoint::{
    Checkpoint, CheckpointWriter, Decision, Ending, Keep, OpenError, RunFolder, RunKey, RunState,
    StartWish,
};
pub use counters::PipelineCounters;
pub use delivery::{Delivery, DeliveryHandle};
pub use error::Error;
pub use file::{
    MetricFacts, SampleFacts, SampleFiles, SampleFormat, SampleOutput, SampleReport, SampleTarget,
    TimeFormat,
};
pub use flush::{Leftover, flush};
pub use otlp::otlp;
pub use output::{FlushReport, Output, RunIdentity};
pub use remote_write::{remote_write, v1, v2};
pub use settings::{
    BasicAuth, Compression, DISK_SPOOL_BYTES, HistogramMode, MEMORY_SPOOL_BYTES, OtlpNames,
    OtlpProtocol, OtlpSettings, ProtocolVersion, RemoteWriteSettings, SettingFault, TlsSettings,
    TracesSettings,
};
pub use traces::{TraceCounters, TraceReport, Traces};

// The kit in `tests/` speaks of this crate by its name, in unit tests too.
#[cfg(test)]
extern crate self as loadd_outputs;
