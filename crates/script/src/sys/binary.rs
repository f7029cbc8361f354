//! Array buffers and typed arrays, whose classes a VU makes when somebody first asks for one: a script by one of their names, or
//! a module that returns bytes. They are an eighth of an engine's memory, and most scripts never touch them.

use rquickjs::{
    ArrayBuffer, Context, Ctx, Error, Runtime, TypedArray, Value, context::intrinsic, qjs,
};

use super::qjs::{Args, HostFn, define_hidden_accessor, function, state};

type Result<T> = rquickjs::Result<T>;

const ATOMICS: &str = "Atomics";

/// What every VU has from the beginning. As in k6 there are no `WeakRef`, `performance` and `DOMException`, and no
/// `SharedArrayBuffer` and `Atomics` later.
type Always = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::Promise,
);

/// A context without the classes of this file.
///
/// # Errors
/// No memory.
pub(crate) fn context(runtime: &Runtime) -> Result<Context> {
    Context::custom::<Always>(runtime)
}

/// Defines the names, as properties that make the classes when they are looked at.
pub(crate) fn install(ctx: &Ctx<'_>) -> Result<()> {
    fn on<F: HostFn>(ctx: &Ctx<'_>, name: &str, getter: F) -> Result<()> {
        let getter = function(ctx, name, 0, getter)?.into_value();
        define_hidden_accessor(&ctx.globals(), name, &getter)
    }
    macro_rules! names {
        ($($name:literal)*) => { $(on(ctx, $name, |_, args| look(args, $name))?;)* };
    }
    names!("ArrayBuffer" "DataView" "Uint8Array" "Uint8ClampedArray" "Int8Array" "Uint16Array"
           "Int16Array" "Uint32Array" "Int32Array" "BigUint64Array" "BigInt64Array" "Float16Array" "Float32Array" "Float64Array");
    Ok(())
}

fn look<'js>(args: &Args<'_, 'js>, name: &str) -> Result<Value<'js>> {
    ensure(args.ctx())?;
    args.ctx().globals().get(name)
}

/// Makes the classes, where that has not been done; their names take the place of the properties above.
fn ensure(ctx: &Ctx<'_>) -> Result<()> {
    if state(ctx).has_typed_arrays.get() {
        return Ok(());
    }
    let globals = ctx.globals();
    // The engine aborts the process where a global `Atomics` is there before its own.
    let of_the_script: Option<Value<'_>> = match globals.contains_key(ATOMICS)? {
        true => Some(globals.get(ATOMICS)?),
        false => None,
    };
    globals.remove(ATOMICS)?;
    state(ctx).has_typed_arrays.set(true);
    // SAFETY: a plain call in this context's own runtime, on its own stack (rule 1); it defines properties of the global
    // object, of which the one that must not be there is not.
    let made = unsafe { qjs::JS_AddIntrinsicTypedArrays(ctx.as_raw().as_ptr()) };
    if made != 0 {
        return Err(Error::Exception);
    }
    for name in [ATOMICS, "SharedArrayBuffer"] {
        globals.remove(name)?;
    }
    match of_the_script {
        Some(value) => globals.set(ATOMICS, value),
        None => Ok(()),
    }
}

/// A new buffer with these bytes.
pub(crate) fn array_buffer<'js>(ctx: &Ctx<'js>, bytes: &[u8]) -> Result<Value<'js>> {
    ensure(ctx)?;
    ArrayBuffer::new_copy(ctx.clone(), bytes).map(ArrayBuffer::into_value)
}

/// A new `Uint8Array` with these bytes.
pub(crate) fn uint8_array<'js>(ctx: &Ctx<'js>, bytes: &[u8]) -> Result<TypedArray<'js, u8>> {
    ensure(ctx)?;
    TypedArray::new_copy(ctx.clone(), bytes)
}
