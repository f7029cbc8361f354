//! Standard output and error: the two places where the process writes, and whether a person is looking.

use std::io::{IsTerminal, Write};

/// Writes to standard output. A closed pipe (`loadd check | head`) is not our fault and ends nothing.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    // There is nowhere left to say that nobody listens.
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Standard output for outputs that write there themselves.
#[derive(Debug)]
pub(crate) struct Stdout;

impl Write for Stdout {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        std::io::stdout().write(text)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stdout().flush()
    }
}

/// Writes to standard error.
pub(crate) fn complain(text: &str) {
    let mut err = std::io::stderr().lock();
    drop(err.write_all(text.as_bytes()));
}

/// Whether standard output is a terminal.
pub(crate) fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether standard error is a terminal.
pub(crate) fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether the environment asks for no colours (`NO_COLOR` present and not empty, or k6's `K6_NO_COLOR`).
pub(crate) fn colours_refused() -> bool {
    ["NO_COLOR", "K6_NO_COLOR"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
