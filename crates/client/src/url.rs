//! A request's URL, parsed once: what the dialler, the request line, the tags and the script each need of it.

use std::{net::Ipv6Addr, sync::Arc};

use http::{HeaderValue, uri::PathAndQuery};

use crate::RequestError;

mod escape;
mod join;

/// A parsed absolute http(s) URL.
///
/// The query is kept exactly as given (k6 sends it so, spaces included, see the k6 API reference 6.1); the fragment is not
/// sent but kept in `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestUrl {
    /// As `res.url` shows it: with fragment and credentials.
    pub text: Arc<str>,
    /// As the `url` and `name` tags show it: credentials masked as `****:****@`.
    pub tag: Arc<str>,
    /// Scheme.
    pub scheme: Scheme,
    /// Host name or address, brackets of an IPv6 literal taken off.
    pub host: Arc<str>,
    /// Explicit or the scheme's own.
    pub port: u16,
    /// Value of the `Host` header: the port left out where it is the scheme's own.
    pub authority: HeaderValue,
    /// Request target: path and query.
    pub path_and_query: PathAndQuery,
    /// User and password (decoded), for basic and digest auth.
    pub credentials: Option<(String, String)>,
    /// What hyper writes into the request line.
    target: http::Uri,
    /// Bytes of the request line that `http` does not accept but k6 sends, by their place in the target. The target has
    /// stand-ins of the same length; the socket puts the true bytes in.
    patch: Option<Arc<[(u32, u8)]>>,
    /// Why no connection to it is even tried: k6 finds that out where it would dial, and counts the request.
    pub(crate) fault: Option<RequestError>,
}

/// It cannot be parsed.
const INVALID: u16 = 1020;

/// Scheme of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain text.
    Http,
    /// TLS.
    Https,
}

/// Why a text is no URL that can be requested: k6's error code and text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UrlError {
    /// 1020: it cannot be parsed.
    pub code: u16,
    /// Text as k6's `error` has it.
    pub message: String,
}

impl Scheme {
    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

impl UrlError {
    fn invalid(text: &str, why: &str) -> Self {
        UrlError {
            code: INVALID,
            message: format!("invalid URL: parse {text:?}: {why}"),
        }
    }

    fn other(code: u16, message: impl Into<String>) -> Self {
        let message = message.into();
        UrlError { code, message }
    }
}

impl RequestUrl {
    /// Parses `text`. What has another scheme, no host or a port that cannot be is a URL all the same: asking for it fails.
    ///
    /// # Errors
    /// Where it is no URL.
    pub fn parse(text: &str) -> Result<RequestUrl, UrlError> {
        match RequestUrl::parse_http(text) {
            Err(error) if error.code != INVALID => {
                Ok(RequestUrl::failing(text, error.code, error.message))
            }
            other => other,
        }
    }

    /// A URL that is shown as `text`; asking for it fails with this error of the network.
    #[must_use]
    pub fn failing(text: &str, code: u16, message: impl Into<Arc<str>>) -> RequestUrl {
        let root = PathAndQuery::from_static("/");
        RequestUrl {
            tag: masked(text),
            text: text.into(),
            scheme: Scheme::Http,
            host: "".into(),
            port: 0,
            authority: HeaderValue::from_static(""),
            target: root.clone().into(),
            path_and_query: root,
            credentials: None,
            patch: None,
            fault: Some(RequestError::new(code, message)),
        }
    }

    fn parse_http(text: &str) -> Result<RequestUrl, UrlError> {
        let invalid = |why: &str| UrlError::invalid(text, why);
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err(invalid("net/url: invalid control character in URL"));
        }
        let unfragmented = text.split_once('#').map_or(text, |(front, _)| front);
        let (scheme, rest) = scheme_of(unfragmented).map_err(|why| invalid(&why))?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => {
                let text = format!("unsupported protocol scheme {other:?}");
                return Err(UrlError::other(1000, text));
            }
        };
        let (hierarchy, query) = match rest.split_once('?') {
            Some((front, query)) => (front, Some(query)),
            None => (rest, None),
        };
        let no_host = || UrlError::other(1000, "http: no Host in request URL");
        let hierarchy = hierarchy.strip_prefix("//").ok_or_else(no_host)?;
        let slash = hierarchy.find('/').unwrap_or(hierarchy.len());
        let (authority, path) = hierarchy.split_at(slash);
        let (userinfo, host_port) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        let credentials = userinfo.map(credentials_of).transpose();
        let credentials = credentials.map_err(|why| invalid(&why))?;
        let (host, port_text) = split_port(host_port).map_err(|why| invalid(&why))?;
        let host = ascii_host(host).map_err(|why| invalid(&why))?;
        if host.is_empty() {
            return Err(no_host());
        }
        let port = port_of(port_text, scheme)?;
        let path = escape::path(path).map_err(|why| invalid(&why))?;
        let (path_and_query, patch) =
            target_of(&path, query).ok_or_else(|| invalid("URL is too long"))?;

        let bare = host.trim_matches(['[', ']']);
        let named = if port == scheme.default_port() {
            host.clone()
        } else {
            format!("{host}:{port}")
        };
        let named = HeaderValue::try_from(named);
        let authority = named.map_err(|_invalid| invalid("invalid character in host name"))?;
        Ok(RequestUrl {
            tag: masked(text),
            text: text.into(),
            scheme,
            host: bare.to_ascii_lowercase().into(),
            port,
            authority,
            target: path_and_query.clone().into(),
            path_and_query,
            credentials,
            patch,
            fault: None,
        })
    }

    /// Whether both lead to the same connection.
    pub(crate) fn same_origin(&self, other: &RequestUrl) -> bool {
        std::ptr::eq(self, other)
            || (self.port == other.port && self.scheme == other.scheme && self.host == other.host)
    }

    pub(crate) fn target(&self) -> http::Uri {
        self.target.clone()
    }

    pub(crate) fn patch(&self) -> Option<&Arc<[(u32, u8)]>> {
        self.patch.as_ref()
    }

    /// For HTTP/2, where no byte can be put in place on the wire: what `http` does not accept is escaped.
    pub(crate) fn escaped_target(&self) -> PathAndQuery {
        let Some(patch) = &self.patch else {
            return self.path_and_query.clone();
        };
        let (text, mut escaped) = (self.path_and_query.as_str(), String::new());
        let mut from = 0;
        for &(at, byte) in patch.iter() {
            let at = usize::try_from(at).unwrap_or(usize::MAX);
            escaped.push_str(text.get(from..at).unwrap_or_default());
            escaped.push_str(percent_encoding::percent_encode_byte(byte));
            from = at.saturating_add(1);
        }
        escaped.push_str(text.get(from..).unwrap_or_default());
        PathAndQuery::try_from(escaped).unwrap_or_else(|_| self.path_and_query.clone())
    }

    /// Path alone, as it is sent.
    pub(crate) fn path(&self) -> &str {
        self.path_and_query.path()
    }

    /// The same without user and password.
    pub(crate) fn without_credentials(&self) -> String {
        match userinfo_range(&self.text) {
            Some(range) => format!("{}{}", &self.text[..range.start], &self.text[range.end..]),
            None => self.text.to_string(),
        }
    }

    /// For a `Referer`: neither credentials nor fragment.
    pub(crate) fn as_referer(&self) -> String {
        let text = self.text.split('#').next().unwrap_or_default();
        match userinfo_range(text) {
            Some(range) => format!("{}{}", &text[..range.start], &text[range.end..]),
            None => text.to_owned(),
        }
    }
}

/// Scheme and what follows its colon; an empty scheme for a relative reference.
fn scheme_of(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".into()),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => return Ok(("", text)),
        }
    }
    Ok(("", text))
}

/// Where the userinfo stands in a text that has one, its `@` included.
fn userinfo_range(text: &str) -> Option<std::ops::Range<usize>> {
    let start = text.find("://")? + 3;
    let length = text[start..]
        .find(['/', '?', '#'])
        .unwrap_or(text.len() - start);
    let at = text[start..start + length].rfind('@')?;
    Some(start..start + at + 1)
}

fn masked(text: &str) -> Arc<str> {
    match userinfo_range(text) {
        Some(range) => format!("{}****:****@{}", &text[..range.start], &text[range.end..]).into(),
        None => text.into(),
    }
}

fn credentials_of(userinfo: &str) -> Result<(String, String), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !userinfo.bytes().all(allowed) {
        return Err("net/url: invalid userinfo".into());
    }
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let text = |part| escape::decoded(part).map(|part| String::from_utf8_lossy(&part).into_owned());
    Ok((text(user)?, text(password)?))
}

/// Host (an IPv6 literal with its brackets) and the text of the port.
fn split_port(host_port: &str) -> Result<(&str, &str), String> {
    let (host, port) = if host_port.starts_with('[') {
        let end = host_port.rfind(']').ok_or("missing ']' in host")?;
        host_port.split_at(end + 1)
    } else {
        host_port.split_at(host_port.rfind(':').unwrap_or(host_port.len()))
    };
    let valid = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    if valid {
        Ok((host, port.trim_start_matches(':')))
    } else {
        Err(format!("invalid port {port:?} after host"))
    }
}

fn ascii_host(host: &str) -> Result<String, String> {
    if let Some(literal) = host.strip_prefix('[') {
        let literal = literal.trim_end_matches(']');
        return match literal.parse::<Ipv6Addr>() {
            Ok(_) => Ok(format!("[{literal}]")),
            Err(_) => Err("invalid host".into()),
        };
    }
    let host = String::from_utf8(escape::decoded(host)?).map_err(|_| "invalid host")?;
    if !host.is_ascii() {
        return match url::Host::parse(&host) {
            Ok(url::Host::Domain(ascii)) => Ok(ascii),
            Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)) | Err(_) => {
                Err("idna: invalid label".into())
            }
        };
    }
    let allowed = |byte: char| byte.is_ascii_alphanumeric() || "-._~!$&'()*+,;=<>\"".contains(byte);
    match host.chars().find(|byte| !allowed(*byte)) {
        Some(bad) => Err(format!(
            "invalid character {:?} in host name",
            bad.to_string()
        )),
        None => Ok(host),
    }
}

fn port_of(text: &str, scheme: Scheme) -> Result<u16, UrlError> {
    if text.is_empty() {
        return Ok(scheme.default_port());
    }
    text.parse()
        .map_err(|_| UrlError::other(1210, format!("dial tcp: address {text}: invalid port")))
}

type Patches = Option<Arc<[(u32, u8)]>>;

/// The target, with stand-ins where `http` would refuse a byte.
fn target_of(path: &str, query: Option<&str>) -> Option<(PathAndQuery, Patches)> {
    let path = if path.is_empty() { "/" } else { path };
    let target = match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    if let Ok(accepted) = PathAndQuery::try_from(target.as_str()) {
        return Some((accepted, None));
    }
    let mut bytes = target.into_bytes();
    let mut patch = Vec::new();
    for (at, byte) in bytes.iter_mut().enumerate() {
        if !is_accepted(*byte, at >= path.len()) {
            patch.push((u32::try_from(at).ok()?, *byte));
            *byte = b'_';
        }
    }
    let accepted = PathAndQuery::try_from(bytes).ok()?;
    Some((accepted, Some(patch.into())))
}

fn is_accepted(byte: u8, in_query: bool) -> bool {
    let probe: &[u8] = if in_query {
        &[b'/', b'?', byte]
    } else {
        &[b'/', byte]
    };
    !byte.is_ascii() || PathAndQuery::try_from(probe).is_ok()
}

#[cfg(test)]
mod tests;
