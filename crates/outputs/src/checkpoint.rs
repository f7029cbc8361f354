//! The checkpoint: which run this worker is in, what it has counted, and whether the run is finished. Written every tick on
//! a thread of its own, read back before the first VU starts. It survives the process (kill -9), not the machine: nothing
//! is synced.

mod decide;
mod folder;
mod format;
mod writer;

#[cfg(test)]
mod tests;

pub use decide::{Decision, StartWish};
pub use folder::{OpenError, RunFolder};
pub use format::{Checkpoint, Ending, RunKey, RunState};
pub use writer::{CheckpointWriter, Keep};

pub(crate) use format::write_tick;

#[cfg(test)]
pub(crate) use format::read;
