//! Who may change state. Pure: headers and the time are arguments; only the token is read from its file.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use http::{HeaderMap, StatusCode, header};

/// The rules of one listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rules {
    /// No control at all.
    ReadOnly,
    /// With the token in this file.
    Token(PathBuf),
    /// Whoever reaches the listener: only this machine can.
    Loopback,
    /// k6's open API: everybody, browsers of other pages too.
    Open,
}

/// Why a change of state is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    ReadOnly,
    CrossOrigin,
    Token,
    NoToken,
    TooOften,
}

impl Refusal {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Refusal::ReadOnly | Refusal::CrossOrigin => StatusCode::FORBIDDEN,
            Refusal::Token => StatusCode::UNAUTHORIZED,
            Refusal::NoToken => StatusCode::INTERNAL_SERVER_ERROR,
            Refusal::TooOften => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Refusal::ReadOnly => "this listener is read-only (admin.read_only)",
            Refusal::CrossOrigin => "a page from elsewhere may not control this test",
            Refusal::Token => {
                "the token in admin.token_file is wanted: Authorization: Bearer TOKEN"
            }
            Refusal::NoToken => "admin.token_file cannot be read or is empty",
            Refusal::TooOften => "too many changes at once: wait a second",
        }
    }
}

/// Decides whether a request may change state.
pub(crate) fn check(rules: &Rules, headers: &HeaderMap) -> Result<(), Refusal> {
    match rules {
        Rules::ReadOnly => Err(Refusal::ReadOnly),
        Rules::Open => Ok(()),
        Rules::Loopback => {
            same_origin(headers)?;
            // A name that some other site's DNS points at 127.0.0.1 must not open the door.
            if is_local_name(text(headers, header::HOST)) {
                Ok(())
            } else {
                Err(Refusal::CrossOrigin)
            }
        }
        Rules::Token(file) => {
            same_origin(headers)?;
            let kept = std::fs::read_to_string(file).map_err(|_| Refusal::NoToken)?;
            let kept = kept.lines().next().unwrap_or("").trim();
            if kept.is_empty() {
                return Err(Refusal::NoToken);
            }
            let given = text(headers, header::AUTHORIZATION)
                .strip_prefix("Bearer ")
                .unwrap_or("")
                .trim();
            if equal(given.as_bytes(), kept.as_bytes()) {
                Ok(())
            } else {
                Err(Refusal::Token)
            }
        }
    }
}

fn same_origin(headers: &HeaderMap) -> Result<(), Refusal> {
    if let Some(site) = headers.get("sec-fetch-site")
        && site != "same-origin"
        && site != "none"
    {
        return Err(Refusal::CrossOrigin);
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let host = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, host)| host);
    if host == Some(text(headers, header::HOST)) {
        Ok(())
    } else {
        Err(Refusal::CrossOrigin)
    }
}

fn is_local_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    name.is_empty() || name == "localhost" || name.parse::<std::net::IpAddr>().is_ok()
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
}

/// In time that depends on the lengths only.
fn equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .fold(0, |difference, (l, r)| difference | (l ^ r))
            == 0
}

/// A bucket of tokens: 20 changes at once, 5 more a second.
#[derive(Debug)]
pub(crate) struct Allowance {
    left: f64,
    at: Instant,
}

impl Allowance {
    const MOST: f64 = 20.0;
    const PER_SECOND: f64 = 5.0;

    pub(crate) fn new(now: Instant) -> Allowance {
        Allowance {
            left: Allowance::MOST,
            at: now,
        }
    }

    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Refusal> {
        let passed: Duration = now.saturating_duration_since(self.at);
        self.left = (self.left + passed.as_secs_f64() * Allowance::PER_SECOND).min(Allowance::MOST);
        self.at = now;
        if self.left < 1.0 {
            return Err(Refusal::TooOften);
        }
        self.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    value.parse().expect("a value"),
                )
            })
            .collect()
    }

    #[test]
    fn on_loopback_no_page_from_elsewhere_has_control() {
        let table: &[(&[(&str, &str)], bool)] = &[
            (&[("host", "127.0.0.1:6565")], true),
            (
                &[
                    ("host", "localhost:6565"),
                    ("origin", "http://localhost:6565"),
                    ("sec-fetch-site", "same-origin"),
                ],
                true,
            ),
            (&[("host", "[::1]:6565")], true),
            (
                &[
                    ("host", "127.0.0.1:6565"),
                    ("origin", "https://evil.example"),
                ],
                false,
            ),
            (&[("host", "127.0.0.1:6565"), ("origin", "null")], false),
            (
                &[
                    ("host", "127.0.0.1:6565"),
                    ("origin", "http://127.0.0.1:8080"),
                ],
                false,
            ),
            (
                &[("host", "127.0.0.1:6565"), ("sec-fetch-site", "cross-site")],
                false,
            ),
            (
                &[("host", "127.0.0.1:6565"), ("sec-fetch-site", "same-site")],
                false,
            ),
            (
                &[
                    ("host", "rebound.example:6565"),
                    ("origin", "http://rebound.example:6565"),
                ],
                false,
            ),
        ];
        for (pairs, allowed) in table {
            let pairs: Vec<_> = pairs.iter().map(|(n, v)| (*n, *v)).collect();
            let headers: HeaderMap = pairs
                .iter()
                .map(|(n, v)| {
                    (
                        n.parse::<http::HeaderName>().expect("a name"),
                        v.parse().expect("a value"),
                    )
                })
                .collect();
            assert_eq!(
                check(&Rules::Loopback, &headers).is_ok(),
                *allowed,
                "{pairs:?}"
            );
            assert_eq!(check(&Rules::Open, &headers), Ok(()));
            assert_eq!(check(&Rules::ReadOnly, &headers), Err(Refusal::ReadOnly));
        }
    }

    #[test]
    fn the_token_is_read_anew_and_nothing_else_opens() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        let rules = Rules::Token(file.clone());
        let with = |token: &str| headers(&[("authorization", token)]);
        assert_eq!(check(&rules, &with("Bearer one")), Err(Refusal::NoToken));
        std::fs::write(&file, "\n").expect("written");
        assert_eq!(check(&rules, &with("Bearer ")), Err(Refusal::NoToken));
        std::fs::write(&file, "one\n").expect("written");
        assert_eq!(check(&rules, &with("Bearer one")), Ok(()));
        for wrong in ["Bearer two", "Bearer on", "one", "Basic one", "Bearer"] {
            assert_eq!(check(&rules, &with(wrong)), Err(Refusal::Token), "{wrong}");
        }
        assert_eq!(check(&rules, &HeaderMap::new()), Err(Refusal::Token));
        std::fs::write(&file, "two").expect("written");
        assert_eq!(check(&rules, &with("Bearer one")), Err(Refusal::Token));
    }

    #[test]
    fn changes_are_rate_limited_and_the_allowance_comes_back() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        assert_eq!(
            (0..30).filter(|_| allowance.take(start).is_ok()).count(),
            20
        );
        let later = start + Duration::from_secs(1);
        assert_eq!((0..30).filter(|_| allowance.take(later).is_ok()).count(), 5);
    }
}
