//! `open(path [, 'b'])`: a file's contents, in init code only; read once for all VUs.

use rquickjs::{Object, Result, Value};

use crate::{
    loader::commonjs::{current_file, evaluated_module},
    modules::{method, only_in_init, text, throw, to_text},
    state::State,
    sys::{binary, qjs::Args},
};

pub(super) fn install(globals: &Object<'_>) -> Result<()> {
    method(globals, "open", 2, open)
}

fn open<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    only_in_init(ctx, state, "open()")?;
    if args.is_nullish(0) {
        return Err(throw(ctx, "open() needs a file name"));
    }
    let path = to_text(&args.get(0))?;
    let binary = !args.is_nullish(1) && to_text(&args.get(1))? == "b";
    // The module being evaluated: the one at the bottom of the call stack, whoever it called for the opening.
    let base = evaluated_module(ctx, state).unwrap_or_else(|| state.shared.main.clone());
    if current_file(ctx, state).is_some_and(|current| current != base) {
        state.host.warn(
            "open() is relative to the module that is being evaluated",
            &format!("{path} is looked for beside {base}, not beside the file that calls open()"),
        );
    }
    let bytes = state
        .shared
        .open(&base, &path)
        .map_err(|message| throw(ctx, &message))?;
    if binary {
        // A copy: scripts may write into it.
        return binary::array_buffer(ctx, &bytes);
    }
    text(ctx, &String::from_utf8_lossy(&bytes))
}
