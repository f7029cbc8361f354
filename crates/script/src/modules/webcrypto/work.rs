//! A piece of work without JavaScript in it, and its way: at once, or on another thread while the script goes on.

use rquickjs::{Ctx, Error, Object, Result, Value};

use super::{
    failure::{Failure, Trouble},
    key::Key,
};
use crate::{
    Completion, Computation, Op,
    state::State,
    sys::{binary, json},
};

/// What comes of an operation.
pub(super) enum Output {
    Bytes(Vec<u8>),
    Truth(bool),
    Key(Key),
    Pair {
        public: Key,
        private: Key,
    },
    /// A JWK.
    Json(String),
}

type Outcome = std::result::Result<Output, Failure>;

/// An operation whose arguments are read.
pub(super) enum Work {
    /// Takes less than a millisecond.
    Short(Box<dyn FnOnce() -> Outcome>),
    /// Would hold up the event loop.
    Long(Box<dyn FnOnce() -> Outcome + Send>),
}

impl Work {
    pub(super) fn short(work: impl FnOnce() -> Outcome + 'static) -> Work {
        Work::Short(Box::new(work))
    }

    pub(super) fn long(work: impl FnOnce() -> Outcome + Send + 'static) -> Work {
        Work::Long(Box::new(work))
    }
}

/// The promise of what comes of `work`; a wrong argument rejects it, as everything does here.
pub(super) fn promise<'js>(
    state: &State,
    ctx: &Ctx<'js>,
    work: std::result::Result<Work, Trouble>,
) -> Result<Value<'js>> {
    let settled = match work {
        Ok(Work::Long(work)) => {
            let computation = Computation::new(work);
            return state
                .events
                .start_operation(ctx, state, Op::Compute(computation), finish);
        }
        Ok(Work::Short(work)) => work()
            .map_err(|failure| failure.throw(ctx))
            .and_then(|output| output.show(ctx)),
        Err(trouble) => Err(trouble.throw(ctx)),
    };
    let (promise, resolve, reject) = ctx.promise()?;
    match settled {
        Ok(value) => resolve.call::<_, ()>((value,))?,
        Err(Error::Exception) if !state.is_ending() => reject.call::<_, ()>((ctx.catch(),))?,
        Err(error) => return Err(error),
    }
    Ok(promise.into_value())
}

fn finish<'js>(ctx: &Ctx<'js>, _state: &State, completion: Completion) -> Result<Value<'js>> {
    let outcome = match completion {
        Completion::Computed(result) => result.take::<Outcome>(),
        Completion::Done
        | Completion::Http(_)
        | Completion::Batch(_)
        | Completion::Finished(..) => None,
    };
    match outcome {
        Some(Ok(output)) => output.show(ctx),
        Some(Err(failure)) => Err(failure.throw(ctx)),
        None => Err(Failure::operation("the computation broke off").throw(ctx)),
    }
}

impl Output {
    fn show<'js>(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        match self {
            Output::Bytes(bytes) => binary::array_buffer(ctx, &bytes),
            Output::Truth(truth) => Ok(Value::new_bool(ctx.clone(), truth)),
            Output::Key(key) => key.show(ctx),
            Output::Pair { public, private } => {
                let pair = Object::new(ctx.clone())?;
                pair.set("privateKey", private.show(ctx)?)?;
                pair.set("publicKey", public.show(ctx)?)?;
                Ok(pair.into_value())
            }
            Output::Json(json) => json::parse(ctx, &json::Text::copy(json.as_bytes())),
        }
    }
}
