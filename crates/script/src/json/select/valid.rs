//! Whether a text is JSON (RFC 8259), at any depth: the server chooses how deep, so that there is a bit for each open bracket
//! instead of a call.

/// Whether `text` is one JSON value with nothing but space around it.
pub(super) fn is_json(text: &str) -> bool {
    error_in(text).is_none()
}

/// The byte at which `text` stops being JSON; `None` where it is one value with nothing but space around it.
pub(crate) fn error_in(text: &str) -> Option<usize> {
    let mut scan = Scan {
        bytes: text.as_bytes(),
        at: 0,
    };
    // For each open bracket whether it is an object's.
    let mut open: Vec<bool> = Vec::new();
    loop {
        scan.space();
        // Here a value begins.
        match scan.peek() {
            Some(b'{') => {
                scan.at += 1;
                scan.space();
                if !scan.take(b'}') {
                    open.push(true);
                    if !scan.key() {
                        return Some(scan.at);
                    }
                    continue;
                }
            }
            Some(b'[') => {
                scan.at += 1;
                scan.space();
                if !scan.take(b']') {
                    open.push(false);
                    continue;
                }
            }
            Some(b'"') if scan.string() => {}
            Some(b'-' | b'0'..=b'9') if scan.number() => {}
            Some(b't') if scan.word(b"true") => {}
            Some(b'f') if scan.word(b"false") => {}
            Some(b'n') if scan.word(b"null") => {}
            Some(_) | None => return Some(scan.at),
        }
        // Here a value has ended.
        loop {
            scan.space();
            let Some(&is_object) = open.last() else {
                return (scan.at < scan.bytes.len()).then_some(scan.at);
            };
            if scan.take(b',') {
                scan.space();
                if is_object && !scan.key() {
                    return Some(scan.at);
                }
                break;
            }
            if !scan.take(if is_object { b'}' } else { b']' }) {
                return Some(scan.at);
            }
            open.pop();
        }
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &[u8]) -> bool {
        let there = self.bytes[self.at..].starts_with(word);
        self.at += word.len() * usize::from(there);
        there
    }

    /// A member's name with its colon.
    fn key(&mut self) -> bool {
        if !self.string() {
            return false;
        }
        self.space();
        self.take(b':')
    }

    fn string(&mut self) -> bool {
        if !self.take(b'"') {
            return false;
        }
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' => return true,
                b'\\' => match self.peek() {
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                    Some(b'u') => {
                        let digits = self.bytes.get(self.at + 1..self.at + 5);
                        if !digits.is_some_and(|four| four.iter().all(u8::is_ascii_hexdigit)) {
                            return false;
                        }
                        self.at += 5;
                    }
                    Some(_) | None => return false,
                },
                0..0x20 => return false,
                _ => {}
            }
        }
        false
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at > start
    }

    fn number(&mut self) -> bool {
        self.take(b'-');
        if !self.take(b'0') && !self.digits() {
            return false;
        }
        if self.take(b'.') && !self.digits() {
            return false;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            return self.digits();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::is_json;

    #[test]
    fn any_depth_is_json() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(is_json(&deep));
        assert!(!is_json(&deep[..deep.len() - 1]));
        assert_eq!(super::error_in("{\"a\": x}"), Some(6));
    }

    #[test]
    fn what_is_json_is_what_others_take_for_it() {
        for text in [
            "1",
            " 1 ",
            "01",
            "-",
            "-0.5e+3",
            "1.",
            "1e",
            "\"a\"",
            "\"\\u00e9\"",
            "\"\\u00g9\"",
            "\"\\x\"",
            "\"\n\"",
            "{}",
            "{\"a\":1,}",
            "{\"a\" : [ ] , \"b\":{}}",
            "{a:1}",
            "[1,]",
            "[,1]",
            "[1 2]",
            "true",
            "tru",
            "null1",
            "",
            "[",
            "]",
            "{\"a\"}",
            "[[],[{}]]",
            "\"",
            "nulll",
        ] {
            let theirs = serde_json::from_str::<IgnoredAny>(text).is_ok();
            assert_eq!(is_json(text), theirs, "{text}");
        }
        bolero::check!()
            .with_iterations(20_000)
            .with_max_len(40)
            .for_each(|bytes: &[u8]| {
                const LETTERS: &[u8] = b"[]{},:\"\\ue10.-+ tfnabls";
                let text: String = bytes
                    .iter()
                    .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
                    .collect();
                let theirs = serde_json::from_str::<IgnoredAny>(&text).is_ok();
                // Lone halves of surrogate pairs are JSON's business, not UTF-8's: we let them pass.
                if !text.contains("\\u") {
                    assert_eq!(is_json(&text), theirs, "{text}");
                }
            });
    }
}
