//! `Set-Cookie` lines to cookies, with the strictness of Go's `net/http`.

use http::{HeaderMap, header::SET_COOKIE};

use super::date::parse_http_date;

/// `expires` of a cookie without one, as k6 shows it.
pub const NO_EXPIRY_MS: i64 = -6_795_364_578_871;

/// One cookie of an answer: what `res.cookies` shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseCookie {
    /// Name.
    pub name: String,
    /// Value, quotes around it taken off.
    pub value: String,
    /// As sent; empty where absent.
    pub domain: String,
    /// As sent; empty where absent.
    pub path: String,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `Secure`.
    pub secure: bool,
    /// Seconds; 0 where absent, -1 where the cookie is to go at once.
    pub max_age: i64,
    /// Milliseconds of the Unix epoch; [`NO_EXPIRY_MS`] where absent.
    pub expires_ms: i64,
}

/// All cookies of an answer that are well formed, in order.
#[must_use]
pub fn parse_set_cookie(headers: &HeaderMap) -> Vec<ResponseCookie> {
    let lines = headers.get_all(SET_COOKIE).iter();
    lines
        .filter_map(|line| parse_line(line.as_bytes()))
        .collect()
}

pub(super) fn parse_line(line: &[u8]) -> Option<ResponseCookie> {
    let mut parts = line.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let (name, value) = split(parts.next()?)?;
    let name = name.trim_ascii();
    if name.is_empty() || !name.iter().all(|byte| is_token_byte(*byte)) {
        return None;
    }
    let mut cookie = ResponseCookie {
        name: text(name)?,
        value: text(valid(unquoted(value))?)?,
        domain: String::new(),
        path: String::new(),
        http_only: false,
        secure: false,
        max_age: 0,
        expires_ms: NO_EXPIRY_MS,
    };
    for part in parts {
        let (key, value) = split(part).unwrap_or((part, b""));
        let Some(value) = valid(value).and_then(text) else {
            continue;
        };
        match key.to_ascii_lowercase().as_slice() {
            b"secure" => cookie.secure = true,
            b"httponly" => cookie.http_only = true,
            b"domain" => cookie.domain = value,
            b"path" => cookie.path = value,
            b"max-age" => cookie.max_age = max_age(&value).unwrap_or(cookie.max_age),
            b"expires" => {
                cookie.expires_ms = parse_http_date(&value).unwrap_or(cookie.expires_ms);
            }
            _ => {}
        }
    }
    Some(cookie)
}

fn max_age(text: &str) -> Option<i64> {
    let seconds: i64 = text.parse().ok()?;
    if seconds != 0 && text.starts_with('0') {
        return None;
    }
    Some(if seconds <= 0 { -1 } else { seconds })
}

fn split(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = part.iter().position(|byte| *byte == b'=')?;
    Some((&part[..at], &part[at + 1..]))
}

fn unquoted(value: &[u8]) -> &[u8] {
    let inner = value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""));
    inner.unwrap_or(value)
}

fn valid(value: &[u8]) -> Option<&[u8]> {
    value
        .iter()
        .all(|byte| is_value_byte(*byte))
        .then_some(value)
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

pub(super) fn is_value_byte(byte: u8) -> bool {
    (b' '..0x7f).contains(&byte) && !matches!(byte, b'"' | b';' | b'\\')
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
