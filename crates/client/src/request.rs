//! What a VU asks for: one request, before any redirect. Owned data only, so that it can travel out of a coroutine.

use std::{rc::Rc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};

use crate::{CookieJar, RequestUrl};

/// Asked before each further request that a call makes by itself: the next hop of a redirect, digest's second request.
pub trait NextHop: std::fmt::Debug {
    /// May change what is about to be sent.
    fn next_hop(&self, request: &mut HttpRequest);
}

/// One request as the script gave it.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// Sent as given: k6 does not upper-case it.
    pub method: Method,
    /// Parsed once and shared: scripts ask for the same few URLs again and again.
    pub url: Rc<RequestUrl>,
    /// The script's own headers with canonical names, `Host` among them where the script sets it.
    pub headers: HeaderMap,
    /// `User-Agent` where `headers` has none; apart, so that a call without headers of its own makes no map.
    pub user_agent: Option<HeaderValue>,
    /// Empty: none (POST, PUT and PATCH then send `Content-Length: 0`).
    pub body: Bytes,
    /// For the whole call: all hops and the body.
    pub timeout: Duration,
    /// Hops that are followed; beyond them the 3xx answer itself is the result.
    pub max_redirects: u32,
    /// What is kept of the body.
    pub response_type: ResponseType,
    /// Sent for this call only (`params.cookies`), before the jar's.
    pub cookies: Vec<RequestCookie>,
    /// The jar that gives and takes cookies: the VU's own or `params.jar`; `None`: no cookies at all.
    pub jar: Option<Rc<CookieJar>>,
    /// Applied to the body in this order.
    pub compression: Vec<Compression>,
    /// How user and password of the URL are shown.
    pub auth: Auth,
    /// Who is asked before further hops; `None`: nobody.
    pub next_hop: Option<Rc<dyn NextHop>>,
}

impl HttpRequest {
    /// Lets whoever wants to know change the request of the next hop.
    pub(crate) fn begin_next_hop(&mut self) {
        if let Some(asked) = self.next_hop.clone() {
            asked.next_hop(self);
        }
    }
}

/// How user and password of a URL are shown to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    /// At once, as they are.
    #[default]
    Basic,
    /// Never: only a proof of them, once the server has asked.
    Digest,
}

/// What is kept of a response's body for the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponseType {
    /// Decoded and kept, shown as text.
    #[default]
    Text,
    /// Decoded and kept, shown as an `ArrayBuffer`.
    Binary,
    /// Read to its end and counted, never gathered, never decoded.
    None,
}

/// One entry of `params.cookies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestCookie {
    /// Cookie name.
    pub name: String,
    /// Cookie value.
    pub value: String,
    /// Whether the jar's cookie of the same name is left out.
    pub replace: bool,
}

/// A content coding of a request or response body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 1950 (zlib), as HTTP means it.
    Deflate,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}
