//! The admin server: live page, health, metrics, k6's REST API, on a thread of its own.
//!
//! [`Admin::bind`] takes the port early, [`Admin::serve`] answers from then on: `/healthz` and a "starting" status before
//! there is an engine, everything once [`Sources::run`] holds a [`Run`]. Reads statuses and snapshots only; what changes
//! state passes [`access`] and travels up as an engine [`loadd_engine::Command`]. No event loop of the engine waits for it.
//!
//! *Invariant:* every list here has a bound: connections, listeners of the stream, points of the past, bodies, heads.

mod access;
mod body;
mod exposition;
mod live;
mod md5;
mod page;
mod rest;
mod routes;
mod server;
mod settings;
mod setup;
mod sources;

pub use server::{Admin, AdminHandle, BindError};
pub use settings::AdminSettings;
pub use sources::{Delivery, Run, Sources, Steering};
