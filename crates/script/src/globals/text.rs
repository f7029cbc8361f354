//! `TextEncoder` and `TextDecoder` (utf-8, utf-16le, utf-16be).

use std::cell::{Cell, RefCell};

use rquickjs::{Ctx, Object, Result, Value};

use crate::{
    modules::{method, text, throw, throw_type, to_text, webcrypto::copy_view},
    state::State,
    sys::{
        binary,
        native::{self, NativeClass},
        qjs::{self, Args},
    },
};

/// `TextEncoder`.
struct Encoder;

/// The constructor.
pub(super) fn encoder<'js>(ctx: &Ctx<'js>) -> Result<Value<'js>> {
    let class = qjs::constructor(ctx, "TextEncoder", 0, |_, args| {
        native::instance(args.ctx(), Encoder).map(Object::into_value)
    })?;
    Ok(class.into_value())
}

impl NativeClass for Encoder {
    const NAME: &'static str = "TextEncoder";

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        prototype.set("encoding", "utf-8")?;
        method(prototype, "encode", 1, |_, args| {
            let input = if args.get(0).is_undefined() {
                String::new()
            } else {
                to_text(&args.get(0))?
            };
            let bytes = binary::uint8_array(args.ctx(), input.as_bytes())?;
            Ok(bytes.into_value())
        })
    }
}

/// What bytes mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    fn named(label: &str) -> Option<Encoding> {
        Some(match label.trim().to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "unicode-1-1-utf-8" => Encoding::Utf8,
            "utf-16le" | "utf-16" | "utf16le" | "ucs-2" | "iso-10646-ucs-2" | "unicode" => {
                Encoding::Utf16Le
            }
            "utf-16be" | "utf16be" => Encoding::Utf16Be,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
        }
    }
}

/// `TextDecoder`.
struct Decoder {
    encoding: Encoding,
    /// Bad bytes throw instead of becoming U+FFFD.
    fatal: bool,
    /// A byte order mark stays in the text.
    keep_mark: bool,
    /// Bytes of a character that is not complete yet (`stream: true`).
    rest: RefCell<Vec<u8>>,
    /// Whether text has begun, so that a mark would be a character.
    begun: Cell<bool>,
}

/// The constructor.
pub(super) fn decoder<'js>(ctx: &Ctx<'js>) -> Result<Value<'js>> {
    let class = qjs::constructor(ctx, "TextDecoder", 0, new_decoder)?;
    Ok(class.into_value())
}

fn option(args: &Args<'_, '_>, index: usize, name: &str) -> Result<bool> {
    match args.get(index).as_object() {
        Some(options) => Ok(qjs::is_truthy(&options.get::<_, Value>(name)?)),
        None => Ok(false),
    }
}

fn new_decoder<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let label = if args.get(0).is_undefined() {
        "utf-8".to_owned()
    } else {
        to_text(&args.get(0))?
    };
    let Some(encoding) = Encoding::named(&label) else {
        let message = format!("unsupported encoding: {label}");
        return Err(rquickjs::Exception::throw_range(args.ctx(), &message));
    };
    let decoder = Decoder {
        encoding,
        fatal: option(args, 1, "fatal")?,
        keep_mark: option(args, 1, "ignoreBOM")?,
        rest: RefCell::default(),
        begun: Cell::new(false),
    };
    native::instance(args.ctx(), decoder).map(Object::into_value)
}

impl NativeClass for Decoder {
    const NAME: &'static str = "TextDecoder";

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        qjs::getter(prototype, "encoding", |_, args| {
            text(args.ctx(), look(args, |decoder| decoder.encoding.name())?)
        })?;
        qjs::getter(prototype, "fatal", |_, args| {
            let fatal = look(args, |decoder| decoder.fatal)?;
            Ok(Value::new_bool(args.ctx().clone(), fatal))
        })?;
        qjs::getter(prototype, "ignoreBOM", |_, args| {
            let keep = look(args, |decoder| decoder.keep_mark)?;
            Ok(Value::new_bool(args.ctx().clone(), keep))
        })?;
        method(prototype, "decode", 1, |_, args| {
            let bytes = if args.is_nullish(0) {
                Vec::new()
            } else {
                copy_view(&args.get(0))?.ok_or_else(|| {
                    throw_type(
                        args.ctx(),
                        "decode() takes an ArrayBuffer, a typed array or a DataView",
                    )
                })?
            };
            let more = option(args, 1, "stream")?;
            let decoded = look(args, |decoder| decoder.decode(&bytes, more))?;
            match decoded {
                Some(decoded) => text(args.ctx(), &decoded),
                None => Err(throw_type(
                    args.ctx(),
                    "the encoded data was not valid for its encoding",
                )),
            }
        })
    }
}

fn look<R>(args: &Args<'_, '_>, look: impl FnOnce(&Decoder) -> R) -> Result<R> {
    native::with(&args.this(), look).ok_or_else(|| throw(args.ctx(), "this is not a TextDecoder"))
}

impl Decoder {
    /// `None`: bad bytes, and `fatal`.
    fn decode(&self, bytes: &[u8], more: bool) -> Option<String> {
        let mut all = self.rest.take();
        all.extend_from_slice(bytes);
        let whole = if more {
            whole_length(self.encoding, &all)
        } else {
            all.len()
        };
        let rest = all.split_off(whole);
        let decoded = decode_all(self.encoding, &all);
        if self.fatal && decoded.is_err() {
            self.begun.set(false);
            return None;
        }
        let (Ok(mut decoded) | Err(mut decoded)) = decoded;
        if !self.keep_mark && !self.begun.get() && decoded.starts_with('\u{FEFF}') {
            decoded.remove(0);
        }
        self.begun.set(more && (self.begun.get() || whole > 0));
        self.rest.replace(rest);
        Some(decoded)
    }
}

/// The text; as an error where some of it had to be replaced.
fn decode_all(encoding: Encoding, bytes: &[u8]) -> std::result::Result<String, String> {
    let unit: fn([u8; 2]) -> u16 = match encoding {
        Encoding::Utf8 => {
            return std::str::from_utf8(bytes)
                .map(str::to_owned)
                .map_err(|_| String::from_utf8_lossy(bytes).into_owned());
        }
        Encoding::Utf16Le => u16::from_le_bytes,
        Encoding::Utf16Be => u16::from_be_bytes,
    };
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut bad = !odd.is_empty();
    let mut text: String = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .map(|character| {
            character.unwrap_or_else(|_| {
                bad = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    if !odd.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    if bad { Err(text) } else { Ok(text) }
}

/// How many of the bytes are whole characters; what follows may become one with the next bytes.
fn whole_length(encoding: Encoding, bytes: &[u8]) -> usize {
    if encoding == Encoding::Utf8 {
        return match std::str::from_utf8(bytes) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            // Bad bytes before: what is incomplete can only be among the last three.
            Err(_) => (1..=3)
                .filter_map(|back| Some((bytes.len().checked_sub(back)?, back)))
                .find(|(start, _)| {
                    std::str::from_utf8(&bytes[*start..])
                        .is_err_and(|error| error.error_len().is_none() && error.valid_up_to() == 0)
                })
                .map_or(bytes.len(), |(start, _)| start),
            Ok(_) => bytes.len(),
        };
    }
    let whole = bytes.len() & !1;
    let high = |at: usize| {
        let high_byte = if encoding == Encoding::Utf16Le {
            at + 1
        } else {
            at
        };
        (0xD8..=0xDB).contains(&bytes[high_byte])
    };
    if whole >= 2 && high(whole - 2) {
        whole - 2
    } else {
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder(encoding: Encoding) -> Decoder {
        Decoder {
            encoding,
            fatal: false,
            keep_mark: false,
            rest: RefCell::default(),
            begun: Cell::new(false),
        }
    }

    #[test]
    fn text_in_pieces_is_the_text_as_a_whole() {
        let text = "\u{FEFF}aé€😀\u{FEFF}z";
        let units: Vec<u16> = text.encode_utf16().collect();
        let encoded = [
            (Encoding::Utf8, text.as_bytes().to_vec()),
            (
                Encoding::Utf16Le,
                units.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            ),
            (
                Encoding::Utf16Be,
                units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            ),
        ];
        for (encoding, bytes) in encoded {
            for split in 0..=bytes.len() {
                let decoder = decoder(encoding);
                let mut decoded = decoder.decode(&bytes[..split], true).unwrap();
                decoded += &decoder.decode(&bytes[split..], false).unwrap();
                assert_eq!(decoded, "aé€😀\u{FEFF}z", "{encoding:?} {split}");
            }
        }
    }

    #[test]
    fn bad_bytes_are_replaced_or_refused() {
        assert_eq!(
            decoder(Encoding::Utf8).decode(b"a\xFFb", false).unwrap(),
            "a\u{FFFD}b"
        );
        assert_eq!(
            decoder(Encoding::Utf16Le)
                .decode(&[0, 0xD8], false)
                .unwrap(),
            "\u{FFFD}"
        );
        assert_eq!(
            decoder(Encoding::Utf16Be).decode(&[0], false).unwrap(),
            "\u{FFFD}"
        );
        let fatal = Decoder {
            fatal: true,
            ..decoder(Encoding::Utf8)
        };
        assert_eq!(fatal.decode(b"\xFF", false), None);
    }
}
