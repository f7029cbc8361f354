//! Numbers and texts as Go's `encoding/json` writes them, so that what reads k6's files reads ours.

/// Appends a finite number: the fewest digits that give it back; an exponent only where it is very small or very large.
pub(super) fn number(value: f64, out: &mut Vec<u8>) {
    let size = value.abs();
    let text = if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                format!("{digits}e+{exponent}")
            }
            Some(_) | None => text,
        }
    } else {
        format!("{value}")
    };
    out.extend_from_slice(text.as_bytes());
}

/// Appends a text in quotes, with what JSON needs escaped and nothing else.
pub(super) fn text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for letter in text.chars() {
        match letter {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            control if control < ' ' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes());
            }
            letter => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

/// Appends `{"k":"v",...}`.
pub(super) fn map<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>, out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, value)) in pairs.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        text(name, out);
        out.push(b':');
        text(value, out);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_form_of_gos_json() {
        for (value, expected) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (1_000_000.0, "1000000"),
            (1.5e-7, "1.5e-7"),
            (1e21, "1e+21"),
            (-3.25, "-3.25"),
            (123.456_789, "123.456789"),
        ] {
            let mut out = Vec::new();
            number(value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn texts_are_json_whatever_they_hold() {
        for sample in ["", "a\"b\\c", "\u{1}\n\t", "<é&>", "😀"] {
            let mut out = Vec::new();
            text(sample, &mut out);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), sample);
        }
    }
}
