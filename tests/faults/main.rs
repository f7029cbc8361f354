//! The fault suite: receivers, disks and processes on their bad days, each through the real binary. After each of them the
//! totals that were accepted equal the target's own count (up to what the contract allows for a kill), nothing is out of
//! order, nothing comes twice, recorded = sent + failed + dropped + pending, and every loss stands in a `loadd_*` metric.

#![expect(
    clippy::print_stderr,
    reason = "the suite says which lane failed, and what it could not do on this machine"
)]

mod disk;
mod judge;
mod kills;
mod lane;
mod receivers;
