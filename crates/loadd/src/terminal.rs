//! What people see: progress, summary, logs, complaints, exit codes. The only place that prints.

pub(crate) mod complaint;
pub(crate) mod exit;
pub(crate) mod logs;
pub(crate) mod progress;
pub(crate) mod screen;
pub(crate) mod summary;
