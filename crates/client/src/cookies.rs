//! A cookie jar as k6 has it: RFC 6265 without a public-suffix list.

use std::cell::RefCell;

/// One jar. Shared on its core between the script that reads it and the session that fills it; every method borrows it for
/// its own length only.
#[derive(Debug, Default)]
pub struct CookieJar {
    _store: RefCell<()>,
}
