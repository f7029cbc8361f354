//! One request on the wire and what came of it, with its times. One for each hop of a redirect chain.

use std::{net::SocketAddr, rc::Rc, sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::{OcspStaple, RequestUrl};

/// All hops of one call. An exchange is some 300 bytes: it is boxed where it is made and moves no more.
#[derive(Debug)]
pub struct Outcome {
    /// The hops before the last one, in order.
    pub redirects: Vec<Box<Exchange>>,
    /// The hop whose response the script gets.
    pub last: Box<Exchange>,
}

/// One request on the wire and what came of it.
#[derive(Debug)]
pub struct Exchange {
    /// Method of this hop (a redirect may change it).
    pub method: Method,
    /// URL of this hop.
    pub url: Rc<RequestUrl>,
    /// 0 where no response came.
    pub status: u16,
    /// Protocol of the response; `None` where no response came.
    pub proto: Option<Proto>,
    /// Empty where no response came.
    pub headers: HeaderMap,
    /// Decoded body, or what of it was wanted.
    pub body: BodyData,
    /// Measured at the socket.
    pub timings: Timings,
    /// Where the connection went; `None` where none came about.
    pub remote: Option<SocketAddr>,
    /// `None` on plain connections.
    pub tls: Option<Rc<TlsInfo>>,
    /// Set where k6 sets `error`: network, TLS, time-out and decoding faults. An HTTP status is no error.
    pub error: Option<RequestError>,
    /// Whether a reused connection died before the first byte and the request was sent once more on a new one
    /// (`loadd_http_retries_total`).
    pub retried: bool,
    /// What few exchanges have.
    pub extra: Option<Box<Extra>>,
}

/// What few exchanges have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extra {
    /// The first request of digest authentication, sent to be refused: 401 is what is expected of it, and nothing else.
    pub challenge: bool,
    /// `httpDebug`: the request as text, with its body where all is wanted.
    pub request: Option<String>,
    /// `httpDebug`: the answer, if one came.
    pub response: Option<String>,
}

impl Exchange {
    /// Value of `error_code`: the fault's, or 1000 + status from 400 on.
    #[must_use]
    pub fn error_code(&self) -> Option<ErrorCode> {
        match &self.error {
            Some(error) => Some(error.code),
            None => (self.status >= 400).then(|| ErrorCode(1000 + self.status)),
        }
    }
}

/// What was kept of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyData {
    /// k6 shows `null`: `responseType: none`, 1xx, 204, 304, and failed requests.
    Absent,
    /// The decoded bytes (empty for HEAD).
    Bytes(Bytes),
}

/// Times of one exchange in nanoseconds, defined in the k6 API reference: `duration` is sending + waiting + receiving.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// When it was asked for; `None` where no connection came about.
    pub asked: Option<Instant>,
    /// From asking for a connection to having one: DNS, TCP and TLS where it is new.
    pub blocked: u64,
    /// TCP connect alone.
    pub connecting: u64,
    /// TLS handshake alone.
    pub tls_handshaking: u64,
    /// Connection ready to request fully written.
    pub sending: u64,
    /// Request written to first byte of the response.
    pub waiting: u64,
    /// First byte to the whole body read.
    pub receiving: u64,
}

impl Timings {
    /// `http_req_duration` in nanoseconds: sending, waiting and receiving.
    #[must_use]
    pub fn duration(&self) -> u64 {
        self.sending + self.waiting + self.receiving
    }
}

/// Protocol of a response, written as the `proto` tag shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proto {
    /// `HTTP/1.0`
    Http10,
    /// `HTTP/1.1`
    Http11,
    /// `HTTP/2.0`
    Http2,
}

impl Proto {
    /// The tag's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Proto::Http10 => "HTTP/1.0",
            Proto::Http11 => "HTTP/1.1",
            Proto::Http2 => "HTTP/2.0",
        }
    }
}

/// Facts of a TLS session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsInfo {
    /// `tls1.2`, `tls1.3`.
    pub version: &'static str,
    /// IANA name of the cipher suite.
    pub cipher_suite: &'static str,
    /// What the server has stapled to its certificate, where it has.
    pub ocsp: Option<OcspStaple>,
}

/// Why a request got no usable response: k6's code and k6's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError {
    /// Value of `error_code`.
    pub code: ErrorCode,
    /// Value of `error` and of the `error` tag. From a small set: never holds ports or addresses that change.
    pub message: Arc<str>,
}

/// k6's numeric error code (k6 API reference, 6.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorCode(pub u16);
