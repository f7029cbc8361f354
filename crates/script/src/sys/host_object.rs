//! Host objects that show what their prototype holds as properties of their own, as k6's do: `Object.keys`, spread and
//! `for in` see every field, while making such an object costs no more than making an empty one.
//!
//! The engine asks the class's two hooks for own properties that the object itself has not; both look at the prototype.

use std::{cell::Cell, ffi::CStr, marker::PhantomData, ptr::NonNull};

use rquickjs::{Ctx, Error, Object, Result, Value, qjs};

use super::native::NativeClass;

/// Where a VU keeps the engine's number of the class of `T`: 0 until the first object is made.
pub(crate) struct HostClass<T> {
    id: Cell<qjs::JSClassID>,
    of: PhantomData<fn() -> T>,
}

impl<T> Default for HostClass<T> {
    fn default() -> HostClass<T> {
        HostClass {
            id: Cell::new(0),
            of: PhantomData,
        }
    }
}

struct Hooks(qjs::JSClassExoticMethods);

// SAFETY: function pointers that are never changed.
unsafe impl Sync for Hooks {}

static HOOKS: Hooks = Hooks(qjs::JSClassExoticMethods {
    get_own_property: Some(get_own_property),
    get_own_property_names: Some(get_own_property_names),
    delete_property: None,
    define_own_property: None,
    has_property: None,
    get_property: None,
    set_property: None,
});

const CLASS_NAME: &CStr = c"HostObject";

impl<T: NativeClass> HostClass<T> {
    /// A new object around `native`.
    pub(crate) fn instance<'js>(&self, ctx: &Ctx<'js>, native: T) -> Result<Object<'js>> {
        if self.id.get() == 0 {
            self.register(ctx)?;
        }
        // SAFETY: the class is registered in this VU's runtime (rule 2), and its finalizer takes a box of `T`.
        let value = unsafe {
            let raw = qjs::JS_NewObjectClass(ctx.as_raw().as_ptr(), self.id.get());
            let value = Value::from_raw(ctx.clone(), raw);
            if value.is_exception() {
                return Err(Error::Exception);
            }
            qjs::JS_SetOpaque(raw, Box::into_raw(Box::new(native)).cast());
            value
        };
        value.into_object().ok_or(Error::Unknown)
    }

    /// Runs `look` with the Rust object behind `value`; `None` where it is something else.
    pub(crate) fn with<R>(&self, value: &Value<'_>, look: impl FnOnce(&T) -> R) -> Option<R> {
        let id = self.id.get();
        if id == 0 {
            return None;
        }
        // SAFETY: the engine gives a pointer for objects of this class only, and those hold a box of `T` that lives as long
        // as the object, which `value` keeps alive. It is only ever borrowed shared.
        let native = unsafe {
            NonNull::new(qjs::JS_GetOpaque(value.as_raw(), id))?
                .cast::<T>()
                .as_ref()
        };
        Some(look(native))
    }

    fn register(&self, ctx: &Ctx<'_>) -> Result<()> {
        let prototype = Object::new(ctx.clone())?;
        T::fill_prototype(&prototype)?;
        let mut id = 0;
        let class = qjs::JSClassDef {
            class_name: CLASS_NAME.as_ptr(),
            finalizer: Some(finalize::<T>),
            gc_mark: None,
            call: None,
            exotic: (&raw const HOOKS.0).cast_mut(),
        };
        // SAFETY: the engine copies what the definition says and only reads the hooks; the prototype's reference is given away.
        unsafe {
            let raw = ctx.as_raw().as_ptr();
            let runtime = qjs::JS_GetRuntime(raw);
            qjs::JS_NewClassID(runtime, &raw mut id);
            if qjs::JS_NewClass(runtime, id, &raw const class) != 0 {
                return Err(Error::Exception);
            }
            qjs::JS_SetClassProto(raw, id, qjs::JS_DupValue(raw, prototype.as_raw()));
        }
        self.id.set(id);
        Ok(())
    }
}

unsafe extern "C" fn finalize<T>(_runtime: *mut qjs::JSRuntime, value: qjs::JSValue) {
    let mut id = 0;
    // SAFETY: called once for each object of a class that `register::<T>` has made.
    unsafe {
        let native: *mut T = qjs::JS_GetAnyOpaque(value, &raw mut id).cast();
        if !native.is_null() {
            drop(Box::from_raw(native));
        }
    }
}

unsafe extern "C" fn get_own_property(
    raw: *mut qjs::JSContext,
    descriptor: *mut qjs::JSPropertyDescriptor,
    object: qjs::JSValue,
    name: qjs::JSAtom,
) -> std::ffi::c_int {
    // SAFETY: plain calls; the class is registered, so that it has a prototype, whose reference is freed here.
    unsafe {
        let prototype = qjs::JS_GetClassProto(raw, qjs::JS_GetClassID(object));
        let found = qjs::JS_GetOwnProperty(raw, descriptor, prototype, name);
        qjs::JS_FreeValue(raw, prototype);
        found
    }
}

unsafe extern "C" fn get_own_property_names(
    raw: *mut qjs::JSContext,
    names: *mut *mut qjs::JSPropertyEnum,
    count: *mut u32,
    object: qjs::JSValue,
) -> std::ffi::c_int {
    // SAFETY: as above; the engine frees the names.
    unsafe {
        let prototype = qjs::JS_GetClassProto(raw, qjs::JS_GetClassID(object));
        let flags = (qjs::JS_GPN_STRING_MASK | qjs::JS_GPN_ENUM_ONLY) as std::ffi::c_int;
        let failed = qjs::JS_GetOwnPropertyNames(raw, names, count, prototype, flags);
        qjs::JS_FreeValue(raw, prototype);
        failed
    }
}
