//! Walking over JSON text that is known to be valid.

use std::borrow::Cow;

/// The elements of an array; `None` where `json` is none.
pub(super) fn elements(json: &str) -> Option<impl Iterator<Item = &str>> {
    let mut at = json.starts_with('[').then_some(1)?;
    Some(std::iter::from_fn(move || {
        at = skip_space(json, at);
        if json.as_bytes().get(at) == Some(&b',') {
            at = skip_space(json, at + 1);
        }
        if at >= json.len() || json.as_bytes()[at] == b']' {
            return None;
        }
        let (start, end) = (at, value_end(json, at));
        at = end;
        (end > start).then(|| &json[start..end])
    }))
}

/// The members of an object in their order; `None` where `json` is none.
pub(super) fn members(json: &str) -> Option<impl Iterator<Item = (Cow<'_, str>, &str)>> {
    let mut at = json.starts_with('{').then_some(1)?;
    Some(std::iter::from_fn(move || {
        at = skip_space(json, at);
        if json.as_bytes().get(at) == Some(&b',') {
            at = skip_space(json, at + 1);
        }
        if json.as_bytes().get(at) != Some(&b'"') {
            return None;
        }
        let name_end = value_end(json, at);
        let name = string(&json[at..name_end])?;
        at = skip_space(json, name_end);
        // The colon.
        at = skip_space(json, at + 1);
        let (start, end) = (at, value_end(json, at));
        at = end;
        (end > start).then(|| (name, &json[start..end]))
    }))
}

/// The text of a JSON string; `None` where `json` is none.
pub(super) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str(json).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

fn skip_space(json: &str, mut at: usize) -> usize {
    let bytes = json.as_bytes();
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Where the value that starts at `at` ends.
fn value_end(json: &str, mut at: usize) -> usize {
    let bytes = json.as_bytes();
    let mut depth = 0usize;
    let mut in_string = false;
    while let Some(&byte) = bytes.get(at) {
        if in_string {
            match byte {
                b'\\' => at += 1,
                b'"' => {
                    in_string = false;
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
        } else {
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => return at,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return at + 1;
                    }
                }
                b',' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return at,
                _ => {}
            }
        }
        at += 1;
    }
    bytes.len()
}
