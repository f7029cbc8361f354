//! Raw calls of the script engine: host functions without closures, uncatchable errors, stack and heap limits.

use std::{
    any::Any,
    ffi::{CString, c_int},
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::NonNull,
    slice,
};

use rquickjs::{Ctx, Error, Exception, Function, Object, Result, Value, qjs};

use crate::{
    state::{Ending, State},
    sys::memory::Heap,
};

/// Arguments of a host function.
pub(crate) struct Args<'a, 'js> {
    ctx: &'a Ctx<'js>,
    this: qjs::JSValue,
    values: &'a [qjs::JSValue],
}

impl<'js> Args<'_, 'js> {
    /// The context of the call.
    pub(crate) fn ctx(&self) -> &Ctx<'js> {
        self.ctx
    }

    /// Number of arguments.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// `this`; `new.target` in constructors.
    pub(crate) fn this(&self) -> Value<'js> {
        self.own(self.this)
    }

    /// The argument at `index`, undefined where there is none.
    pub(crate) fn get(&self, index: usize) -> Value<'js> {
        match self.values.get(index) {
            Some(&value) => self.own(value),
            None => Value::new_undefined(self.ctx.clone()),
        }
    }

    /// Undefined or null.
    pub(crate) fn is_nullish(&self, index: usize) -> bool {
        self.values.get(index).is_none_or(|&value| {
            // SAFETY: looks at the tag only.
            let tag = unsafe { qjs::JS_VALUE_GET_TAG(value) };
            tag == qjs::JS_TAG_UNDEFINED || tag == qjs::JS_TAG_NULL
        })
    }

    fn own(&self, value: qjs::JSValue) -> Value<'js> {
        // SAFETY: the engine lends `value` for the length of the call; the duplicate is ours and belongs to this context.
        unsafe {
            Value::from_raw(
                self.ctx.clone(),
                qjs::JS_DupValue(self.ctx.as_raw().as_ptr(), value),
            )
        }
    }
}

/// A function item or a closure that captures nothing, callable from scripts.
pub(crate) trait HostFn:
    for<'a, 'js> Fn(&'a State, &Args<'a, 'js>) -> Result<Value<'js>> + Copy + 'static
{
}

impl<F> HostFn for F where
    F: for<'a, 'js> Fn(&'a State, &Args<'a, 'js>) -> Result<Value<'js>> + Copy + 'static
{
}

/// Makes `state` the one that host functions of this context see while `run` runs. No script runs outside of it.
pub(crate) fn attach_for<R>(ctx: &Ctx<'_>, state: &State, run: impl FnOnce() -> R) -> R {
    struct Detach<'a, 'js>(&'a Ctx<'js>);
    impl Drop for Detach<'_, '_> {
        fn drop(&mut self) {
            // SAFETY: as below.
            unsafe { qjs::JS_SetContextOpaque(self.0.as_raw().as_ptr(), std::ptr::null_mut()) };
        }
    }
    let pointer: *const State = state;
    // SAFETY: rquickjs leaves the context's opaque pointer alone.
    unsafe { qjs::JS_SetContextOpaque(ctx.as_raw().as_ptr(), pointer.cast_mut().cast()) };
    let _detach = Detach(ctx);
    run()
}

/// The state of the VU that this context belongs to.
pub(crate) fn state<'a>(ctx: &'a Ctx<'_>) -> &'a State {
    // SAFETY: a null pointer is refused; any other is the state that `attach_for` borrows while scripts run.
    unsafe {
        qjs::JS_GetContextOpaque(ctx.as_raw().as_ptr())
            .cast::<State>()
            .as_ref()
    }
    .expect("scripts run inside `attach_for` only")
}

/// A host function as scripts see it: a plain function of the engine, without a box or a closure behind it. `function` is a
/// function item or a closure that captures nothing.
pub(crate) fn function<'js, F: HostFn>(
    ctx: &Ctx<'js>,
    name: &str,
    length: u8,
    function: F,
) -> Result<Function<'js>> {
    let _ = function;
    native_function::<F>(ctx, name, length, qjs::JSCFunctionEnum_JS_CFUNC_generic)
}

/// A host function that works with `new` and without it; `this` is `new.target` or undefined.
pub(crate) fn constructor<'js, F: HostFn>(
    ctx: &Ctx<'js>,
    name: &str,
    length: u8,
    function: F,
) -> Result<Function<'js>> {
    let _ = function;
    native_function::<F>(
        ctx,
        name,
        length,
        qjs::JSCFunctionEnum_JS_CFUNC_constructor_or_func,
    )
}

fn native_function<'js, F: HostFn>(
    ctx: &Ctx<'js>,
    name: &str,
    length: u8,
    kind: qjs::JSCFunctionEnum,
) -> Result<Function<'js>> {
    const { assert!(size_of::<F>() == 0, "a host function captures nothing") };
    let name = CString::new(name)?;
    // SAFETY: the trampoline has the signature that this kind of function asks for; the name is copied.
    let value = unsafe {
        let raw = qjs::JS_NewCFunction2(
            ctx.as_raw().as_ptr(),
            Some(trampoline::<F>),
            name.as_ptr(),
            c_int::from(length),
            kind,
            0,
        );
        Value::from_raw(ctx.clone(), raw)
    };
    if value.is_exception() {
        return Err(Error::Exception);
    }
    value.into_function().ok_or(Error::Unknown)
}

/// Defines a getter on `object`.
pub(crate) fn getter<'js, F: HostFn>(object: &Object<'js>, name: &str, getter: F) -> Result<()> {
    define_accessor(
        object,
        name,
        function(object.ctx(), name, 0, getter)?.as_value(),
        None,
    )
}

/// Defines an accessor property.
pub(crate) fn define_accessor<'js>(
    object: &Object<'js>,
    name: &str,
    get: &Value<'js>,
    set: Option<&Value<'js>>,
) -> Result<()> {
    accessor(object, name, get, set, qjs::JS_PROP_ENUMERABLE)
}

/// The same, not seen by `for in` and `Object.keys`.
pub(crate) fn define_hidden_accessor<'js>(
    object: &Object<'js>,
    name: &str,
    get: &Value<'js>,
) -> Result<()> {
    accessor(object, name, get, None, 0)
}

fn accessor<'js>(
    object: &Object<'js>,
    name: &str,
    get: &Value<'js>,
    set: Option<&Value<'js>>,
    enumerable: u32,
) -> Result<()> {
    let ctx = object.ctx();
    let raw = ctx.as_raw().as_ptr();
    let flags = qjs::JS_PROP_CONFIGURABLE
        | qjs::JS_PROP_HAS_ENUMERABLE
        | qjs::JS_PROP_HAS_CONFIGURABLE
        | enumerable;
    // SAFETY: the atom is made and freed here; `JS_DefinePropertyGetSet` takes the two references it is given.
    let defined = unsafe {
        let atom = qjs::JS_NewAtomLen(raw, name.as_ptr().cast(), name.len() as _);
        let get = qjs::JS_DupValue(raw, get.as_raw());
        let set = set.map_or(qjs::JS_UNDEFINED, |set| qjs::JS_DupValue(raw, set.as_raw()));
        let defined =
            qjs::JS_DefinePropertyGetSet(raw, object.as_raw(), atom, get, set, flags as c_int);
        qjs::JS_FreeAtom(raw, atom);
        defined
    };
    if defined < 0 {
        Err(Error::Exception)
    } else {
        Ok(())
    }
}

/// Defines a plain property, past any accessor of the prototype: how getters cache what they have made.
pub(crate) fn define_value<'js>(
    object: &Object<'js>,
    name: &str,
    value: &Value<'js>,
) -> Result<()> {
    define_with(object, name, value, qjs::JS_PROP_C_W_E)
}

/// As [`define_value`], for a property that no listing of the object's keys shows.
pub(crate) fn define_hidden<'js>(
    object: &Object<'js>,
    name: &str,
    value: &Value<'js>,
) -> Result<()> {
    define_with(
        object,
        name,
        value,
        qjs::JS_PROP_CONFIGURABLE | qjs::JS_PROP_WRITABLE,
    )
}

/// As [`define_value`], for a property that scripts cannot change.
pub(crate) fn define_fixed<'js>(
    object: &Object<'js>,
    name: &str,
    value: &Value<'js>,
) -> Result<()> {
    define_with(object, name, value, qjs::JS_PROP_ENUMERABLE)
}

fn define_with<'js>(
    object: &Object<'js>,
    name: &str,
    value: &Value<'js>,
    flags: u32,
) -> Result<()> {
    let raw = object.ctx().as_raw().as_ptr();
    // SAFETY: as in `define_accessor`; `JS_DefinePropertyValue` takes the reference it is given.
    let defined = unsafe {
        let atom = qjs::JS_NewAtomLen(raw, name.as_ptr().cast(), name.len() as _);
        let value = qjs::JS_DupValue(raw, value.as_raw());
        let defined =
            qjs::JS_DefinePropertyValue(raw, object.as_raw(), atom, value, flags as c_int);
        qjs::JS_FreeAtom(raw, atom);
        defined
    };
    if defined < 0 {
        Err(Error::Exception)
    } else {
        Ok(())
    }
}

/// `new Proxy(target, handler)`.
pub(crate) fn new_proxy<'js>(target: &Value<'js>, handler: &Value<'js>) -> Result<Value<'js>> {
    let ctx = target.ctx();
    // SAFETY: a plain call on values of this context; the result is ours.
    let proxy = unsafe {
        Value::from_raw(
            ctx.clone(),
            qjs::JS_NewProxy(ctx.as_raw().as_ptr(), target.as_raw(), handler.as_raw()),
        )
    };
    if proxy.is_exception() {
        Err(Error::Exception)
    } else {
        Ok(proxy)
    }
}

/// Freezes one object (`Object.freeze`).
pub(crate) fn freeze(object: &Object<'_>) -> Result<()> {
    // SAFETY: a plain call on a value of this context.
    let frozen = unsafe { qjs::JS_FreezeObject(object.ctx().as_raw().as_ptr(), object.as_raw()) };
    if frozen < 0 {
        Err(Error::Exception)
    } else {
        Ok(())
    }
}

/// The bytes of an ArrayBuffer or a Uint8Array, copied: scripts may change, detach or free theirs at any time.
pub(crate) fn copy_bytes(value: &Value<'_>) -> Option<Vec<u8>> {
    let object = value.as_object()?;
    if let Some(buffer) = rquickjs::ArrayBuffer::from_object(object.clone()) {
        // SAFETY: no script runs while the slice lives.
        return unsafe { buffer.as_bytes() }.map(<[u8]>::to_vec);
    }
    let array = rquickjs::TypedArray::<u8>::from_object(object.clone()).ok()?;
    // SAFETY: as above.
    unsafe { array.as_bytes() }.map(<[u8]>::to_vec)
}

/// JavaScript's idea of truth.
pub(crate) fn is_truthy(value: &Value<'_>) -> bool {
    // SAFETY: a plain call on a value of this context; it runs no script.
    unsafe { qjs::JS_ToBool(value.ctx().as_raw().as_ptr(), value.as_raw()) > 0 }
}

/// `Number(value)`; may run script (`valueOf`).
pub(crate) fn to_number(value: &Value<'_>) -> Result<f64> {
    let mut number = 0.0;
    // SAFETY: a plain call on a value of this context.
    let failed = unsafe {
        qjs::JS_ToFloat64(
            value.ctx().as_raw().as_ptr(),
            &raw mut number,
            value.as_raw(),
        )
    };
    if failed == 0 {
        Ok(number)
    } else {
        Err(Error::Exception)
    }
}

/// Throws an error that no script can catch (rules 5, 7 and 8): no `catch`, no `finally` runs.
pub(crate) fn throw_uncatchable(ctx: &Ctx<'_>) -> Error {
    let raw = ctx.as_raw().as_ptr();
    // The error itself needs a few bytes, which a script at its heap limit no longer has.
    Heap::of(ctx).set_limit(usize::MAX);
    // SAFETY: the error is ours until `JS_Throw` takes it.
    unsafe {
        let error = qjs::JS_NewError(raw);
        qjs::JS_SetUncatchableError(raw, error);
        qjs::JS_Throw(raw, error);
    }
    Error::Exception
}

/// A plain object with this prototype.
pub(crate) fn object_with_prototype<'js>(prototype: &Object<'js>) -> Result<Object<'js>> {
    let ctx = prototype.ctx();
    // SAFETY: the prototype is lent for the call; the new value is ours and belongs to this context.
    let value = unsafe {
        let raw = qjs::JS_NewObjectProto(ctx.as_raw().as_ptr(), prototype.as_raw());
        if qjs::JS_VALUE_GET_TAG(raw) == qjs::JS_TAG_EXCEPTION {
            return Err(Error::Exception);
        }
        Value::from_raw(ctx.clone(), raw)
    };
    value.into_object().ok_or(Error::Unknown)
}

/// Rule 1: makes the current stack the one whose depth is measured, and allows scripts `bytes` of it.
pub(crate) fn set_stack_limit(ctx: &Ctx<'_>, bytes: usize) {
    // SAFETY: plain setters on the runtime that this coroutine owns (rule 2).
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_SetMaxStackSize(runtime, bytes as _);
    }
}

/// Empties the job queue without running a line of script (rule 5): with no stack left to use, every continuation ends
/// before its first instruction, and so do the jobs that this in turn makes. QuickJS has no call that drops jobs.
pub(crate) fn discard_jobs(ctx: &Ctx<'_>, stack_bytes: usize) {
    set_stack_limit(ctx, 1);
    while ctx.execute_pending_job() {}
    set_stack_limit(ctx, stack_bytes);
    drop(ctx.catch());
}

unsafe extern "C" fn trampoline<F: HostFn>(
    raw: *mut qjs::JSContext,
    this: qjs::JSValue,
    count: c_int,
    arguments: *mut qjs::JSValue,
) -> qjs::JSValue {
    // Rule 8: a panic never enters the engine's frames; rquickjs would let scripts catch it.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the engine calls with a live context, and with `count` arguments that it keeps alive during the call.
        let ctx = unsafe { Ctx::from_raw(NonNull::new_unchecked(raw)) };
        let values = match usize::try_from(count) {
            // SAFETY: as above.
            Ok(count) if count > 0 => unsafe { slice::from_raw_parts(arguments, count) },
            Ok(_) | Err(_) => &[],
        };
        // SAFETY: `F` has no bytes and is `Copy`; a value of it was given when the function was made.
        let function: F = unsafe { mem::zeroed() };
        let state = state(&ctx);
        if state.is_ending() {
            throw_uncatchable(&ctx);
            return qjs::JS_EXCEPTION;
        }
        match function(
            state,
            &Args {
                ctx: &ctx,
                this,
                values,
            },
        ) {
            // SAFETY: the duplicate goes to the engine, the original is freed here.
            Ok(value) => unsafe { qjs::JS_DupValue(raw, value.as_raw()) },
            Err(Error::Exception) => qjs::JS_EXCEPTION,
            Err(Error::Allocation) => {
                // SAFETY: a plain call.
                unsafe { qjs::JS_ThrowOutOfMemory(raw) }
            }
            Err(other) => {
                let _ = Exception::throw_type(&ctx, &other.to_string());
                qjs::JS_EXCEPTION
            }
        }
    }));
    outcome.unwrap_or_else(|panic| {
        // SAFETY: as above.
        let ctx = unsafe { Ctx::from_raw(NonNull::new_unchecked(raw)) };
        state(&ctx).end(Ending::Broken(panic_text(&*panic)));
        throw_uncatchable(&ctx);
        qjs::JS_EXCEPTION
    })
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a message".to_owned())
}

/// A compiled module. Only ever what [`rquickjs::Module::write`] gave in this process: the engine trusts it blindly.
pub(crate) struct Bytecode(Vec<u8>);

impl Bytecode {
    /// Compiles nothing: takes what `module` is.
    pub(crate) fn of(module: &rquickjs::Module<'_>) -> Result<Bytecode> {
        // Positions stay (strip_debug would take them); the text itself would be copied into every VU.
        let options = rquickjs::module::WriteOptions {
            strip_source: true,
            ..Default::default()
        };
        module.write(options).map(Bytecode)
    }

    /// The module again, in another runtime.
    pub(crate) fn load<'js>(&self, ctx: &Ctx<'js>) -> Result<rquickjs::Module<'js>> {
        // SAFETY: the bytes come from `Bytecode::of` alone, in the same process and so from the same engine.
        unsafe { rquickjs::Module::load(ctx.clone(), &self.0) }
    }
}
