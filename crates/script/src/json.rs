//! JSON at the border of a script: results of `setup` and `handleSummary`, and selectors over response bodies.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use rquickjs::{ArrayBuffer, Ctx, Function, Object, Result, Value};
use serde::{Deserialize, Serialize};

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
    encode(ctx, value, qjs::function(ctx, "replacer", 2, refuse)?)
}

/// As [`encode_result`], for `handleSummary`: what it returns may hold ArrayBuffers, which [`summary_files`] reads back.
pub(crate) fn encode_summary<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Option<String>> {
    if value.is_undefined() {
        return Ok(None);
    }
    encode(
        ctx,
        value,
        qjs::function(ctx, "replacer", 2, bytes_or_refuse)?,
    )
}

fn encode<'js>(
    ctx: &Ctx<'js>,
    value: &Value<'js>,
    replacer: Function<'js>,
) -> Result<Option<String>> {
    ctx.json_stringify_replacer(value.clone(), replacer)?
        .map(|text| text.to_string())
        .transpose()
}

/// An ArrayBuffer in what `handleSummary` returned.
#[derive(Serialize, Deserialize)]
struct Bytes {
    #[serde(rename = "$bytes")]
    base64: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Bytes(Bytes),
}

/// The files that `handleSummary` returned, from the JSON text of its result: place and contents.
///
/// # Errors
/// Where it is not an object whose values are strings or ArrayBuffers.
pub fn summary_files(returned: &str) -> std::result::Result<BTreeMap<String, Vec<u8>>, String> {
    let wrong = || {
        "handleSummary must return an object that gives a string or an ArrayBuffer for each file, stdout or stderr".to_owned()
    };
    let files: BTreeMap<String, Content> = serde_json::from_str(returned).map_err(|_| wrong())?;
    files
        .into_iter()
        .map(|(place, content)| match content {
            Content::Text(text) => Ok((place, text.into_bytes())),
            Content::Bytes(bytes) => BASE64
                .decode(bytes.base64)
                .map(|bytes| (place, bytes))
                .map_err(|_| wrong()),
        })
        .collect()
}

fn bytes_or_refuse<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let value = args.get(1);
    let buffer = value
        .as_object()
        .cloned()
        .and_then(ArrayBuffer::from_object);
    match buffer.and_then(|buffer| qjs::copy_bytes(buffer.as_value())) {
        Some(bytes) => {
            let object = Object::new(args.ctx().clone())?;
            object.set("$bytes", BASE64.encode(bytes))?;
            Ok(object.into_value())
        }
        None => refuse(state, args),
    }
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
