//! `k6`: check, group, sleep, fail, randomSeed.

use std::time::{Duration, Instant};

use rquickjs::{Ctx, Function, Object, Result, Value};

use super::{
    BuiltinModule, is_async, method, not_in_init, read_tags, throw, throw_type, to_text, undefined,
};
use crate::{
    Op,
    state::State,
    sys::qjs::{self, Args},
};

/// The module.
pub(crate) struct K6;

impl BuiltinModule for K6 {
    const EXPORTS: &'static [&'static str] = &["check", "group", "sleep", "fail", "randomSeed"];

    fn build<'js>(ctx: &Ctx<'js>, _state: &State) -> Result<Object<'js>> {
        let module = Object::new(ctx.clone())?;
        method(&module, "check", 3, check)?;
        method(&module, "group", 2, group)?;
        method(&module, "sleep", 1, sleep)?;
        method(&module, "fail", 1, fail)?;
        method(&module, "randomSeed", 1, random_seed)?;
        Ok(module)
    }
}

fn check<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    not_in_init(ctx, state, "check()")?;
    let value = args.get(0);
    let sets = args.get(1);
    let Some(sets) = sets.as_object() else {
        return Err(throw_type(
            ctx,
            "check() needs an object of checks as its second argument",
        ));
    };
    let tags = read_tags(args, 2)?;
    let mut all_passed = true;
    for entry in sets.props::<String, Value>() {
        let (name, wanted) = entry?;
        if name.contains("::") {
            return Err(throw(
                ctx,
                &format!("the name of a check must not contain '::': {name}"),
            ));
        }
        let passed = match wanted.as_function() {
            Some(predicate) => match predicate.call::<_, Value>((value.clone(),)) {
                Ok(result) => {
                    // An async predicate would pass whatever it found: its promise is truthy.
                    if result.is_promise() && is_async(predicate) {
                        return Err(throw(
                            ctx,
                            &format!(
                                "the check '{name}' is an async function, whose result cannot be checked"
                            ),
                        ));
                    }
                    qjs::is_truthy(&result)
                }
                Err(error) => {
                    if !state.is_ending() {
                        state.host.check(&name, false, &tags);
                    }
                    return Err(error);
                }
            },
            None => qjs::is_truthy(&wanted),
        };
        state.host.check(&name, passed, &tags);
        all_passed &= passed;
    }
    Ok(Value::new_bool(ctx.clone(), all_passed))
}

fn group<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    not_in_init(ctx, state, "group()")?;
    let name = to_text(&args.get(0))?;
    if name.contains("::") {
        return Err(throw(
            ctx,
            &format!("the name of a group must not contain '::': {name}"),
        ));
    }
    let function = args.get(1);
    let Some(function) = function.as_function() else {
        return Err(throw_type(
            ctx,
            "group() needs a function as its second argument",
        ));
    };
    if is_async(function) {
        return Err(throw(
            ctx,
            "group() cannot run an async function: it would end before the function has",
        ));
    }
    // Absent where the system tag `group` is off.
    let outer = state.host.tag("group");
    if let Some(outer) = &outer {
        state.host.set_tag("group", &format!("{outer}::{name}"));
    }
    let began = Instant::now();
    let result = run_group(function);
    if !state.is_ending() {
        state.host.group_ended(began.elapsed());
    }
    if let Some(outer) = &outer {
        state.host.set_tag("group", outer);
    }
    result
}

/// Kept out of [`group`]: its frame lies on the stack once for each level of nested groups.
#[inline(never)]
fn run_group<'js>(function: &Function<'js>) -> Result<Value<'js>> {
    function.call(())
}

fn sleep<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    if args.is_nullish(0) {
        return Ok(undefined(ctx));
    }
    let seconds = qjs::to_number(&args.get(0))?;
    if seconds > 0.0 {
        let duration = Duration::try_from_secs_f64(seconds)
            .unwrap_or(Duration::from_secs(u64::from(u32::MAX)));
        state.wait(ctx, Op::Sleep(duration))?;
    }
    Ok(undefined(ctx))
}

fn fail<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let message = if args.is_nullish(0) {
        String::new()
    } else {
        to_text(&args.get(0))?
    };
    Err(throw(args.ctx(), &message))
}

fn random_seed<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let seed = qjs::to_number(&args.get(0))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "any number seeds; only sameness matters"
    )]
    state.random.set(seed as i64 as u64);
    Ok(undefined(args.ctx()))
}
