//! Module loading as k6 has it: CommonJS beside ES modules, `require`, TypeScript, built-in modules in every form.

#![allow(
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test program: what does not hold fails it"
)]

mod commonjs;
mod folder;
#[path = "../kit/mod.rs"]
mod kit;
mod require;
mod sources;
