//! A cookie jar as k6 has it: RFC 6265 without a public-suffix list.

use std::{
    cell::{Cell, RefCell},
    net::IpAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue};

use crate::{HttpRequest, RequestUrl, Scheme};

mod date;
mod parse;

pub use date::parse_http_date;
pub use parse::{NO_EXPIRY_MS, ResponseCookie, parse_set_cookie};

/// Cookies of one jar; the oldest makes room. Browsers keep fewer.
const MAX_COOKIES: usize = 3000;

/// One jar. Shared on its core between the script that reads it and the session that fills it; every method borrows it for
/// its own length only.
#[derive(Debug, Default)]
pub struct CookieJar {
    store: RefCell<Vec<Stored>>,
    /// Counts creations: the order in which cookies go out.
    created: Cell<u64>,
}

/// What a script may say of a cookie it sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CookieOptions {
    /// Empty: this host only.
    pub domain: String,
    /// Empty: the URL's default path.
    pub path: String,
    /// Milliseconds of the Unix epoch.
    pub expires_ms: Option<i64>,
    /// Seconds; 0: no limit, below: the cookie is removed.
    pub max_age: i64,
    /// Only over TLS, or to this machine.
    pub secure: bool,
    /// Kept for display alone.
    pub http_only: bool,
}

#[derive(Debug)]
struct Stored {
    name: String,
    value: String,
    domain: String,
    host_only: bool,
    path: String,
    secure: bool,
    expires_ms: Option<i64>,
    created: u64,
}

impl CookieJar {
    /// An empty jar.
    #[must_use]
    pub fn new() -> CookieJar {
        CookieJar::default()
    }

    /// Sets a cookie as if the URL's server had. `false` where its domain does not belong to the URL.
    pub fn set(&self, url: &RequestUrl, name: &str, value: &str, options: &CookieOptions) -> bool {
        let Some((domain, host_only)) = domain_of(&url.host, &options.domain) else {
            return false;
        };
        let now = now_ms();
        let expires_ms = match options.max_age {
            0 => options.expires_ms,
            age => Some(now.saturating_add(age.saturating_mul(1000))),
        };
        let path = if options.path.starts_with('/') {
            &options.path
        } else {
            default_path(url)
        };
        let mut store = self.store.borrow_mut();
        let at = store
            .iter()
            .position(|old| old.name == name && old.domain == domain && old.path == path);
        if expires_ms.is_some_and(|expires| expires <= now) {
            if let Some(at) = at {
                store.remove(at);
            }
            return true;
        }
        let fresh = Stored {
            name: name.to_owned(),
            value: value.to_owned(),
            domain,
            host_only,
            path: path.to_owned(),
            secure: options.secure,
            expires_ms,
            created: at.map_or_else(|| self.next(), |at| store[at].created),
        };
        match at {
            Some(at) => store[at] = fresh,
            None => {
                if store.len() >= MAX_COOKIES {
                    store.remove(0);
                }
                store.push(fresh);
            }
        }
        true
    }

    /// Name and value of what would go to this URL, in the order in which it goes: longer paths first, then older cookies.
    #[must_use]
    pub fn cookies_for_url(&self, url: &RequestUrl) -> Vec<(String, String)> {
        let mut found = Vec::new();
        self.each_for(url, |name, value| {
            found.push((name.to_owned(), value.to_owned()));
        });
        found
    }

    /// Removes the host's cookies whose path is the URL's default path: k6 reaches no others.
    pub fn clear(&self, url: &RequestUrl) {
        let path = default_path(url);
        let keep = |old: &Stored| !(*old.domain == *url.host && old.path == path);
        self.store.borrow_mut().retain(keep);
    }

    /// Removes one of the cookies that `clear` would.
    pub fn delete(&self, url: &RequestUrl, name: &str) {
        let path = default_path(url);
        let keep =
            |old: &Stored| !(*old.domain == *url.host && old.path == path && old.name == name);
        self.store.borrow_mut().retain(keep);
    }

    /// Takes the `Set-Cookie` headers of an answer.
    pub fn store_response(&self, url: &RequestUrl, headers: &HeaderMap) {
        if !headers.contains_key(http::header::SET_COOKIE) {
            return;
        }
        for cookie in parse_set_cookie(headers) {
            let options = CookieOptions {
                domain: cookie.domain,
                path: cookie.path,
                expires_ms: (cookie.expires_ms != NO_EXPIRY_MS).then_some(cookie.expires_ms),
                max_age: cookie.max_age,
                secure: cookie.secure,
                http_only: cookie.http_only,
            };
            self.set(url, &cookie.name, &cookie.value, &options);
        }
    }

    /// Whether nothing was ever kept, or nothing is any more.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.store.borrow().is_empty()
    }

    fn each_for(&self, url: &RequestUrl, mut each: impl FnMut(&str, &str)) {
        let store = self.store.borrow();
        if store.is_empty() {
            return;
        }
        let now = now_ms();
        let safe = url.scheme == Scheme::Https || is_loopback(&url.host);
        let mut found: Vec<&Stored> = store
            .iter()
            .filter(|one| one.expires_ms.is_none_or(|expires| expires > now))
            .filter(|one| safe || !one.secure)
            .filter(|one| one.reaches(&url.host) && path_matches(&one.path, url.path()))
            .collect();
        found.sort_by_key(|one| (std::cmp::Reverse(one.path.len()), one.created));
        for one in found {
            each(&one.name, &one.value);
        }
    }

    fn next(&self) -> u64 {
        self.created.set(self.created.get() + 1);
        self.created.get()
    }
}

impl Stored {
    fn reaches(&self, host: &str) -> bool {
        host == self.domain || (!self.host_only && is_below(host, &self.domain))
    }
}

/// The `Cookie` header of a request: what the script wrote itself, then `params.cookies`, then the jar's. `None`: nothing
/// to add.
pub(crate) fn header_for(request: &HttpRequest, own: Option<&HeaderValue>) -> Option<HeaderValue> {
    let jar = request.jar.as_ref().filter(|jar| !jar.is_empty());
    if request.cookies.is_empty() && jar.is_none() {
        return None;
    }
    let mut line = own.map_or_else(Vec::new, |own| own.as_bytes().to_vec());
    for cookie in &request.cookies {
        add(&mut line, &cookie.name, &cookie.value);
    }
    if let Some(jar) = jar {
        jar.each_for(&request.url, |name, value| {
            let replaced = request
                .cookies
                .iter()
                .any(|own| own.replace && own.name == name);
            if !replaced {
                add(&mut line, name, value);
            }
        });
    }
    HeaderValue::from_bytes(&line)
        .ok()
        .filter(|line| !line.is_empty())
}

/// Bytes that a cookie may not have are dropped; a value with a space or a comma goes in quotes.
fn add(line: &mut Vec<u8>, name: &str, value: &str) {
    if !line.is_empty() {
        line.extend_from_slice(b"; ");
    }
    line.extend(name.bytes().filter(|byte| (b' '..0x7f).contains(byte)));
    line.push(b'=');
    let quoted = value.contains([' ', ',']);
    if quoted {
        line.push(b'"');
    }
    line.extend(value.bytes().filter(|byte| parse::is_value_byte(*byte)));
    if quoted {
        line.push(b'"');
    }
}

/// Domain of a cookie and whether it is for that host alone; `None` where the host may not set it.
fn domain_of(host: &str, asked: &str) -> Option<(String, bool)> {
    if asked.is_empty() {
        return Some((host.to_owned(), true));
    }
    let asked = asked
        .strip_prefix('.')
        .unwrap_or(asked)
        .to_ascii_lowercase();
    if host.parse::<IpAddr>().is_ok() {
        return (asked == host).then_some((asked, true));
    }
    let malformed = asked.is_empty() || asked.starts_with('.') || asked.ends_with('.');
    let allowed = !malformed && (host == asked || is_below(host, &asked));
    allowed.then_some((asked, false))
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|front| front.ends_with('.'))
}

fn default_path(url: &RequestUrl) -> &str {
    let path = url.path();
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(slash) => &path[..slash],
    }
}

fn path_matches(cookie: &str, request: &str) -> bool {
    request
        .strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_ipv4() && ip.is_loopback())
}

fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
