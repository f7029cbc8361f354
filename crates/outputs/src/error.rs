//! What can keep an output from starting. After the start nothing is an error: it is retried, or counted.

use std::{io, path::PathBuf};

use crate::settings::SettingFault;

/// Why an output cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Settings that cannot be used, all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Settings(Vec<SettingFault>),
    /// The URL or a header.
    #[error("remote_write.url: {0}")]
    Endpoint(String),
    /// A certificate or key.
    #[error("remote_write.tls: {0}")]
    Tls(String),
    /// A token or password file.
    #[error("read credentials from {}: {error}", path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What came of it.
        error: io::Error,
    },
    /// The spool's folder.
    #[error("open the spool in {}: {error}", path.display())]
    Spool {
        /// The folder.
        path: PathBuf,
        /// What came of it.
        error: io::Error,
    },
    /// A file for samples.
    #[error("cannot write samples to {}: {error}", path.display())]
    SampleFile {
        /// The file.
        path: PathBuf,
        /// What came of it.
        error: io::Error,
    },
    /// The exporter of spans.
    #[error("{0}")]
    Traces(String),
    /// No thread.
    #[error("start the thread of {name}: {error}")]
    Thread {
        /// Its name.
        name: &'static str,
        /// What came of it.
        error: io::Error,
    },
}
