//! The demo service: latency, errors and stalls on demand; the ground truth of all tests. Shares no code with what it judges.
//!
//! [`Target::bind`] takes the port, [`Target::run_in_background`] serves until [`TargetHandle::stop`]. A request is *served*
//! when its whole response, head and body, has been handed to the socket; `/stats` shows that count, exactly, at any time.
//! The paths and parameters stand in [`HELP`], which the service itself gives at `/`.
//!
//! How it is fast: N threads, each with its own current-thread runtime; the first one accepts and deals connections out in
//! turn; each counts in its own plain memory. Whoever wants the counts asks every worker, which answers between two
//! requests: so a response that a client has seen is in the counts that it asks for next.

mod behaviour;
mod body;
mod help;
mod histogram;
mod link;
mod login;
mod metrics;
mod query;
mod random;
mod routes;
mod server;
mod settings;
mod stats;
mod worker;

pub use help::HELP;
pub use server::{Error, Target, TargetHandle};
pub use settings::TargetSettings;
pub use stats::{Bytes, Connections, Quantiles, Stats};
