//! `setTimeout` and its kin.

use std::time::Duration;

use rquickjs::{Object, Result, Value};

use crate::{
    events::Repeats,
    modules::{method, throw_type, undefined},
    state::State,
    sys::qjs::{self, Args},
};

pub(super) fn install(globals: &Object<'_>) -> Result<()> {
    method(globals, "setTimeout", 2, |state, args| {
        start(state, args, Repeats::No)
    })?;
    method(globals, "setInterval", 2, |state, args| {
        start(state, args, Repeats::Yes)
    })?;
    method(globals, "clearTimeout", 1, stop)?;
    method(globals, "clearInterval", 1, stop)
}

fn start<'js>(state: &State, args: &Args<'_, 'js>, repeats: Repeats) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let callback = args.get(0);
    let Some(callback) = callback.into_function() else {
        return Err(throw_type(ctx, "a timer needs a function"));
    };
    let delay = if args.is_nullish(1) {
        0.0
    } else {
        qjs::to_number(&args.get(1))?
    };
    // NaN and negative delays are 0, as everywhere; an interval of 0 would never let anything else run.
    let least = if repeats == Repeats::Yes { 1.0 } else { 0.0 };
    let delay = Duration::try_from_secs_f64(delay.max(least) / 1e3)
        .unwrap_or(Duration::from_secs(u64::from(u32::MAX)));
    let arguments = (2..args.len()).map(|index| args.get(index)).collect();
    let id = state
        .events
        .start_timer(ctx, callback, arguments, delay, repeats);
    Ok(Value::new_number(ctx.clone(), f64::from(id)))
}

fn stop<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    if !args.is_nullish(0) {
        let id = qjs::to_number(&args.get(0))?;
        if id.fract() == 0.0 && id >= 0.0 && id <= f64::from(u32::MAX) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked one line above"
            )]
            state.events.stop_timer(id as u32);
        }
    }
    Ok(undefined(args.ctx()))
}
