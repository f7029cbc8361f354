//! JSON at the border of a script: results of `setup` and `handleSummary`, and selectors over response bodies.

use rquickjs::{Ctx, Result, Value};

use crate::{
    modules::throw,
    state::State,
    sys::qjs::{self, Args},
};

pub(crate) mod select;

/// A function's result as JSON text; `None` for undefined.
///
/// # Errors
/// Throws where a function, NaN or an infinity is anywhere inside: k6 fails there too, and silence would lose data.
pub(crate) fn encode_result<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Option<String>> {
    if value.is_undefined() {
        return Ok(None);
    }
    let replacer = qjs::function(ctx, "replacer", 2, refuse)?;
    ctx.json_stringify_replacer(value.clone(), replacer)?
        .map(|text| text.to_string())
        .transpose()
}

fn refuse<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let value = args.get(1);
    if value.is_function() {
        return Err(throw(
            ctx,
            "the returned data holds a function, which cannot be passed on as JSON",
        ));
    }
    if value.as_number().is_some_and(|number| !number.is_finite()) {
        return Err(throw(
            ctx,
            "the returned data holds NaN or an infinity, which cannot be passed on as JSON",
        ));
    }
    if value.is_undefined() {
        return Ok(Value::new_null(ctx.clone()));
    }
    Ok(value)
}
