//! CommonJS: files as functions of `module` and `exports`, `require`, and such files behind `import`.
//!
//! A file runs once in a VU, when an import is evaluated or `require` asks for it, whichever comes first, and never inside the
//! loader's callbacks. To the engine an imported one is a module whose exports are the names that importers ask for: any name
//! is there, and it is undefined where the file does not export it. Only who takes a namespace must know all names; the first
//! load learns them by running the file, and begins anew (see `bundle/units.rs`).

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rquickjs::{
    Ctx, Function, Module, Object, Persistent, Result, Value,
    function::This,
    module::{Declarations, Exports, ModuleDef},
    promise::Promise,
};

use super::{graph::Closure, parse::Kind};
use crate::{
    bundle::Mode,
    modules::{self, method, only_in_init, throw, throw_type, to_text, undefined},
    state::{Ending, State},
    sys::{
        qjs::{self, Args},
        text::with_str,
    },
};

/// Base name of the modules that `require` makes to reach other modules. No file has it: names of files are not addresses.
pub(super) const REQUIRE_BASE: &str = "loadd://require";

const DEFAULT: &str = "{ default as it }";
const NAMESPACE: &str = "* as it";

/// Deeper than init code calls.
const FRAMES: isize = 512;
/// So many frames without a file in a row mean that there are no more.
const GAP: usize = 32;

/// What a VU knows of its CommonJS files while init runs.
#[derive(Default)]
pub(crate) struct CommonJs {
    /// Name -> its `module` object.
    modules: RefCell<BTreeMap<String, Persistent<Object<'static>>>>,
    running: RefCell<Vec<Running>>,
    /// Graphs of ES modules that are being evaluated, one within the other.
    evaluating: Cell<u32>,
}

/// A file or a required module that is being run.
struct Running {
    name: String,
    /// Frames of files on the stack before it began.
    frames_below: usize,
}

impl CommonJs {
    /// Forgets all: `require` is over. Must run before the context is freed.
    pub(crate) fn clear(&self) {
        let modules = std::mem::take(&mut *self.modules.borrow_mut());
        drop(modules);
    }

    /// Runs `evaluate`, during which ES modules may be half-evaluated.
    pub(crate) fn while_evaluating<R>(&self, evaluate: impl FnOnce() -> R) -> R {
        self.evaluating.set(self.evaluating.get() + 1);
        let result = evaluate();
        self.evaluating.set(self.evaluating.get() - 1);
        result
    }

    fn module<'js>(&self, ctx: &Ctx<'js>, name: &str) -> Result<Option<Object<'js>>> {
        let known = self.modules.borrow().get(name).cloned();
        known.map(|module| module.restore(ctx)).transpose()
    }

    fn running_names(&self) -> Vec<String> {
        let running = self.running.borrow();
        running.iter().map(|running| running.name.clone()).collect()
    }
}

/// Puts `require` in place, and the getters that tell ES modules why `module` and `exports` are not there.
pub(crate) fn install(ctx: &Ctx<'_>) -> Result<()> {
    let globals = ctx.globals();
    method(&globals, "require", 1, require)?;
    let mixed = qjs::function(ctx, "module", 0, |_, args| {
        Err(throw(
            args.ctx(),
            "module and exports are of CommonJS and do not exist in ES modules: this file mixes ESM and CommonJS",
        ))
    })?
    .into_value();
    for name in ["module", "exports"] {
        qjs::define_accessor(&globals, name, &mixed, None)?;
    }
    Ok(())
}

fn require<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    only_in_init(ctx, state, "require()")?;
    if !args.get(0).is_string() {
        return Err(throw_type(ctx, "require() needs the name of a module"));
    }
    let specifier = to_text(&args.get(0))?;
    let base = frames(ctx, state).into_iter().next();
    let base = base.unwrap_or_else(|| state.shared.main.clone());
    let name = state
        .shared
        .resolve(&base, &specifier)
        .map_err(|message| throw(ctx, &message))?;
    if modules::find(&name).is_some() {
        return through_module(ctx, state, &name, DEFAULT);
    }
    if state.shared.unit(&name).is_none() {
        if state.shared.mode() == Mode::Loaded {
            return Err(throw(
                ctx,
                &format!(
                    "require() of {name}: only modules that were loaded when the test was loaded (__VU == 0) can be required now"
                ),
            ));
        }
        state.shared.prepare(&name).map_err(|fault| {
            let place = fault.place.map_or_else(String::new, |place| {
                format!(" ({}:{}:{})", place.file, place.line, place.column)
            });
            throw(ctx, &format!("{}{place}", fault.message))
        })?;
        if state.shared.units.must_restart() {
            return Err(begin_anew(ctx, state));
        }
    }
    match state.shared.unit(&name).map(|unit| unit.kind) {
        Some(Kind::CommonJs) => exports_of(ctx, state, &name),
        Some(Kind::Module) | None => through_module(ctx, state, &name, NAMESPACE),
    }
}

/// What is wanted of an ES or built-in module, which is evaluated where it is not yet. Top-level `await` is not awaited.
fn through_module<'js>(
    ctx: &Ctx<'js>,
    state: &State,
    name: &str,
    wanted: &str,
) -> Result<Value<'js>> {
    let closure = Closure::of(&state.shared, name);
    if state.commonjs.evaluating.get() > 0 {
        // The engine must not be asked for a module that it is in the middle of evaluating, nor for one that imports it.
        let mut busy = frames(ctx, state);
        busy.extend(state.commonjs.running_names());
        if closure.may_have(&busy) {
            return Err(throw(
                ctx,
                &format!(
                    "require() of {name}: it imports a module that is still being evaluated (a cycle)"
                ),
            ));
        }
    }
    if state.shared.units.may_fail(&closure) {
        return Err(throw(
            ctx,
            &format!("require() of {name}: it, or what it imports, could not be loaded before"),
        ));
    }
    let specifier = serde_json::to_string(name).unwrap_or_default();
    let source = format!("export {wanted} from {specifier}");
    let was_linked = state.linked.replace(false);
    let declared = Module::declare(ctx.clone(), REQUIRE_BASE, source);
    state.linked.set(was_linked);
    let module = match declared {
        Ok(module) => module,
        Err(error) if state.shared.mode() == Mode::Loading => {
            state.shared.units.note_failed(closure.names);
            return Err(error);
        }
        Err(error) => {
            // It was loaded before, so memory has run out half-way.
            drop(error);
            drop(ctx.catch());
            state.end(Ending::Limit(state.heap_limit_text()));
            return Err(qjs::throw_uncatchable(ctx));
        }
    };
    let frames_below = frames(ctx, state).len();
    let (module, promise) = run_as(state, name, frames_below, || {
        state.commonjs.while_evaluating(|| module.eval())
    })?;
    if let Some(Err(error)) = promise.result::<Value>() {
        mark_handled(ctx, &promise)?;
        return Err(error);
    }
    module.namespace()?.get("it")
}

/// The rejection is thrown to whoever called `require`: it is not an unhandled one.
fn mark_handled<'js>(ctx: &Ctx<'js>, promise: &Promise<'js>) -> Result<()> {
    let thrown = ctx.catch();
    let ignore = qjs::function(ctx, "", 0, |_, args| Ok(undefined(args.ctx())))?;
    promise
        .get::<_, Function>("catch")?
        .call::<_, Value>((This(promise.clone()), ignore))?;
    // Pending again, as the caller found it.
    let _ = ctx.throw(thrown);
    Ok(())
}

/// `module.exports` of a file, which is run where it was not yet. Within a cycle: what it has exported so far.
pub(crate) fn exports_of<'js>(ctx: &Ctx<'js>, state: &State, name: &str) -> Result<Value<'js>> {
    if let Some(module) = state.commonjs.module(ctx, name)? {
        return module.get("exports");
    }
    let Some(unit) = state.shared.unit(name) else {
        return Err(throw(ctx, &format!("{name} is not loaded")));
    };
    let function = unit.function(ctx, name)?;
    let module = Object::new(ctx.clone())?;
    let exports = Object::new(ctx.clone())?;
    module.set("exports", exports.clone())?;
    let kept = Persistent::save(ctx, module.clone());
    state
        .commonjs
        .modules
        .borrow_mut()
        .insert(name.to_owned(), kept);
    let frames_below = frames(ctx, state).len();
    let result = run_as(state, name, frames_below, || {
        function.call::<_, Value>((This(exports.clone()), module.clone(), exports.clone()))
    });
    let exported = result.and_then(|_| module.get::<_, Value>("exports"));
    let exported = exported.and_then(|exported| {
        if exported.is_null() || exported.is_undefined() {
            return Err(throw(
                ctx,
                &format!(
                    "{name} exports nothing: its module.exports is {}",
                    exported.type_name()
                ),
            ));
        }
        Ok(exported)
    });
    if exported.is_err() {
        let forgotten = state.commonjs.modules.borrow_mut().remove(name);
        drop(forgotten);
    }
    exported
}

fn run_as<R>(state: &State, name: &str, frames_below: usize, run: impl FnOnce() -> R) -> R {
    state.commonjs.running.borrow_mut().push(Running {
        name: name.to_owned(),
        frames_below,
    });
    let result = run();
    state.commonjs.running.borrow_mut().pop();
    result
}

/// The module being evaluated, by the file at the bottom of what it called.
pub(crate) fn evaluated_module(ctx: &Ctx<'_>, state: &State) -> Option<String> {
    let frames = frames(ctx, state);
    let below = state
        .commonjs
        .running
        .borrow()
        .last()
        .map_or(0, |running| running.frames_below);
    let index = frames.len().checked_sub(below + 1)?;
    frames.into_iter().nth(index)
}

/// The file whose code runs.
pub(crate) fn current_file(ctx: &Ctx<'_>, state: &State) -> Option<String> {
    frames(ctx, state).into_iter().next()
}

/// `import.meta.resolve(specifier)`: the address of a module.
pub(super) fn resolve_address<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let base = frames(ctx, state).into_iter().next();
    let base = base.unwrap_or_else(|| state.shared.main.clone());
    let name = state
        .shared
        .resolve(&base, &to_text(&args.get(0))?)
        .map_err(|message| throw(ctx, &message))?;
    if modules::find(&name).is_some() || super::files::is_url(&name) {
        return modules::text(ctx, &name);
    }
    let path = std::path::absolute(&name).unwrap_or_else(|_| name.into());
    modules::text(ctx, &format!("file://{}", path.display()))
}

/// Files on the stack, the innermost first. Native frames have no file, and what `eval` made has no file of the user.
fn frames(ctx: &Ctx<'_>, state: &State) -> Vec<String> {
    let mut names = Vec::new();
    let mut without = 0;
    for level in 0..FRAMES {
        let name = ctx
            .script_or_module_name(level)
            .and_then(|name| name.to_string().ok())
            .filter(|name| *name == state.shared.main || state.shared.unit(name).is_some());
        match name {
            Some(name) => {
                names.push(name);
                without = 0;
            }
            None if without == GAP => break,
            None => without += 1,
        }
    }
    names
}

/// Ends this first load, to begin another one that knows more names.
fn begin_anew(ctx: &Ctx<'_>, state: &State) -> rquickjs::Error {
    state.end(Ending::Cancelled);
    qjs::throw_uncatchable(ctx)
}

/// The engine's view of an imported CommonJS file.
pub(super) struct Imported;

impl ModuleDef for Imported {
    fn declare(declarations: &Declarations<'_>) -> Result<()> {
        let module = declarations.module();
        let name: String = module.name()?;
        for export in qjs::state(module.ctx()).shared.declared_exports(&name) {
            declarations.declare(export)?;
        }
        Ok(())
    }

    fn evaluate<'js>(ctx: &Ctx<'js>, exports: &Exports<'js>) -> Result<()> {
        let state = qjs::state(ctx);
        // Rule 8: this is called from the engine's own frames.
        catch_unwind(AssertUnwindSafe(|| fill(ctx, state, exports))).unwrap_or_else(|panic| {
            state.end(Ending::Broken(qjs::panic_text(&*panic)));
            Err(qjs::throw_uncatchable(ctx))
        })
    }
}

fn fill<'js>(ctx: &Ctx<'js>, state: &State, exports: &Exports<'js>) -> Result<()> {
    let name: String = exports.module().name()?;
    let exported = exports_of(ctx, state, &name)?;
    let shared = &state.shared;
    if shared.mode() == Mode::Loading && shared.units.wants_keys(&name) {
        shared.units.learn_keys(&name, keys(&exported)?);
        if shared.units.must_restart() {
            return Err(begin_anew(ctx, state));
        }
    }
    let object = exported.as_object();
    for export in shared.units.exports(&name) {
        let own = match object {
            Some(object) if export != "default" || object.contains_key("default")? => {
                object.get::<_, Value>(export.as_str())?
            }
            Some(_) | None if export == "default" => exported.clone(),
            Some(_) | None => undefined(ctx),
        };
        exports.export(export, own)?;
    }
    Ok(())
}

/// Enumerable keys of what a file exports.
fn keys(exported: &Value<'_>) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    if let Some(object) = exported.as_object() {
        for key in object.keys::<rquickjs::String>() {
            keys.push(with_str(&key?, str::to_owned)?);
        }
    }
    // As bytes of a C string they would end early.
    keys.retain(|key| !key.contains('\0'));
    Ok(keys)
}
