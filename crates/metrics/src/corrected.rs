//! Corrected latency: what users would have waited where the generator, an exhausted pool or a closed loop hid it.
//!
//! * [`OpenLatency`], for arrival rates: starts that were dropped wait in a virtual queue that only the idle time of VUs
//!   drains.
//! * [`LoopLatency`], for looping VUs: the samples that a stalled loop has swallowed (HdrHistogram's correction).
//!
//! Pure: instants are arguments, in nanoseconds on a clock that never steps. Nothing grows with the length of a test.

mod closed;
mod median;
mod open;
#[cfg(test)]
mod tests;

pub use closed::LoopLatency;
pub use open::OpenLatency;
