//! The process as a service: signals, readiness, watchdog.

pub(crate) mod notify;
pub(crate) mod signals;
