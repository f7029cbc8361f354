//! `res.json()`: a body as JSON, whole or what a path selects in it.

use loadd_client::BodyData;
use rquickjs::{Ctx, Result, Value};

use super::with;
use crate::{
    json::select,
    modules::{throw, to_text, undefined},
    state::State,
    sys::{
        json,
        qjs::{self, Args},
    },
};

pub(super) fn json<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let bytes = with(args, |response| {
        match response.exchange().map(|exchange| &exchange.body) {
            Some(BodyData::Bytes(bytes)) => Some(bytes.clone()),
            Some(BodyData::Absent) | None => None,
        }
    });
    let Some(Some(bytes)) = bytes else {
        return Err(throw(
            ctx,
            "the body is null so we can't transform it to JSON - this likely was because of a request error getting the response",
        ));
    };
    if args.is_nullish(0) {
        return json::parse(ctx, &json::Text::copy(&bytes))
            .map_err(|error| json_error(ctx, &bytes, error));
    }
    let path = to_text(&args.get(0))?;
    match select::select(&bytes, &path) {
        Some(found) => json::parse(ctx, &json::Text::copy(found.as_bytes())),
        None => Ok(undefined(ctx)),
    }
}

/// Says where a body stops being JSON, in place of the engine's own words.
fn json_error(ctx: &Ctx<'_>, bytes: &[u8], error: rquickjs::Error) -> rquickjs::Error {
    let text = String::from_utf8_lossy(bytes);
    let Some(at) = select::error_in(&text).filter(|_| !qjs::state(ctx).is_ending()) else {
        return error;
    };
    drop(ctx.catch());
    let before = &text.as_bytes()[..at];
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let found = match text.as_bytes().get(at) {
        Some(byte) => format!("unexpected character {:?}", char::from(*byte)),
        None => "unexpected end of JSON input".to_owned(),
    };
    let message = format!(
        "cannot parse json due to an error at line {line}, character {} , error: {found}",
        at - line_start + 1
    );
    throw(ctx, &message)
}
