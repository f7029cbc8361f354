//! One request from head to decoded body, and what surrounds it: pool, retries, redirects.
//!
//! `h1` and `h2` are the two kinds of connection; `link` finds or makes the one that a request goes over.

pub(crate) mod body;
pub(crate) mod deadline;
mod debug;
pub(crate) mod decode;
mod digest;
pub(crate) mod h1;
pub(crate) mod h2;
pub(crate) mod head;
pub(crate) mod link;
mod multiplex;
pub(crate) mod pool;
pub(crate) mod redirect;
pub(crate) mod send;
