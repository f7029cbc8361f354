//! A script's strings as Rust text. JavaScript strings may hold halves of surrogate pairs, for which UTF-8 has no bytes: the
//! engine gives three bytes that are no UTF-8 for each, so that its own `as_str` must not be trusted.

use std::{borrow::Cow, slice};

use rquickjs::{Coerced, Result, String as JsString, Value};

/// Runs `look` with the text of a string; each lone half of a surrogate pair is U+FFFD in it.
pub(crate) fn with_str<R>(string: &JsString<'_>, look: impl FnOnce(&str) -> R) -> Result<R> {
    let text = string.clone().to_cstring()?;
    // SAFETY: pointer and length are those of one allocation, which `text` keeps alive for the length of this function.
    let bytes = unsafe { slice::from_raw_parts(text.as_ptr().cast::<u8>(), text.len()) };
    Ok(look(&lossy(bytes)))
}

/// `String(value)` as Rust text; lone halves of surrogate pairs are U+FFFD.
///
/// # Errors
/// Whatever the value's own `toString` throws.
pub(crate) fn to_text(value: &Value<'_>) -> Result<String> {
    match value.as_string() {
        Some(string) => with_str(string, str::to_owned),
        None => with_str(&value.get::<Coerced<JsString<'_>>>()?.0, str::to_owned),
    }
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        // The three bytes of a half: ED, and two that are skipped.
        if chunk.invalid().first() == Some(&0xED) {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::lossy;

    #[test]
    fn each_lone_half_of_a_surrogate_pair_is_one_replacement_character() {
        for (bytes, text) in [
            (&b"abc"[..], "abc"),
            (b"a\xED\xA0\x80b", "a\u{FFFD}b"),
            (b"\xED\xA0\x80\xED\xBF\xBF", "\u{FFFD}\u{FFFD}"),
            ("\u{D7FF}😀".as_bytes(), "\u{D7FF}😀"),
        ] {
            assert_eq!(lossy(bytes), text);
        }
    }
}
