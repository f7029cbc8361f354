//! `k6/encoding`: base64 in four variants, with Go's rules: line breaks are skipped, unused last bits are not looked at.

use base64::{
    DecodeError, Engine,
    alphabet::{self, Alphabet},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use rquickjs::{Ctx, Object, Result, Value};

use super::{BuiltinModule, method, text, throw, throw_type, to_text};
use crate::{
    state::State,
    sys::{
        binary,
        qjs::{self, Args},
    },
};

/// The module.
pub(crate) struct Encoding;

impl BuiltinModule for Encoding {
    const EXPORTS: &'static [&'static str] = &["b64encode", "b64decode"];

    fn build<'js>(ctx: &Ctx<'js>, _state: &State) -> Result<Object<'js>> {
        let module = Object::new(ctx.clone())?;
        method(&module, "b64encode", 2, b64encode)?;
        method(&module, "b64decode", 3, b64decode)?;
        Ok(module)
    }
}

const fn engine(alphabet: &Alphabet, padded: bool) -> GeneralPurpose {
    let padding = if padded {
        DecodePaddingMode::RequireCanonical
    } else {
        DecodePaddingMode::RequireNone
    };
    GeneralPurpose::new(
        alphabet,
        GeneralPurposeConfig::new()
            .with_encode_padding(padded)
            .with_decode_padding_mode(padding)
            .with_decode_allow_trailing_bits(true),
    )
}

/// `std`: `+`, `/` and padding.
pub(super) const STANDARD: GeneralPurpose = engine(&alphabet::STANDARD, true);
/// `rawstd`: without padding.
const STANDARD_RAW: GeneralPurpose = engine(&alphabet::STANDARD, false);
/// `url`: `-` and `_` for `+` and `/`.
pub(super) const URL: GeneralPurpose = engine(&alphabet::URL_SAFE, true);
/// `rawurl`.
pub(super) const URL_RAW: GeneralPurpose = engine(&alphabet::URL_SAFE, false);

fn variant(args: &Args<'_, '_>, index: usize) -> Result<GeneralPurpose> {
    if args.is_nullish(index) {
        return Ok(STANDARD);
    }
    // An unknown name means `std`, as in k6.
    Ok(match to_text(&args.get(index))?.as_str() {
        "rawstd" => STANDARD_RAW,
        "url" => URL,
        "rawurl" => URL_RAW,
        _ => STANDARD,
    })
}

/// The bytes of a string (UTF-8), an ArrayBuffer or a Uint8Array.
///
/// # Errors
/// Throws on anything else.
pub(super) fn bytes_of(value: &Value<'_>, what: &str) -> Result<Vec<u8>> {
    if value.is_string() {
        return to_text(value).map(String::into_bytes);
    }
    qjs::copy_bytes(value).ok_or_else(|| {
        throw_type(
            value.ctx(),
            &format!(
                "{what} must be a string, an ArrayBuffer or a Uint8Array, not {}",
                value.type_name()
            ),
        )
    })
}

fn b64encode<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let bytes = bytes_of(&args.get(0), "the input of b64encode()")?;
    text(args.ctx(), &variant(args, 1)?.encode(bytes))
}

fn b64decode<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let mut input = to_text(&args.get(0))?;
    let variant = variant(args, 1)?;
    input.retain(|character| !matches!(character, '\r' | '\n'));
    let bytes = variant.decode(&input).map_err(|error| {
        let offset = match error {
            DecodeError::InvalidByte(offset, _) | DecodeError::InvalidLastSymbol(offset, _) => {
                offset
            }
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => input.len(),
        };
        throw(ctx, &format!("illegal base64 data at input byte {offset}"))
    })?;
    if !args.is_nullish(2) && to_text(&args.get(2))? == "s" {
        return text(ctx, &go_text(&bytes));
    }
    binary::array_buffer(ctx, &bytes)
}

/// Bytes as text, each byte that is not UTF-8 replaced on its own, as Go does (Rust replaces whole sequences).
fn go_text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    out
}
