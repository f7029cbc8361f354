//! Faults as k6 tells them: code and text, both from a small set.

use std::{io, sync::Arc};

use crate::{
    ErrorCode, RequestError,
    socket::marks::{Direction, Fault},
};

impl RequestError {
    pub(crate) fn new(code: u16, message: impl Into<Arc<str>>) -> Self {
        RequestError {
            code: ErrorCode(code),
            message: message.into(),
        }
    }

    pub(crate) fn timeout() -> Self {
        RequestError::new(1050, "request timeout")
    }

    pub(crate) fn eof() -> Self {
        RequestError::new(1000, "EOF")
    }

    pub(crate) fn unexpected_eof() -> Self {
        RequestError::new(1000, "unexpected EOF")
    }

    /// k6's text for an errno that has no code of its own.
    pub(crate) fn unknown_errno(operation: &str, errno: i32) -> String {
        let full = io::Error::from_raw_os_error(errno).to_string();
        // std adds " (os error N)"; the number is there already.
        let text = full.split(" (os error").next().unwrap_or(&full);
        let system = std::env::consts::OS;
        format!(
            "{operation}: unknown errno `{errno}` on {system} with message `{}`",
            text.to_lowercase()
        )
    }

    /// A fault on an established connection.
    pub(crate) fn from_errno(operation: &str, errno: Option<i32>, text: &str) -> Self {
        let Some(errno) = errno else {
            return RequestError::new(1200, format!("{operation}: {text}"));
        };
        match io::Error::from_raw_os_error(errno).kind() {
            io::ErrorKind::ConnectionReset => {
                RequestError::new(1220, format!("{operation}: connection reset by peer"))
            }
            io::ErrorKind::BrokenPipe => {
                RequestError::new(1201, format!("{operation}: broken pipe"))
            }
            _ => RequestError::new(1202, RequestError::unknown_errno(operation, errno)),
        }
    }

    /// From hyper's error and what the socket saw. `answered`: bytes of the response came.
    pub(crate) fn from_hyper(error: &hyper::Error, fault: Option<Fault>, answered: bool) -> Self {
        if let Some(fault) = fault {
            return RequestError::from_fault(fault);
        }
        if error.is_parse() {
            let text = "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
            return RequestError::new(1000, text);
        }
        if answered {
            RequestError::unexpected_eof()
        } else {
            RequestError::eof()
        }
    }

    /// From what the socket saw.
    pub(crate) fn from_fault(fault: Fault) -> Self {
        if let Some(alert) = fault.alert {
            return alert;
        }
        if fault.errno.is_none() && fault.text.contains("close_notify") {
            return RequestError::unexpected_eof();
        }
        let operation = match fault.direction {
            Direction::Read => "read",
            Direction::Write => "write",
        };
        RequestError::from_errno(operation, fault.errno, &fault.text)
    }
}
