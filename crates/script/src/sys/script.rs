//! CommonJS files as compiled functions, shared by all VUs as bytecode.

use std::{ffi::CString, mem::MaybeUninit, slice};

use rquickjs::{Ctx, Error, Exception, Function, Result, Value, qjs};

/// The compiled `function (module, exports)` of a file. Only ever what the engine wrote in this process: it trusts it blindly.
pub(crate) struct FunctionCode(Vec<u8>);

/// Two lines before the file's first one, since the engine takes line 0 for "no line given".
const BEFORE: &str = "(function (module, exports) {\n\n";
const FIRST_LINE: i32 = -1;
const AFTER: &str = "\n})";

impl FunctionCode {
    /// Compiles `body`, which must be a whole function body by itself (the caller has parsed it), with its own positions.
    ///
    /// # Errors
    /// A syntax error, thrown.
    pub(crate) fn compile(ctx: &Ctx<'_>, name: &str, body: &str) -> Result<FunctionCode> {
        let name = CString::new(name)?;
        let mut text = String::with_capacity(BEFORE.len() + body.len() + AFTER.len());
        text.push_str(BEFORE);
        match body.strip_prefix("#!") {
            Some(rest) => text.extend(["//", rest]),
            None => text.push_str(body),
        }
        text.push_str(AFTER);
        let length = text.len();
        // A NUL byte inside is for the engine's parser to complain about; it goes by the length.
        let text = [text.as_bytes(), b"\0"].concat();
        let flags =
            qjs::JS_EVAL_TYPE_GLOBAL | qjs::JS_EVAL_FLAG_STRICT | qjs::JS_EVAL_FLAG_COMPILE_ONLY;
        let mut options = qjs::JSEvalOptions {
            version: qjs::JS_EVAL_OPTIONS_VERSION as _,
            eval_flags: flags as _,
            filename: name.as_ptr(),
            line_num: FIRST_LINE,
        };
        // SAFETY: text and name end with NUL bytes and outlive the call; the result is ours.
        let compiled = unsafe {
            let raw = qjs::JS_Eval2(
                ctx.as_raw().as_ptr(),
                text.as_ptr().cast(),
                length as _,
                &raw mut options,
            );
            Value::from_raw(ctx.clone(), raw)
        };
        if compiled.is_exception() {
            return Err(Error::Exception);
        }
        let flags = qjs::JS_WRITE_OBJ_BYTECODE | qjs::JS_WRITE_OBJ_STRIP_SOURCE;
        let mut length = MaybeUninit::uninit();
        // SAFETY: the engine gives a block of `length` bytes, which is copied and freed here.
        let bytes = unsafe {
            let raw = ctx.as_raw().as_ptr();
            let block =
                qjs::JS_WriteObject(raw, length.as_mut_ptr(), compiled.as_raw(), flags as _);
            if block.is_null() {
                return Err(Error::Exception);
            }
            let bytes = slice::from_raw_parts(block, length.assume_init() as _).to_vec();
            qjs::js_free(raw, block.cast());
            bytes
        };
        Ok(FunctionCode(bytes))
    }

    /// The function, in this VU.
    ///
    /// # Errors
    /// No memory, or something that is no function: a fault of the caller of `compile`.
    pub(crate) fn load<'js>(&self, ctx: &Ctx<'js>) -> Result<Function<'js>> {
        // SAFETY: the bytes come from `compile` alone, in the same process and so from the same engine; `JS_EvalFunction` takes
        // the reference that it is given.
        let value = unsafe {
            let raw = ctx.as_raw().as_ptr();
            let flags = qjs::JS_READ_OBJ_BYTECODE;
            let code = qjs::JS_ReadObject(raw, self.0.as_ptr(), self.0.len() as _, flags as _);
            if qjs::JS_IsException(code) {
                return Err(Error::Exception);
            }
            Value::from_raw(ctx.clone(), qjs::JS_EvalFunction(raw, code))
        };
        if value.is_exception() {
            return Err(Error::Exception);
        }
        value
            .into_function()
            .ok_or_else(|| Exception::throw_type(ctx, "a CommonJS file is one function body"))
    }
}
