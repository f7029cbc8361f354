//! Request bodies: text, bytes, forms and multipart forms (k6 API reference, 6.4).

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::HeaderValue;
use rquickjs::{Object, Result, Value};

use super::request::{Refused, argument_error};
use crate::{
    modules::{text, throw_type, to_text},
    state::State,
    sys::{
        native::{self, NativeClass},
        qjs::{self, Args},
        text::with_str,
    },
};

/// A body as it goes out.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    pub(super) bytes: Bytes,
    /// Set for forms only; the script's own header wins.
    pub(super) content_type: Option<HeaderValue>,
}

/// Marks what `http.file` gives.
struct FileData;

impl NativeClass for FileData {
    const NAME: &'static str = "FileData";

    fn fill_prototype(_prototype: &Object<'_>) -> Result<()> {
        Ok(())
    }
}

pub(super) fn file<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let data = args.get(0);
    if !data.is_string() && bytes_of(&data).is_none() {
        return Err(throw_type(
            ctx,
            "http.file() takes a string or an ArrayBuffer",
        ));
    }
    let filename = if args.is_nullish(1) {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        text(ctx, &now.as_nanos().to_string())?
    } else {
        args.get(1)
    };
    let content_type = if args.is_nullish(2) {
        text(ctx, "application/octet-stream")?
    } else {
        args.get(2)
    };
    let file = native::instance(ctx, FileData)?;
    file.set("data", data)?;
    file.set("filename", filename)?;
    file.set("content_type", content_type)?;
    Ok(file.into_value())
}

/// The bytes of an ArrayBuffer or a Uint8Array, copied: the script may change its own while the request travels (rule 6).
pub(super) fn bytes_of(value: &Value<'_>) -> Option<Bytes> {
    qjs::copy_bytes(value).map(Bytes::from)
}

/// Encodes a body argument.
pub(super) fn encode(state: &State, body: &Value<'_>) -> std::result::Result<Encoded, Refused> {
    if body.is_undefined() || body.is_null() {
        return Ok(Encoded::default());
    }
    if let Some(string) = body.as_string() {
        return Ok(Encoded {
            bytes: with_str(string, |text| Bytes::copy_from_slice(text.as_bytes()))?,
            content_type: None,
        });
    }
    if let Some(bytes) = bytes_of(body) {
        return Ok(Encoded {
            bytes,
            content_type: None,
        });
    }
    match body.as_object() {
        Some(object) if is_plain(object) => encode_form(state, object),
        Some(_) | None => Err(argument_error(format!(
            "unknown request body type {}",
            body.type_name()
        ))),
    }
}

fn is_plain(object: &Object<'_>) -> bool {
    let is_view = || {
        object
            .get::<_, Option<f64>>("BYTES_PER_ELEMENT")
            .ok()
            .flatten()
            .is_some()
    };
    let is_date = || {
        object
            .get::<_, Option<rquickjs::Function>>("getUTCDate")
            .ok()
            .flatten()
            .is_some()
    };
    !object.is_array() && !object.is_function() && !object.is_error() && !is_view() && !is_date()
}

fn encode_form(state: &State, object: &Object<'_>) -> std::result::Result<Encoded, Refused> {
    let mut fields: Vec<(String, Value<'_>)> = Vec::new();
    let mut has_file = false;
    for entry in object.props::<String, Value>() {
        let (name, value) = entry?;
        has_file |= native::with(&value, |_: &FileData| ()).is_some();
        fields.push((name, value));
    }
    if has_file {
        return encode_multipart(state, &fields);
    }
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut form = String::new();
    for (name, value) in &fields {
        for text in field_texts(state, name, value)? {
            push_pair(&mut form, name, &text);
        }
    }
    let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    Ok(Encoded {
        bytes: form.into(),
        content_type: Some(content_type),
    })
}

fn push_pair(form: &mut String, name: &str, value: &str) {
    if !form.is_empty() {
        form.push('&');
    }
    escape(form, name);
    form.push('=');
    escape(form, value);
}

/// Names and values as a query string.
pub(crate) fn encode_pairs(pairs: &[(String, String)]) -> String {
    let mut form = String::new();
    for (name, value) in pairs {
        push_pair(&mut form, name, value);
    }
    form
}

/// The values that a field has: an array repeats its key.
fn field_texts(state: &State, name: &str, value: &Value<'_>) -> Result<Vec<String>> {
    let Some(array) = value.as_array() else {
        return Ok(vec![field_text(state, name, value)?]);
    };
    let mut texts = Vec::with_capacity(array.len());
    for element in array.iter::<Value>() {
        texts.push(field_text(state, name, &element?)?);
    }
    Ok(texts)
}

fn field_text(state: &State, name: &str, value: &Value<'_>) -> Result<String> {
    if value.is_undefined() || value.is_null() {
        return Ok(String::new());
    }
    if let Some(number) = value.as_number() {
        return Ok(go_number(number));
    }
    if value.is_object() {
        state.host.warn(
            "form field left empty",
            &format!("the field '{name}' holds an object or a nested array"),
        );
        return Ok(String::new());
    }
    to_text(value)
}

/// A number as Go's `%v` writes it: integers plain, other numbers with an exponent below -4 and from 6 up.
pub(super) fn go_number(number: f64) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        return format!("{number:.0}").replace("-0", "0");
    }
    if !number.is_finite() {
        return if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        }
        .to_owned();
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn escape(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

fn encode_multipart(
    state: &State,
    fields: &[(String, Value<'_>)],
) -> std::result::Result<Encoded, Refused> {
    let boundary = boundary();
    let mut out: Vec<u8> = Vec::new();
    for (name, value) in fields {
        let is_file = native::with(value, |_: &FileData| ()).is_some();
        if let (true, Some(file)) = (is_file, value.as_object()) {
            let data: Value = file.get("data")?;
            let filename = to_text(&file.get::<_, Value>("filename")?)?;
            let content_type = to_text(&file.get::<_, Value>("content_type")?)?;
            let bytes = match bytes_of(&data) {
                Some(bytes) => bytes,
                None => to_text(&data)?.into(),
            };
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
                quoted(name),
                quoted(&filename),
                content_type.replace(['\r', '\n'], " "),
            );
            out.extend_from_slice(head.as_bytes());
            out.extend_from_slice(&bytes);
            out.extend_from_slice(b"\r\n");
            continue;
        }
        for text in field_texts(state, name, value)? {
            let part = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{text}\r\n",
                quoted(name)
            );
            out.extend_from_slice(part.as_bytes());
        }
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let content_type =
        HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}")).ok();
    Ok(Encoded {
        bytes: out.into(),
        content_type,
    })
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// 60 hex digits that no body is likely to hold.
fn boundary() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mixed = u128::from(count).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        ^ now.rotate_left(64);
    format!("{now:028x}{mixed:032x}")[..60].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_forms_read_as_go_prints_them() {
        for (number, expected) in [
            (1.0, "1"),
            (-3.0, "-3"),
            (-0.0, "0"),
            (1_234_567.0, "1234567"),
            (1_234_567.5, "1.2345675e+06"),
            (123_456.5, "123456.5"),
            (0.5, "0.5"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e21, "1e+21"),
        ] {
            assert_eq!(go_number(number), expected);
        }
    }

    #[test]
    fn a_boundary_has_sixty_hex_digits_and_differs_each_time() {
        let (a, b) = (boundary(), boundary());
        assert!(a.len() == 60 && a.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(a, b);
    }
}
