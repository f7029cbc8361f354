//! The admin server from outside, over its socket, on made-up statuses and snapshots.

mod kit;
mod page;
mod reading;
mod steering;
