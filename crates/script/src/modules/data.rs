//! `k6/data`: `SharedArray`, stored once per process and parsed element by element where it is looked at.

use std::sync::Arc;

use rquickjs::{Array, Ctx, Function, Object, Result, Value};

use super::{BuiltinModule, is_async, method, only_in_init, throw_type, to_text, undefined};
use crate::{
    bundle::SharedList,
    state::State,
    sys::{
        json,
        native::{self, NativeClass},
        qjs::{self, Args},
        text::with_str,
    },
};

/// The module.
pub(crate) struct Data;

impl BuiltinModule for Data {
    const EXPORTS: &'static [&'static str] = &["SharedArray"];

    fn build<'js>(ctx: &Ctx<'js>, _state: &State) -> Result<Object<'js>> {
        let module = Object::new(ctx.clone())?;
        module.set(
            "SharedArray",
            qjs::constructor(ctx, "SharedArray", 2, shared_array)?,
        )?;
        Ok(module)
    }
}

fn shared_array<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    only_in_init(ctx, state, "a new SharedArray")?;
    let name = if args.is_nullish(0) {
        String::new()
    } else {
        to_text(&args.get(0))?
    };
    if name.is_empty() {
        return Err(throw_type(ctx, "a SharedArray needs a name"));
    }
    let function = args.get(1);
    let Some(function) = function.as_function() else {
        return Err(throw_type(
            ctx,
            "a SharedArray needs a function that returns its elements",
        ));
    };
    if is_async(function) {
        return Err(throw_type(
            ctx,
            "a SharedArray cannot be made by an async function",
        ));
    }
    let list = match state.shared.list(&name) {
        Some(list) => list,
        None => state.shared.keep_list(&name, fill(ctx, function)?),
    };
    proxy(ctx, list)
}

fn fill<'js>(ctx: &Ctx<'js>, function: &Function<'js>) -> Result<SharedList> {
    let elements: Value = function.call(())?;
    let Some(elements) = elements.as_array() else {
        return Err(throw_type(
            ctx,
            "the function of a SharedArray must return an array",
        ));
    };
    let mut list = SharedList::new();
    for element in elements.iter::<Value>() {
        let json = ctx
            .json_stringify(element?)?
            .map(|json| json.to_string())
            .transpose()?;
        list.push(json.as_deref().unwrap_or("null"));
    }
    Ok(list)
}

/// The proxy that scripts see: an array to `Array.isArray` and to every method of `Array.prototype`.
fn proxy<'js>(ctx: &Ctx<'js>, list: Arc<SharedList>) -> Result<Value<'js>> {
    let target = Array::new(ctx.clone())?;
    let handler = native::instance(ctx, Handler(list))?;
    qjs::new_proxy(target.as_value(), handler.as_value())
}

/// The proxy's handler.
struct Handler(Arc<SharedList>);

impl NativeClass for Handler {
    const NAME: &'static str = "SharedArray";

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        method(prototype, "get", 3, get)?;
        method(prototype, "has", 2, has)?;
        method(prototype, "ownKeys", 1, own_keys)?;
        method(prototype, "getOwnPropertyDescriptor", 2, descriptor)?;
        method(prototype, "set", 4, immutable)?;
        method(prototype, "defineProperty", 3, immutable)?;
        method(prototype, "deleteProperty", 2, immutable)?;
        method(prototype, "setPrototypeOf", 2, immutable)?;
        method(prototype, "preventExtensions", 1, immutable)
    }
}

/// What a property key means to an array.
enum Key {
    Length,
    Index(usize),
    Other,
}

fn key(value: &Value<'_>) -> Result<Key> {
    match value.as_string() {
        Some(string) => with_str(string, key_of),
        None => Ok(Key::Other),
    }
}

fn key_of(text: &str) -> Key {
    if text == "length" {
        return Key::Length;
    }
    // An index is written in one way only: no sign, no leading zero.
    let is_index = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    match text.parse() {
        Ok(index) if is_index => Key::Index(index),
        Ok(_) | Err(_) => Key::Other,
    }
}

fn list(args: &Args<'_, '_>) -> Result<Arc<SharedList>> {
    native::with(&args.this(), |handler: &Handler| Arc::clone(&handler.0))
        .ok_or_else(|| throw_type(args.ctx(), "this is not a SharedArray"))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JavaScript has no other numbers"
)]
fn length<'js>(ctx: &Ctx<'js>, list: &SharedList) -> Value<'js> {
    Value::new_number(ctx.clone(), list.len() as f64)
}

fn element<'js>(ctx: &Ctx<'js>, list: &SharedList, index: usize) -> Result<Option<Value<'js>>> {
    let Some(text) = list.get(index).and_then(json::Text::with_nul) else {
        return Ok(None);
    };
    let value = json::parse(ctx, &text)?;
    deep_freeze(&value)?;
    Ok(Some(value))
}

/// Freezes all objects inside `value`. With a list instead of recursion: a deep element must not use up the native stack.
pub(super) fn deep_freeze(value: &Value<'_>) -> Result<()> {
    let mut open: Vec<Object<'_>> = value.as_object().cloned().into_iter().collect();
    while let Some(object) = open.pop() {
        for inner in object.props::<String, Value>() {
            let (_, inner) = inner?;
            open.extend(inner.into_object());
        }
        qjs::freeze(&object)?;
    }
    Ok(())
}

fn get<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let list = list(args)?;
    match key(&args.get(1))? {
        Key::Length => Ok(length(ctx, &list)),
        Key::Index(index) => Ok(element(ctx, &list, index)?.unwrap_or_else(|| undefined(ctx))),
        Key::Other => {
            let target = args.get(0);
            let target = target
                .as_object()
                .ok_or_else(|| throw_type(ctx, "this is not a SharedArray"))?;
            target.get(args.get(1))
        }
    }
}

fn has<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let list = list(args)?;
    let has = match key(&args.get(1))? {
        Key::Length => true,
        Key::Index(index) => index < list.len(),
        Key::Other => match args.get(0).as_object() {
            Some(target) => target.contains_key(args.get(1))?,
            None => false,
        },
    };
    Ok(Value::new_bool(ctx.clone(), has))
}

fn own_keys<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let list = list(args)?;
    let keys = Array::new(args.ctx().clone())?;
    for index in 0..list.len() {
        keys.set(index, index.to_string())?;
    }
    keys.set(list.len(), "length")?;
    Ok(keys.into_value())
}

fn descriptor<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let list = list(args)?;
    let (value, is_length) = match key(&args.get(1))? {
        Key::Length => (Some(length(ctx, &list)), true),
        Key::Index(index) => (element(ctx, &list, index)?, false),
        Key::Other => (None, false),
    };
    let Some(value) = value else {
        return Ok(undefined(ctx));
    };
    let descriptor = Object::new(ctx.clone())?;
    descriptor.set("value", value)?;
    // What the engine demands of a proxy over an empty array: its length is writable and fixed, other keys are not.
    descriptor.set("writable", is_length)?;
    descriptor.set("configurable", !is_length)?;
    descriptor.set("enumerable", !is_length)?;
    Ok(descriptor.into_value())
}

fn immutable<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    Err(throw_type(args.ctx(), "SharedArray is immutable"))
}
