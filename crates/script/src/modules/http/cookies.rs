//! `http.cookieJar()` and `new http.CookieJar()`. What a jar does is the client's; here it only meets the script.

use std::rc::Rc;

use loadd_client::{CookieJar, CookieOptions, RequestUrl, parse_http_date};
use rquickjs::{Object, Result, Value};

use super::parse_url;
use crate::{
    modules::{method, not_in_init, throw, throw_type, to_text, undefined},
    state::State,
    sys::{
        native::{self, NativeClass},
        qjs::{self, Args},
    },
};

/// A jar in a script's hands.
pub(super) struct Jar(pub(super) Rc<CookieJar>);

impl NativeClass for Jar {
    const NAME: &'static str = "CookieJar";

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        method(prototype, "set", 4, set)?;
        method(prototype, "cookiesForURL", 1, cookies_for_url)?;
        method(prototype, "clear", 1, clear)?;
        method(prototype, "delete", 2, delete)
    }
}

pub(super) fn cookie_jar<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    not_in_init(ctx, state, "cookieJar()")?;
    native::instance(ctx, Jar(state.http.jar())).map(Object::into_value)
}

pub(super) fn new_cookie_jar<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    native::instance(args.ctx(), Jar(Rc::default())).map(Object::into_value)
}

fn jar(args: &Args<'_, '_>) -> Result<Rc<CookieJar>> {
    super::jar_of(&args.this()).ok_or_else(|| throw_type(args.ctx(), "this is not a CookieJar"))
}

fn url(args: &Args<'_, '_>) -> Result<Rc<RequestUrl>> {
    parse_url(&to_text(&args.get(0))?).map_err(|error| throw(args.ctx(), &error.message))
}

fn set<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let (jar, url) = (jar(args)?, url(args)?);
    let (name, value) = (to_text(&args.get(1))?, to_text(&args.get(2))?);
    let options = if args.is_nullish(3) {
        CookieOptions::default()
    } else {
        options(args)?
    };
    let kept = jar.set(&url, &name, &value, &options);
    Ok(Value::new_bool(args.ctx().clone(), kept))
}

fn options(args: &Args<'_, '_>) -> Result<CookieOptions> {
    let ctx = args.ctx();
    let value = args.get(3);
    let Some(object) = value.as_object() else {
        return Err(throw_type(ctx, "the options of a cookie must be an object"));
    };
    let mut options = CookieOptions::default();
    for entry in object.props::<String, Value>() {
        let (name, value) = entry?;
        match name.as_str() {
            "domain" => options.domain = to_text(&value)?,
            "path" => options.path = to_text(&value)?,
            "secure" => options.secure = qjs::is_truthy(&value),
            "http_only" => options.http_only = qjs::is_truthy(&value),
            "max_age" => {
                let seconds = qjs::to_number(&value)?;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a cast from float saturates"
                )]
                let seconds = seconds as i64;
                options.max_age = seconds;
            }
            "expires" => {
                let text = to_text(&value)?;
                let date = parse_http_date(&text);
                options.expires_ms = Some(date.ok_or_else(|| {
                    throw(ctx, &format!("unable to parse '{text}' as a cookie's date: write 'Mon, 02 Jan 2006 15:04:05 MST'"))
                })?);
            }
            _ => {}
        }
    }
    Ok(options)
}

fn cookies_for_url<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let cookies = jar(args)?.cookies_for_url(&*url(args)?);
    let object = Object::new(ctx.clone())?;
    for (name, value) in cookies {
        let mut values: Vec<String> = object
            .get::<_, Option<_>>(name.as_str())?
            .unwrap_or_default();
        values.push(value);
        object.set(name.as_str(), values)?;
    }
    Ok(object.into_value())
}

fn clear<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    jar(args)?.clear(&*url(args)?);
    Ok(undefined(args.ctx()))
}

fn delete<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let (jar, url) = (jar(args)?, url(args)?);
    let name = to_text(&args.get(1))?;
    if name.is_empty() {
        return Err(throw(args.ctx(), "delete() needs the name of a cookie"));
    }
    jar.delete(&url, &name);
    Ok(undefined(args.ctx()))
}
