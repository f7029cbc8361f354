//! `http.batch`: many requests at once (k6 API reference, 6.7).

use http::Method;
use rquickjs::{Array, Object, Result, Value};

use super::{
    Refused,
    request::{self, argument_error},
    response,
};
use crate::{
    Completion, HttpCall, Op,
    modules::{not_in_init, throw, throw_type, to_text},
    state::State,
    sys::qjs::Args,
};

pub(super) fn batch<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    not_in_init(ctx, state, "HTTP requests")?;
    let requests = args.get(0);
    let Some(object) = requests.as_object().filter(|_| args.len() == 1) else {
        return Err(throw_type(
            ctx,
            "http.batch() takes one argument, an array or an object of requests",
        ));
    };
    let mut keys = Vec::new();
    let mut entries = Vec::new();
    for entry in object.props::<String, Value>() {
        let (key, entry) = entry?;
        keys.push(key);
        entries.push(entry);
    }
    let mut calls = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        match prepare(state, entry) {
            Ok(call) => calls.push(call),
            Err(Refused::Thrown(error)) => return Err(error),
            Err(Refused::Argument { code, message }) => {
                return malformed(state, args, index, entries.len(), code, message);
            }
        }
    }
    let answers = match state.wait(ctx, Op::Batch(calls))? {
        Completion::Batch(answers) => answers,
        Completion::Done
        | Completion::Http(_)
        | Completion::Computed(_)
        | Completion::Finished(..) => {
            panic!("a batch was answered with something else")
        }
    };
    assert_eq!(
        answers.len(),
        keys.len(),
        "a batch has as many results as calls"
    );
    let mut responses = Vec::with_capacity(keys.len());
    for answered in answers {
        responses.push(response::finish(ctx, answered)?);
    }
    if object.is_array() {
        let array = Array::new(ctx.clone())?;
        for (index, response) in responses.into_iter().enumerate() {
            array.set(index, response)?;
        }
        return Ok(array.into_value());
    }
    let result = Object::new(ctx.clone())?;
    for (key, response) in keys.iter().zip(responses) {
        result.set(key.as_str(), response)?;
    }
    Ok(result.into_value())
}

fn prepare(state: &State, entry: &Value<'_>) -> std::result::Result<Box<HttpCall>, Refused> {
    if let Some(array) = entry.as_array() {
        let (method, url): (Value, Value) = (array.get(0)?, array.get(1)?);
        let (body, params): (Value, Value) = (array.get(2)?, array.get(3)?);
        return request::prepare_values(
            state,
            method_of(&method)?,
            &url,
            Some(&body),
            given(&params),
        );
    }
    let Some(object) = entry.as_object() else {
        return request::prepare_values(state, Method::GET, entry, None, None);
    };
    let (url, name): (Value, Value) = (object.get("url")?, object.get("name")?);
    // What `http.url` gives has a name beside its URL; a request object has not.
    if url.is_string() && name.is_string() {
        return request::prepare_values(state, Method::GET, entry, None, None);
    }
    let (method, body, params): (Value, Value, Value) = (
        object.get("method")?,
        object.get("body")?,
        object.get("params")?,
    );
    let method = if method.is_undefined() || method.is_null() {
        Method::GET
    } else {
        let name = to_text(&method)?.to_ascii_uppercase();
        Method::from_bytes(name.as_bytes())
            .map_err(|_| argument_error(format!("invalid HTTP method '{name}'")))?
    };
    let takes_body = method != Method::GET && method != Method::HEAD;
    request::prepare_values(
        state,
        method,
        &url,
        takes_body.then_some(&body),
        given(&params),
    )
}

fn given<'a, 'js>(params: &'a Value<'js>) -> Option<&'a Value<'js>> {
    (!params.is_undefined() && !params.is_null()).then_some(params)
}

fn method_of(value: &Value<'_>) -> std::result::Result<Method, Refused> {
    let name = to_text(value)?;
    Method::from_bytes(name.as_bytes())
        .map_err(|_| argument_error(format!("invalid HTTP method '{name}'")))
}

/// One bad entry: nothing is sent.
fn malformed<'js>(
    state: &State,
    args: &Args<'_, 'js>,
    bad: usize,
    count: usize,
    code: u16,
    message: String,
) -> Result<Value<'js>> {
    let ctx = args.ctx();
    if state.settings.http.throw {
        return Err(throw(ctx, &message));
    }
    state.host.warn("A batch request failed", &message);
    let array = Array::new(ctx.clone())?;
    for index in 0..bad {
        array.set(index, response::refused(ctx, 0, String::new())?)?;
    }
    array.set(bad, response::refused(ctx, code, message)?)?;
    for index in bad + 1..count {
        array.set(index, Value::new_null(ctx.clone()))?;
    }
    Ok(array.into_value())
}
