//! JavaScript: from files to a VU that can be called, suspended and cancelled.
//!
//! A [`Bundle`] is compiled once; each VU is a [`ScriptVu`]: one coroutine with its own engine runtime. It waits for the
//! world by [`Op`]s and asks its host by [`Host`]. Only this room knows the JavaScript engine, and `sys` is the only place
//! of the house with `unsafe` code.

mod bundle;
mod events;
mod exception;
mod fetch;
mod globals;
mod heap;
mod host;
mod json;
mod limits;
mod loader;
mod modules;
mod ops;
mod secrets;
mod state;
mod sys;
mod vu;

pub use bundle::{
    Bundle, Limits, LoadSettings, MetricDeclaration, RemoteModules, ScriptError, ScriptFiles,
    Source,
};
pub use host::{ConsoleLevel, Execution, Host, InstanceFacts, ScenarioFacts, Tag, VuFacts};
pub use json::summary_files;
pub use ops::{Answered, Completion, Computation, Computed, Expected, HttpCall, Op, OpId};
pub use secrets::{SecretError, SecretSources, redact_secrets};
pub use vu::{Call, HttpDefaults, Input, ScriptFailure, ScriptVu, Step, VuSettings};
