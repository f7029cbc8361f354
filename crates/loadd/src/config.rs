//! The way of a config: file, script, environment and flags as layers, laid over each other, then resolved into settings that
//! cannot be wrong. `run`, `check` and the daemon all take this way.

mod archive;
mod bytes;
mod file;
mod forms;
mod inspect;
mod k6;
mod keys;
mod layers;
mod load;
mod locate;
mod modules;
pub(crate) mod options;
mod otel;
pub(crate) mod outs;
mod pack;
mod problem;
mod prometheus_rw;
mod remote;
mod resolve;
mod surroundings;
mod test;
mod unsupported;

pub(crate) use self::{
    k6::{FileKind, RunRequest, derived, options_of, requirements, run},
    keys::to_snake as snake,
    load::daemon,
    modules::import_map,
    pack::pack,
    problem::{Origin, Problem, Refusal},
    surroundings::Surroundings,
    test::{Admin, ResolvedTest, SummaryExport, SummaryMode, SummarySettings},
};

/// The JSON Schema of the TOML file.
pub(crate) fn schema() -> serde_json::Value {
    schemars::schema_for!(file::TestFile).to_value()
}

#[cfg(test)]
mod damaged;
#[cfg(test)]
mod tests;
