//! JSON at the border of a script: results of `setup` and `handleSummary`, and selectors over response bodies.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use rquickjs::{ArrayBuffer, Ctx, Function, IntoJs, Object, Result, Value, atom::PredefinedAtom};
use serde::{Deserialize, Serialize};

use crate::{
    modules::{throw, webcrypto::copy_view},
    state::State,
    sys::{
        qjs::{self, Args},
        text::with_str,
    },
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
    encode(ctx, value, qjs::function(ctx, "replacer", 2, as_go_does)?)
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

/// As k6 encodes what `setup` returned: dates as Go writes them, maps and sets as arrays, bytes as base64.
fn as_go_does<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let value = args.get(1);
    // `toJSON` has made a text of a date: what it was is still where it came from.
    if let Some(text) = value.as_string()
        && let Some(holder) = args.this().as_object()
        && holder.get::<_, Value>(args.get(0))?.is_object()
    {
        let text = with_str(text, go_time)?;
        return text.into_js(ctx);
    }
    let Some(object) = value
        .as_object()
        .filter(|_| !value.is_array() && !value.is_function())
    else {
        return refuse(state, args);
    };
    let kind: Value = object.get(PredefinedAtom::SymbolToStringTag)?;
    let kind = match kind.as_string() {
        Some(kind) => kind.to_string()?,
        None => return Ok(value),
    };
    match kind.as_str() {
        "Map" | "Set" => {
            let from: Function = ctx.globals().get::<_, Object>("Array")?.get("from")?;
            from.call((value,))
        }
        "Uint8Array" | "Uint8ClampedArray" => {
            let bytes = copy_view(&value)?.unwrap_or_default();
            BASE64.encode(bytes).into_js(ctx)
        }
        _ if object.contains_key("BYTES_PER_ELEMENT")? => {
            let from: Function = ctx.globals().get::<_, Object>("Array")?.get("from")?;
            from.call((value,))
        }
        _ => Ok(value),
    }
}

/// `1970-01-01T00:00:00.120Z` -> `1970-01-01T00:00:00.12Z`: Go leaves out what is zero at the end of the fraction.
fn go_time(text: &str) -> String {
    let parts = text
        .strip_suffix('Z')
        .and_then(|text| text.rsplit_once('.'));
    match parts {
        Some((seconds, fraction)) if fraction.len() == 3 => {
            let fraction = fraction.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            format!("{seconds}{point}{fraction}Z")
        }
        Some(_) | None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::go_time;

    #[test]
    fn dates_are_written_as_go_does() {
        for (text, expected) in [
            ("1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z"),
            ("2026-11-26T01:02:03.120Z", "2026-11-26T01:02:03.12Z"),
            ("no date", "no date"),
        ] {
            assert_eq!(go_time(text), expected);
        }
    }
}
