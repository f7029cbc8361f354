//! One request from head to decoded body, and what surrounds it: pool, retries, redirects.
//!
//! HTTP/2 gets a file of its own beside `h1`; `send` then chooses by what ALPN gave.

pub(crate) mod body;
pub(crate) mod decode;
pub(crate) mod h1;
pub(crate) mod head;
pub(crate) mod pool;
pub(crate) mod redirect;
pub(crate) mod send;
