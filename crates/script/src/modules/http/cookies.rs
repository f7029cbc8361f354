//! `http.cookieJar()` and `new http.CookieJar()`.

use std::rc::Rc;

use loadd_client::CookieJar;
use rquickjs::{Object, Result, Value};

use crate::{
    modules::not_in_init,
    state::State,
    sys::{
        native::{self, NativeClass},
        qjs::Args,
    },
};

/// A jar in a script's hands.
pub(super) struct Jar(pub(super) Rc<CookieJar>);

impl NativeClass for Jar {
    const NAME: &'static str = "CookieJar";

    fn fill_prototype(_prototype: &Object<'_>) -> Result<()> {
        Ok(())
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
