//! Rust objects that scripts hold: the class machinery of the engine behind a safe trait.

use rquickjs::{
    Class, Ctx, JsLifetime, Object, Result, Value,
    class::{JsClass, Readable, Trace, Tracer},
    function::Constructor,
};

/// A Rust type that scripts may hold. It owns no JavaScript values (what is cached lies as properties on the object), so
/// that the collector has nothing to trace and nothing dangles. Interior mutability is its own business: it is only ever
/// borrowed shared (rule 6).
pub(crate) trait NativeClass: 'static {
    /// Name in error messages.
    const NAME: &'static str;

    /// Puts getters and methods on the prototype; called once per VU, when the first instance is made.
    fn fill_prototype(prototype: &Object<'_>) -> Result<()>;
}

/// The engine's view of a [`NativeClass`].
pub(crate) struct Native<T>(pub(crate) T);

// SAFETY: `T: 'static` holds no value of any runtime, so the type is the same for every lifetime.
unsafe impl<'js, T: 'static> JsLifetime<'js> for Native<T> {
    type Changed<'to> = Native<T>;
}

impl<'js, T: 'static> Trace<'js> for Native<T> {
    fn trace<'a>(&self, _tracer: Tracer<'a, 'js>) {}
}

impl<'js, T: NativeClass> JsClass<'js> for Native<T> {
    const NAME: &'static str = T::NAME;
    type Mutable = Readable;

    fn prototype(ctx: &Ctx<'js>) -> Result<Option<Object<'js>>> {
        let prototype = Object::new(ctx.clone())?;
        T::fill_prototype(&prototype)?;
        Ok(Some(prototype))
    }

    fn constructor(_ctx: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }
}

/// A new object around `native`.
pub(crate) fn instance<'js, T: NativeClass>(ctx: &Ctx<'js>, native: T) -> Result<Object<'js>> {
    Class::instance(ctx.clone(), Native(native)).map(Class::into_inner)
}

/// Runs `look` with the Rust object behind `value`; `None` where it is something else.
pub(crate) fn with<T: NativeClass, R>(value: &Value<'_>, look: impl FnOnce(&T) -> R) -> Option<R> {
    let class = value
        .as_object()
        .and_then(Class::<Native<T>>::from_object)?;
    let native = class.borrow();
    Some(look(&native.0))
}
