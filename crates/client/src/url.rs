//! A request's URL, parsed once: what the dialler, the request line, the tags and the script each need of it.

use std::sync::Arc;

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
    pub authority: http::HeaderValue,
    /// Request target: path and query.
    pub path_and_query: http::uri::PathAndQuery,
    /// User and password (decoded), for basic and digest auth.
    pub credentials: Option<(String, String)>,
}

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
    /// 1020 where it cannot be parsed, 1000 where the scheme is not supported.
    pub code: u16,
    /// Text as k6's `error` has it.
    pub message: String,
}

impl RequestUrl {
    /// Parses `text`.
    ///
    /// # Errors
    /// Where it is not an absolute http or https URL.
    pub fn parse(text: &str) -> Result<RequestUrl, UrlError> {
        let _ = text;
        todo!()
    }
}
