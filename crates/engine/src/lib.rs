//! Brings plan, scripts, clients and metrics to life on cores: one event loop per core, VUs pinned to it.
//!
//! * `engine` starts the threads; `lifecycle` is the run's one state machine, on a thread of its own with the `collector`.
//! * `core` is one event loop; `driver` runs a scenario on it by what the time line says is due; `pacer` is its timer.
//! * `vu` is one VU's task; `ops` turns what its script asks for into futures; `record` turns exchanges into samples.
//! * `control` is how the engine is steered and watched from above.

mod cohort;
mod collector;
mod control;
mod core;
mod driver;
mod engine;
mod health;
mod host;
mod huge_pages;
mod latency;
mod lifecycle;
mod log_budget;
mod ops;
mod pacer;
mod part;
mod pool;
mod record;
mod settings;
mod shared;
mod summary;
mod trace;
mod url_templates;
mod vu;

pub use control::{
    Command, EngineHandle, Failure, Hook, HookCall, Outcome, Phase, ScenarioPhase, ScenarioStatus,
    Status, StopReason,
};
pub use engine::{Engine, EngineError};
pub use huge_pages::forbid_huge_pages;
pub use settings::{BatchLimits, EngineSettings, HookSettings, Restored, RunStart, TickHook};
pub use summary::handle_summary;
pub use trace::Tracing;
pub use url_templates::{UrlTemplateError, UrlTemplates};
