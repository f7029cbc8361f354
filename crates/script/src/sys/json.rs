//! JSON text to values, for the common case: several times faster than the engine's own parser, which makes each string in a
//! growing buffer, each key anew, and each array element by element.
//!
//! Whatever is unusual (an error above all, whose words and place the engine finds) is left to the engine: [`Built::Unusual`].

use rquickjs::{Ctx, Error, Result, Value, qjs};

#[cfg(test)]
mod tests;

/// Parses JSON text that ends with a NUL byte, without copying it (rquickjs' own call copies).
///
/// # Errors
/// Throws where it is not JSON.
pub(crate) fn parse<'js>(ctx: &Ctx<'js>, text: &Text<'_>) -> Result<Value<'js>> {
    match build(ctx, &text.bytes[..text.bytes.len() - 1]) {
        Built::Value(value) => return Ok(value),
        Built::Failed => return Err(Error::Exception),
        Built::Unusual => {}
    }
    // SAFETY: the text is followed by a NUL byte, as the engine's parser asks.
    let value = unsafe {
        let raw = qjs::JS_ParseJSON(
            ctx.as_raw().as_ptr(),
            text.bytes.as_ptr().cast(),
            (text.bytes.len() - 1) as _,
            c"<json>".as_ptr(),
        );
        Value::from_raw(ctx.clone(), raw)
    };
    if value.is_exception() {
        Err(Error::Exception)
    } else {
        Ok(value)
    }
}

/// JSON text followed by a NUL byte.
pub(crate) struct Text<'a> {
    bytes: std::borrow::Cow<'a, [u8]>,
}

impl Text<'static> {
    /// Copies `text`. Bytes that are not UTF-8 are replaced, as in all text of a response.
    pub(crate) fn copy(text: &[u8]) -> Text<'static> {
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text);
        bytes.push(0);
        Text {
            bytes: bytes.into(),
        }
    }
}

impl<'a> Text<'a> {
    /// Takes bytes that already end with NUL; `None` where they do not.
    pub(crate) fn with_nul(bytes: &'a [u8]) -> Option<Text<'a>> {
        (bytes.last() == Some(&0)).then_some(Text {
            bytes: bytes.into(),
        })
    }
}

/// What came of a text.
enum Built<'js> {
    /// The value.
    Value(Value<'js>),
    /// An exception is pending: the heap is full.
    Failed,
    /// Not JSON, nested too deep for the stack, or text that is no UTF-8: the engine shall look at it.
    Unusual,
}

/// Containers inside each other that are built here. Each takes some 200 bytes of the stack.
const DEPTH: usize = 64;
/// Keys remembered while a text is parsed: objects in a list share theirs.
const KEYS: usize = 64;

/// Bytes of a string that need no look: ASCII that is neither a quote nor an escape nor a control character.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte < 0x80 {
        plain[byte as usize] = byte != b'"' && byte != b'\\';
        byte += 1;
    }
    plain
};

/// Builds the value of `text`.
fn build<'js>(ctx: &Ctx<'js>, text: &[u8]) -> Built<'js> {
    let mut builder = Builder {
        raw: ctx.as_raw().as_ptr(),
        text,
        at: 0,
        waiting: Vec::new(),
        keys: [const { None }; KEYS],
    };
    builder.skip_space();
    let value = match builder.value(0) {
        Ok(value) => value,
        Err(Stop::Exception) => return Built::Failed,
        Err(Stop::Unusual) => return Built::Unusual,
    };
    // SAFETY: the builder gives a value of this context that is the receiver's to free.
    let value = unsafe { Value::from_raw(ctx.clone(), value) };
    builder.skip_space();
    if builder.at == text.len() {
        Built::Value(value)
    } else {
        Built::Unusual
    }
}

enum Stop {
    Exception,
    Unusual,
}

type Parsed<T> = std::result::Result<T, Stop>;

struct Builder<'t> {
    raw: *mut qjs::JSContext,
    text: &'t [u8],
    at: usize,
    /// Values that belong to containers still open. Freed with the builder.
    waiting: Vec<qjs::JSValue>,
    /// Freed with the builder.
    keys: [Option<(&'t [u8], qjs::JSAtom)>; KEYS],
}

impl Drop for Builder<'_> {
    fn drop(&mut self) {
        // SAFETY: both are owned here, once.
        unsafe {
            for value in self.waiting.drain(..) {
                qjs::JS_FreeValue(self.raw, value);
            }
            for (_, atom) in self.keys.iter().flatten() {
                qjs::JS_FreeAtom(self.raw, *atom);
            }
        }
    }
}

/// The engine's sign that an exception is pending.
fn checked(value: qjs::JSValue) -> Parsed<qjs::JSValue> {
    // SAFETY: looks at the tag only.
    if unsafe { qjs::JS_IsException(value) } {
        Err(Stop::Exception)
    } else {
        Ok(value)
    }
}

impl<'t> Builder<'t> {
    fn peek(&self) -> Parsed<u8> {
        self.text.get(self.at).copied().ok_or(Stop::Unusual)
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Parsed<()> {
        if self.peek()? == byte {
            self.at += 1;
            Ok(())
        } else {
            Err(Stop::Unusual)
        }
    }

    /// Whether the container that `close` ends goes on behind an entry.
    fn goes_on(&mut self, close: u8) -> Parsed<bool> {
        self.skip_space();
        let found = self.peek()?;
        self.at += 1;
        if found == b',' {
            self.skip_space();
            Ok(true)
        } else if found == close {
            Ok(false)
        } else {
            Err(Stop::Unusual)
        }
    }

    /// The value that begins here, which is the caller's to free.
    fn value(&mut self, depth: usize) -> Parsed<qjs::JSValue> {
        match self.peek()? {
            b'{' if depth < DEPTH => self.object(depth),
            b'[' if depth < DEPTH => self.array(depth),
            b'"' => {
                let (text, escaped) = self.string()?;
                if escaped {
                    self.unescaped(text)
                } else {
                    self.new_string(text)
                }
            }
            b't' => self.word(b"true", qjs::JS_TRUE),
            b'f' => self.word(b"false", qjs::JS_FALSE),
            b'n' => self.word(b"null", qjs::JS_NULL),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(Stop::Unusual),
        }
    }

    fn word(&mut self, word: &[u8], value: qjs::JSValue) -> Parsed<qjs::JSValue> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(Stop::Unusual)
        }
    }

    fn object(&mut self, depth: usize) -> Parsed<qjs::JSValue> {
        self.at += 1;
        // SAFETY: makes a value that goes to `waiting`, from where it is taken or freed.
        let object = checked(unsafe { qjs::JS_NewObject(self.raw) })?;
        self.waiting.push(object);
        self.skip_space();
        if self.peek()? == b'}' {
            self.at += 1;
        } else {
            loop {
                let key = self.key()?;
                let set = self.member(object, key, depth);
                // SAFETY: `key` gave a reference of our own.
                unsafe { qjs::JS_FreeAtom(self.raw, key) };
                set?;
                if !self.goes_on(b'}')? {
                    break;
                }
            }
        }
        self.waiting.pop().ok_or(Stop::Unusual)
    }

    /// What stands behind a key.
    fn member(&mut self, object: qjs::JSValue, key: qjs::JSAtom, depth: usize) -> Parsed<()> {
        self.skip_space();
        self.expect(b':')?;
        self.skip_space();
        let value = self.value(depth + 1)?;
        let flags = qjs::JS_PROP_C_W_E as std::ffi::c_int;
        // SAFETY: the caller keeps object and key alive; the value is given away, also on failure.
        let set = unsafe { qjs::JS_DefinePropertyValue(self.raw, object, key, value, flags) };
        if set < 0 {
            Err(Stop::Exception)
        } else {
            Ok(())
        }
    }

    fn array(&mut self, depth: usize) -> Parsed<qjs::JSValue> {
        self.at += 1;
        let first = self.waiting.len();
        self.skip_space();
        if self.peek()? == b']' {
            self.at += 1;
        } else {
            loop {
                let value = self.value(depth + 1)?;
                self.waiting.push(value);
                if !self.goes_on(b']')? {
                    break;
                }
            }
        }
        let count = std::ffi::c_int::try_from(self.waiting.len() - first);
        let count = count.map_err(|_| Stop::Unusual)?;
        // SAFETY: the engine takes the elements over, also where it fails; from here on they are no longer `waiting`.
        checked(unsafe {
            let elements = self.waiting.as_ptr().add(first);
            self.waiting.set_len(first);
            qjs::JS_NewArrayFrom(self.raw, count, elements)
        })
    }

    /// The atom of the key that begins here, which is the caller's to free.
    fn key(&mut self) -> Parsed<qjs::JSAtom> {
        if self.peek()? != b'"' {
            return Err(Stop::Unusual);
        }
        let (text, escaped) = self.string()?;
        // Keys with escapes are rare enough for the engine.
        if escaped {
            return Err(Stop::Unusual);
        }
        let first = text.first().copied().unwrap_or_default();
        let last = text.last().copied().unwrap_or_default();
        let mixed = usize::from(first) * 7 + usize::from(last) * 3 + text.len();
        let slot = mixed % KEYS;
        if let Some((known, atom)) = &self.keys[slot]
            && *known == text
        {
            // SAFETY: `keys` keeps it alive until here.
            return Ok(unsafe { qjs::JS_DupAtom(self.raw, *atom) });
        }
        // SAFETY: the engine copies the text; `keys` gets a reference of its own, and the one that was there is freed.
        unsafe {
            let atom = qjs::JS_NewAtomLen(self.raw, text.as_ptr().cast(), text.len() as _);
            if atom == qjs::JS_ATOM_NULL {
                return Err(Stop::Exception);
            }
            if let Some((_, before)) =
                self.keys[slot].replace((text, qjs::JS_DupAtom(self.raw, atom)))
            {
                qjs::JS_FreeAtom(self.raw, before);
            }
            Ok(atom)
        }
    }

    /// The bytes between the quotes, and whether there are escapes among them.
    fn string(&mut self) -> Parsed<(&'t [u8], bool)> {
        let start = self.at + 1;
        let rest = self.text.get(start..).ok_or(Stop::Unusual)?;
        let (mut escaped, mut ascii) = (false, true);
        let mut length = 0;
        loop {
            let plain = rest[length..]
                .iter()
                .position(|byte| !PLAIN[usize::from(*byte)]);
            length += plain.ok_or(Stop::Unusual)?;
            match rest[length] {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    length += 2;
                    if length > rest.len() {
                        return Err(Stop::Unusual);
                    }
                }
                control if control < b' ' => return Err(Stop::Unusual),
                _ => {
                    ascii = false;
                    length += 1;
                }
            }
        }
        let text = &rest[..length];
        if !ascii && std::str::from_utf8(text).is_err() {
            return Err(Stop::Unusual);
        }
        self.at = start + length + 1;
        Ok((text, escaped))
    }

    fn new_string(&self, text: &[u8]) -> Parsed<qjs::JSValue> {
        // SAFETY: the engine copies the text.
        checked(unsafe { qjs::JS_NewStringLen(self.raw, text.as_ptr().cast(), text.len() as _) })
    }

    /// A string with escapes; half a surrogate pair, which no Rust string can hold, is left to the engine.
    fn unescaped(&self, text: &'t [u8]) -> Parsed<qjs::JSValue> {
        let end = self.at;
        let quoted = &self.text[end - text.len() - 2..end];
        let decoded: String = serde_json::from_slice(quoted).map_err(|_| Stop::Unusual)?;
        self.new_string(decoded.as_bytes())
    }

    fn number(&mut self) -> Parsed<qjs::JSValue> {
        let start = self.at;
        let digits = |builder: &mut Self| {
            let from = builder.at;
            while builder.text.get(builder.at).is_some_and(u8::is_ascii_digit) {
                builder.at += 1;
            }
            builder.at - from
        };
        let negative = self.peek()? == b'-';
        self.at += usize::from(negative);
        let first = self.at;
        let whole = digits(self);
        if whole == 0 || whole > 1 && self.text[first] == b'0' {
            return Err(Stop::Unusual);
        }
        let mut is_integer = true;
        if self.text.get(self.at) == Some(&b'.') {
            is_integer = false;
            self.at += 1;
            if digits(self) == 0 {
                return Err(Stop::Unusual);
            }
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            is_integer = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            if digits(self) == 0 {
                return Err(Stop::Unusual);
            }
        }
        let text = &self.text[start..self.at];
        if is_integer && whole <= 9 {
            let magnitude = self.text[first..self.at]
                .iter()
                .fold(0_i32, |number, digit| number * 10 + i32::from(digit - b'0'));
            // Zero with a sign is no integer.
            if !(negative && magnitude == 0) {
                let number = if negative { -magnitude } else { magnitude };
                return Ok(qjs::JS_MKVAL(qjs::JS_TAG_INT, number));
            }
        }
        let text = std::str::from_utf8(text).map_err(|_| Stop::Unusual)?;
        let number: f64 = text.parse().map_err(|_| Stop::Unusual)?;
        Ok(qjs::JS_NewFloat64(number))
    }
}
