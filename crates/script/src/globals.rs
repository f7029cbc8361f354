//! What a script finds without an import: `__ENV`, `__VU`, `console`, `open`, timers, `global`.

use rquickjs::{Ctx, Object, Result, Value};

use crate::{
    bundle::Mode,
    heap::ErrorShapes,
    modules::{method, undefined, webcrypto},
    state::State,
    sys::{
        binary,
        qjs::{self, Args, HostFn},
    },
};

mod console;
mod dates;
mod open;
mod text;
mod timers;

/// Puts the globals in place; before init code, once per VU.
pub(crate) fn install(ctx: &Ctx<'_>, state: &State) -> Result<()> {
    let globals = ctx.globals();
    #[expect(
        clippy::cast_precision_loss,
        reason = "JavaScript has no other numbers"
    )]
    globals.set("__VU", state.settings.number as f64)?;
    if !state.shared.no_global {
        globals.set("global", globals.clone())?;
    }
    reset_env(ctx)?;
    console::install(&globals)?;
    dates::install(&globals)?;
    open::install(&globals)?;
    timers::install(&globals)?;
    lazy(&globals, "crypto", |_, args| {
        keep(args, "crypto", webcrypto::build(args.ctx())?)
    })?;
    lazy(&globals, "TextEncoder", |_, args| {
        keep(args, "TextEncoder", text::encoder(args.ctx())?)
    })?;
    lazy(&globals, "TextDecoder", |_, args| {
        keep(args, "TextDecoder", text::decoder(args.ctx())?)
    })?;
    binary::install(ctx)?;
    *state.error_shapes.borrow_mut() = Some(ErrorShapes::of(ctx)?);
    crate::loader::commonjs::install(ctx)?;
    // The engine makes `Math` and its forty functions when it is first looked at, which this is.
    if state.shared.mode() == Mode::Loaded && !state.shared.units.may_use_math() {
        return Ok(());
    }
    let math: Object = globals.get("Math")?;
    method(&math, "random", 0, |state, args| {
        Ok(Value::new_float(args.ctx().clone(), state.next_random()))
    })
}

/// A global that is made when a script first looks at it: most never do.
fn lazy<F: HostFn>(globals: &Object<'_>, name: &str, make: F) -> Result<()> {
    let ctx = globals.ctx();
    let get = qjs::function(ctx, name, 0, make)?.into_value();
    qjs::define_accessor(globals, name, &get, None)
}

/// Puts what was made in the place of what made it.
fn keep<'js>(args: &Args<'_, 'js>, name: &str, value: Value<'js>) -> Result<Value<'js>> {
    qjs::define_value(&args.ctx().globals(), name, &value)?;
    Ok(value)
}

/// Makes `__ENV` anew at its next use. Most VUs never look at it, and it holds all variables of the system.
pub(crate) fn reset_env(ctx: &Ctx<'_>) -> Result<()> {
    let globals = ctx.globals();
    let get = qjs::function(ctx, "__ENV", 0, make_env)?.into_value();
    let set = qjs::function(ctx, "__ENV", 1, replace_env)?.into_value();
    qjs::define_accessor(&globals, "__ENV", &get, Some(&set))
}

fn make_env<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let env = Object::new(ctx.clone())?;
    for (name, value) in state.settings.env.iter() {
        env.set(name.as_str(), value.as_str())?;
    }
    let overlay = state.env_overlay.borrow().clone();
    for (name, value) in overlay.iter().flat_map(|overlay| overlay.iter()) {
        env.set(name.as_str(), value.as_str())?;
    }
    if state.shared.frozen_env {
        qjs::freeze(&env)?;
    }
    let env = env.into_value();
    qjs::define_value(&ctx.globals(), "__ENV", &env)?;
    Ok(env)
}

fn replace_env<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    qjs::define_value(&args.ctx().globals(), "__ENV", &args.get(0))?;
    Ok(undefined(args.ctx()))
}
