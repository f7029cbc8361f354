//! `k6/timers`: the global timer functions as exports.

use rquickjs::{Ctx, Object, Result, Value};

use super::BuiltinModule;
use crate::state::State;

/// The module.
pub(crate) struct Timers;

impl BuiltinModule for Timers {
    const EXPORTS: &'static [&'static str] =
        &["setTimeout", "clearTimeout", "setInterval", "clearInterval"];

    fn build<'js>(ctx: &Ctx<'js>, _state: &State) -> Result<Object<'js>> {
        let module = Object::new(ctx.clone())?;
        let globals = ctx.globals();
        for name in Self::EXPORTS {
            module.set(*name, globals.get::<_, Value>(*name)?)?;
        }
        Ok(module)
    }
}
