//! The spool: one bounded log of [`record::Record`]s between the snapshots and the wire. Every push goes through it, on
//! good days too; without a folder the same log lies in memory.

pub(crate) mod frame;
pub(crate) mod log;
pub(crate) mod record;
pub(crate) mod store;
pub(crate) mod thin;
pub(crate) mod wire;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use log::{Limits, Log};
