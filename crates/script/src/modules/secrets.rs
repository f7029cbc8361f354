//! `k6/secrets`: secrets by name, from the sources that the command line has named.

use rquickjs::{Ctx, Error, Object, Result, Value};

use super::{BuiltinModule, method, text, throw, throw_type, to_text};
use crate::{
    Completion, Computation, Op,
    secrets::{LookUp, SecretError},
    state::State,
    sys::{
        native::{self, NativeClass},
        qjs::Args,
    },
};

/// The module.
pub(crate) struct Secrets;

impl BuiltinModule for Secrets {
    // Only the default export has them.
    const EXPORTS: &'static [&'static str] = &[];

    fn build<'js>(ctx: &Ctx<'js>, _state: &State) -> Result<Object<'js>> {
        let module = Object::new(ctx.clone())?;
        method(&module, "get", 1, |state, args| get(state, args, None))?;
        method(&module, "source", 1, |state, args| {
            let name = to_text(&args.get(0))?;
            state
                .shared
                .secrets
                .check(Some(&name))
                .map_err(|error| throw(args.ctx(), &error.to_string()))?;
            native::instance(args.ctx(), Source(name)).map(Object::into_value)
        })?;
        Ok(module)
    }
}

/// What `secrets.source(name)` gives.
struct Source(String);

impl NativeClass for Source {
    const NAME: &'static str = "SecretSource";

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        method(prototype, "get", 1, |state, args| {
            let name = native::with(&args.this(), |source: &Source| source.0.clone())
                .ok_or_else(|| throw_type(args.ctx(), "this is not a secret source"))?;
            get(state, args, Some(&name))
        })
    }
}

/// A promise of the secret.
fn get<'js>(state: &State, args: &Args<'_, 'js>, source: Option<&str>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let key = to_text(&args.get(0))?;
    let found = match state.shared.secrets.look_up(source, &key) {
        Ok(LookUp::Fetch(fetch)) => {
            let op = Op::Compute(Computation::waiting(fetch));
            return state.events.start_operation(ctx, state, op, finish);
        }
        Ok(LookUp::Found(value)) => Ok(value),
        Err(error) => Err(error),
    };
    let (promise, resolve, reject) = ctx.promise()?;
    match found {
        Ok(value) => resolve.call::<_, ()>((text(ctx, &value)?,))?,
        Err(error) => {
            let Error::Exception = throw(ctx, &error.to_string()) else {
                return Err(Error::Unknown);
            };
            reject.call::<_, ()>((ctx.catch(),))?;
        }
    }
    Ok(promise.into_value())
}

fn finish<'js>(ctx: &Ctx<'js>, _state: &State, completion: Completion) -> Result<Value<'js>> {
    let fetched = match completion {
        Completion::Computed(result) => result.take::<std::result::Result<String, SecretError>>(),
        Completion::Done
        | Completion::Http(_)
        | Completion::Batch(_)
        | Completion::Finished(..) => None,
    };
    match fetched {
        Some(Ok(value)) => text(ctx, &value),
        Some(Err(error)) => Err(throw(ctx, &error.to_string())),
        None => Err(throw(ctx, "the secret could not be fetched")),
    }
}
