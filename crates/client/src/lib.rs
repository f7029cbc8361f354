//! One user's connections: speaks protocols, measures at the socket, knows no script and no metric.
//!
//! A [`Session`] belongs to one VU and lives on that VU's core: nothing here is shared between cores but the
//! [`ClientContext`] (TLS roots, DNS settings), and nothing here is `Send`.
//!
//! The way of one request: `HttpRequest` -> `Session::send` -> one `Exchange` for each hop -> `Outcome`.

mod cookies;
mod error;
mod exchange;
mod http;
mod options;
mod rate;
mod request;
mod session;
mod settings;
mod socket;
mod url;

pub use cookies::{
    CookieJar, CookieOptions, NO_EXPIRY_MS, ResponseCookie, parse_http_date, parse_set_cookie,
};
pub use exchange::{
    BodyData, ErrorCode, Exchange, Extra, Outcome, Proto, RequestError, Timings, TlsInfo,
};
pub use options::{
    OptionError,
    addresses::{Cidr, LocalAddresses},
    dns::{DnsPolicy, DnsSelect, DnsSettings},
    hosts::{HostMap, HostPatterns},
    proxy::Proxies,
    tls::{CipherSuites, ClientCertificate, TlsSettings, TlsVersion, TlsVersions},
};
pub use request::{Auth, Compression, HttpRequest, NextHop, RequestCookie, ResponseType};
pub use session::{ClientContext, Session};
pub use settings::{ClientSettings, HttpDebug};
pub use socket::tls::ocsp::OcspStaple;
pub use url::{RequestUrl, Scheme, UrlError};

#[cfg(test)]
mod tests;
