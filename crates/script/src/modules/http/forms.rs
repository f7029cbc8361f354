//! `res.html()`, `res.submitForm()` and `res.clickLink()`: what a response's HTML leads to.

use std::rc::Rc;

use http::Method;
use loadd_client::RequestUrl;
use rquickjs::{Array, Object, Result, Value};

use super::{
    body::encode_pairs,
    refuse,
    request::{self, Refused},
    response::{self, Response},
    send,
};
use crate::{
    modules::{
        html::{self, Page},
        not_in_init, text, throw, throw_type, to_text,
    },
    state::State,
    sys::qjs::Args,
};

const NO_BODY: &str = "the body is null so we can't transform it to HTML - this likely was because of a request error getting the response";

/// The page of the response that a method is called on, and its URL; parsed once.
fn page(args: &Args<'_, '_>) -> Result<(Rc<Page>, Rc<RequestUrl>)> {
    let ctx = args.ctx();
    response::with(args, Response::page)
        .ok_or_else(|| throw_type(ctx, "this is not a Response"))?
        .ok_or_else(|| throw(ctx, NO_BODY))
}

pub(super) fn html<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let (page, _) = page(args)?;
    let selector = if args.is_nullish(0) {
        None
    } else {
        Some(to_text(&args.get(0))?)
    };
    html::select(args.ctx(), &page, selector.as_deref())
}

/// A member of the call's one argument.
fn member<'js>(args: &Args<'_, 'js>, name: &str) -> Result<Option<Value<'js>>> {
    let value = match args.get(0).as_object() {
        Some(object) => object.get::<_, Value>(name)?,
        None => return Ok(None),
    };
    Ok((!value.is_undefined() && !value.is_null()).then_some(value))
}

fn selector(args: &Args<'_, '_>, name: &str, default: &str) -> Result<String> {
    match member(args, name)? {
        Some(value) => to_text(&value),
        None => Ok(default.to_owned()),
    }
}

pub(super) fn click_link<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    not_in_init(ctx, state, "HTTP requests")?;
    let (page, base) = page(args)?;
    let href = html::link(&page, &selector(args, "selector", "a[href]")?)
        .map_err(|message| throw(ctx, &message))?;
    let url = base
        .join(&href)
        .map_err(|error| throw(ctx, &error.message))?;
    let params = member(args, "params")?;
    go(state, args, Method::GET, &url.text, None, params.as_ref())
}

pub(super) fn submit_form<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    not_in_init(ctx, state, "HTTP requests")?;
    let (page, base) = page(args)?;
    let (form, submit) = (
        selector(args, "formSelector", "form")?,
        selector(args, "submitSelector", "[type=\"submit\"]")?,
    );
    let form = html::form(&page, &form, &submit).map_err(|message| throw(ctx, &message))?;
    let url = match &form.action {
        Some(action) => {
            base.join(action)
                .map_err(|error| throw(ctx, &error.message))?
                .text
        }
        None => base.text.clone(),
    };
    let method = Method::from_bytes(form.method.as_bytes())
        .map_err(|_| throw(ctx, &format!("invalid method of a form: '{}'", form.method)))?;
    let params = member(args, "params")?;
    let given = member(args, "fields")?;
    let fields = merge(args, form.fields, given.as_ref().and_then(Value::as_object))?;
    if method == Method::GET {
        let mut pairs = Vec::new();
        for field in fields.props::<String, Value>() {
            let (name, value) = field?;
            match value.as_array() {
                Some(values) => {
                    for value in values.iter::<Value>() {
                        pairs.push((name.clone(), to_text(&value?)?));
                    }
                }
                None => pairs.push((name, to_text(&value)?)),
            }
        }
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let end = url.find(['?', '#']).unwrap_or(url.len());
        let url = format!("{}?{}", &url[..end], encode_pairs(&pairs));
        return go(state, args, method, &url, None, params.as_ref());
    }
    go(
        state,
        args,
        method,
        &url,
        Some(fields.as_value()),
        params.as_ref(),
    )
}

/// The form's own fields, with those that the script gives in place of those of the same name.
fn merge<'js>(
    args: &Args<'_, 'js>,
    own: Vec<(String, String)>,
    given: Option<&Object<'js>>,
) -> Result<Object<'js>> {
    let fields = Object::new(args.ctx().clone())?;
    for (name, value) in own {
        let before: Value = fields.get(name.as_str())?;
        if before.is_undefined() {
            fields.set(name, value)?;
        } else if let Some(list) = before.as_array() {
            list.set(list.len(), value)?;
        } else {
            let list = Array::new(args.ctx().clone())?;
            list.set(0, before)?;
            list.set(1, value)?;
            fields.set(name, list)?;
        }
    }
    if let Some(given) = given {
        for field in given.props::<String, Value>() {
            let (name, value) = field?;
            fields.set(name, value)?;
        }
    }
    Ok(fields)
}

fn go<'js>(
    state: &State,
    args: &Args<'_, 'js>,
    method: Method,
    url: &str,
    body: Option<&Value<'js>>,
    params: Option<&Value<'js>>,
) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let url = text(ctx, url)?;
    match request::prepare_values(state, method, &url, body, params) {
        Ok(prepared) => send(state, ctx, prepared),
        Err(refused @ (Refused::Argument { .. } | Refused::Thrown(_))) => {
            refuse(state, ctx, refused)
        }
    }
}
