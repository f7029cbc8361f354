//! The sender against a receiver in this process that misbehaves by script.

#[path = "../../tests/kit/pipeline.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each user of the kit takes a part of it"
)]
pub(crate) mod pipeline;
#[path = "../../tests/kit/receiver.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each user of the kit takes a part of it"
)]
pub(crate) mod receiver;

mod answers;
mod faults;
mod restart;
mod tls;
mod wire;
