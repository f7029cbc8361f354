//! Brings plan, scripts, clients and metrics to life on cores: one event loop per core, VUs pinned to it.

mod control;

pub use control::{Command, EngineHandle, Failure, Outcome, Phase, ScenarioPhase, ScenarioStatus, Status, StopReason};
