//! Percent-encoding of paths as Go's `net/url` has it: a path that is properly encoded is left as it is, any other one is
//! decoded and encoded as a whole.

/// The path as it is sent.
pub(super) fn path(path: &str) -> Result<String, String> {
    let plain = decoded(path)?;
    if path
        .bytes()
        .all(|byte| is_unreserved(byte) || b"!$&'()*+,;=:@[]/%".contains(&byte))
    {
        return Ok(path.to_owned());
    }
    let mut coded = String::with_capacity(path.len() + 16);
    for byte in plain {
        if is_unreserved(byte) || b"$&+,/:;=@".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            coded.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(coded)
}

/// Undoes percent-encoding; a `%` without two hex digits is an error.
pub(super) fn decoded(text: &str) -> Result<Vec<u8>, String> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'%' {
            plain.push(byte);
            at += 1;
            continue;
        }
        let digit = |at: usize| {
            bytes
                .get(at)
                .and_then(|byte| char::from(*byte).to_digit(16))
        };
        let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) else {
            let bad = String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 3)]).into_owned();
            return Err(format!("invalid URL escape {bad:?}"));
        };
        plain.push(u8::try_from(high * 16 + low).expect("two hex digits are at most 255"));
        at += 3;
    }
    Ok(plain)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)
}
