//! Response callbacks: which statuses count as expected.

use rquickjs::{Object, Result, Value};

use crate::{
    Expected,
    modules::{throw, undefined},
    state::State,
    sys::{
        native::{self, NativeClass},
        qjs::Args,
    },
};

/// Result of `http.expectedStatuses`.
pub(super) struct Callback(Expected);

impl NativeClass for Callback {
    const NAME: &'static str = "ExpectedStatuses";

    fn fill_prototype(_prototype: &Object<'_>) -> Result<()> {
        Ok(())
    }
}

/// What a `responseCallback` value means; `None` where it is no callback.
pub(super) fn expected_of(value: &Value<'_>) -> Option<Expected> {
    if value.is_null() {
        return Some(Expected::Off);
    }
    native::with(value, |callback: &Callback| callback.0.clone())
}

pub(super) fn expected_statuses<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let mut ranges = Vec::with_capacity(args.len());
    for index in 0..args.len() {
        let range = range_of(&args.get(index)).ok_or_else(|| {
            throw(
                ctx,
                "expectedStatuses() takes status codes and objects { min, max } of status codes",
            )
        })?;
        ranges.push(range);
    }
    if ranges.is_empty() {
        return Err(throw(ctx, "expectedStatuses() needs at least one status"));
    }
    native::instance(ctx, Callback(Expected::Statuses(ranges.into()))).map(Object::into_value)
}

fn range_of(value: &Value<'_>) -> Option<(u16, u16)> {
    if let Some(status) = status_of(value) {
        return Some((status, status));
    }
    let object = value.as_object()?;
    let bound = |name| {
        object
            .get::<_, Value>(name)
            .ok()
            .as_ref()
            .and_then(status_of)
    };
    Some((bound("min")?, bound("max")?))
}

fn status_of(value: &Value<'_>) -> Option<u16> {
    let number = value.as_number()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked in the same line"
    )]
    (number.fract() == 0.0 && (0.0..=65535.0).contains(&number)).then_some(number as u16)
}

pub(super) fn set_response_callback<'js>(
    state: &State,
    args: &Args<'_, 'js>,
) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let expected = expected_of(&args.get(0)).ok_or_else(|| {
        throw(
            ctx,
            "setResponseCallback() takes the result of http.expectedStatuses() or null",
        )
    })?;
    let old = state.http.expected.replace(expected);
    drop(old);
    Ok(undefined(ctx))
}
