//! The kit that the end-to-end tests are built from: the real binary, real receivers, and a receiver that misbehaves by
//! script. Everything here is blocking, listens on the loopback only, takes its ports from the system, and is ended by
//! its handle. Nothing is skipped: what is missing fails the test with a sentence that says how to get it.

#![expect(
    clippy::print_stderr,
    reason = "the kit explains failed tests where the test runner captures it"
)]

mod background;
pub mod http;
pub mod httpbin;
pub mod loadd;
pub mod messages;
pub mod nginx;
pub mod otlp;
pub mod paths;
pub mod process;
pub mod prometheus;
pub mod promql;
pub mod receiver;
pub mod room;
pub mod target;
pub mod time;
pub mod tls;
pub mod victoria;
pub mod wire;

pub use httpbin::Httpbin;
pub use loadd::{Finished, Loadd};
pub use nginx::Nginx;
pub use prometheus::Prometheus;
pub use promql::{Series, Value};
pub use receiver::{Receiver, Reply};
pub use room::Room;
pub use target::Target;
pub use time::{epoch, rfc3339, wait_for};
pub use tls::Tls;
pub use victoria::Victoria;
pub use wire::Wire;
