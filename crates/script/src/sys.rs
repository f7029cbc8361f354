//! The only `unsafe` code of the house: stacks, switches between them, and raw calls of the script engine.
//!
//! Everything that leaves this folder is safe to use. Each block names the rule of the engine (docs/decisions/004) that it
//! keeps; the rules themselves:
//!
//! 1. the stack limit belongs to the stack on which the runtime is made, run and dropped;
//! 2. one runtime per VU;
//! 3. no `parallel` feature, VUs never change threads;
//! 4. between resume and return any JavaScript may run (a consequence of rule 2);
//! 5. a suspended coroutine is never dropped: it is resumed with a cancel and unwinds by an uncatchable error;
//! 6. nothing is borrowed over a suspension;
//! 7. the interrupt handler needs no help from its own thread;
//! 8. host functions never let a panic into the engine;
//! 9. promises are drained and looked at inside the coroutine;
//! 10. every stack has a guard page.
#![allow(unsafe_code, reason = "this folder is where unsafe code lives")]

pub(crate) mod binary;
pub(crate) mod deep;
pub(crate) mod host_object;
pub(crate) mod json;
pub(crate) mod memory;
pub(crate) mod native;
pub(crate) mod qjs;
pub(crate) mod script;
pub(crate) mod slab;
pub(crate) mod stack;
pub(crate) mod switch;
pub(crate) mod text;
