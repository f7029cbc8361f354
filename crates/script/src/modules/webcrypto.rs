//! The global `crypto`: random values, UUIDs and `subtle` (WebCrypto). Made at its first use, since most scripts have none.
//!
//! Each operation of `subtle` is read on the script's thread into owned data and becomes a piece of work without any
//! JavaScript in it. Short work is done at once; what takes milliseconds (RSA, PBKDF2) leaves by [`Op::Compute`](crate::Op).

use rquickjs::{ArrayBuffer, Ctx, Function, Object, Result, TypedArray, Value, function::This};

use super::{method, text, throw, throw_type};
use crate::{
    state::State,
    sys::{binary, qjs::Args},
};

mod aes;
mod ec;
mod failure;
mod hash;
mod input;
mod jwk;
mod key;
mod keys;
mod rsa;
mod subtle;
mod work;

use failure::{Failure, Name};

pub(crate) use input::copy_view;

/// Greatest number of elements that `getRandomValues` fills.
const MAX_RANDOM: usize = 65_536;

/// The global's value.
pub(crate) fn build<'js>(ctx: &Ctx<'js>) -> Result<Value<'js>> {
    let crypto = Object::new(ctx.clone())?;
    method(&crypto, "randomUUID", 0, random_uuid)?;
    method(&crypto, "getRandomValues", 1, get_random_values)?;
    let subtle = Object::new(ctx.clone())?;
    subtle::install(&subtle)?;
    crypto.set("subtle", subtle)?;
    Ok(crypto.into_value())
}

fn fill(ctx: &Ctx<'_>, bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| throw(ctx, &format!("the system gives no random bytes: {error}")))
}

/// A UUID of version 4 (RFC 9562).
fn random_uuid<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    use std::fmt::Write;

    let mut bytes = [0; 16];
    fill(args.ctx(), &mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut uuid = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        let dash = if matches!(index, 4 | 6 | 8 | 10) {
            "-"
        } else {
            ""
        };
        // Writing to a String cannot fail.
        let _ = write!(uuid, "{dash}{byte:02x}");
    }
    text(args.ctx(), &uuid)
}

fn get_random_values<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let array = args.get(0);
    let kind = match array.as_object() {
        Some(object) => typed_array_name(object)?,
        None => None,
    };
    let (Some(kind), Some(object)) = (kind, array.as_object()) else {
        return Err(throw_type(
            ctx,
            "getRandomValues() takes an integer typed array",
        ));
    };
    if kind.starts_with("Float") {
        let failure = Failure::new(Name::Type, "getRandomValues() takes no array of floats");
        return Err(failure.throw(ctx));
    }
    let length: usize = object.get("length")?;
    if length > MAX_RANDOM {
        let failure = Failure::new(
            Name::QuotaExceeded,
            format!("getRandomValues() fills at most {MAX_RANDOM} elements"),
        );
        return Err(failure.throw(ctx));
    }
    let bytes: usize = object.get("byteLength")?;
    let mut random = vec![0; bytes];
    fill(ctx, &mut random)?;
    overwrite(object, &random)?;
    Ok(array)
}

/// Puts bytes in the place of those that a view shows.
fn overwrite(view: &Object<'_>, bytes: &[u8]) -> Result<()> {
    let buffer: ArrayBuffer = view.get("buffer")?;
    let offset: usize = view.get("byteOffset")?;
    let whole = TypedArray::<u8>::from_arraybuffer(buffer)?;
    let source = binary::uint8_array(view.ctx(), bytes)?;
    let set: Function = whole.as_object().get("set")?;
    set.call((This(whole), source, offset))
}

/// The class of a typed array; `None` where it is none.
fn typed_array_name(object: &Object<'_>) -> Result<Option<String>> {
    let is_view = object.get::<_, Option<f64>>("BYTES_PER_ELEMENT")?.is_some();
    if !is_view {
        return Ok(None);
    }
    let class: Option<Object> = object.get("constructor")?;
    class.map_or(Ok(None), |class| class.get("name"))
}
