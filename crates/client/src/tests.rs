//! The room's behaviour through its door, against small servers on 127.0.0.1.

mod digest;
mod errors;
mod http2;
mod kit;
mod options;
mod proxy;
mod reuse;
mod speech;
mod tls;
