//! The table `[remote_write]`: the outputs' own settings, with the keys that belong to other rooms beside them.

use std::path::{Path, PathBuf};

use loadd_outputs::{BasicAuth, RemoteWriteSettings, TlsSettings};
use loadd_timeline::CountValue;
use schemars::JsonSchema;
use serde::Deserialize;

use super::bytes::ByteSize;

/// Pushing to Prometheus by remote write.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct RemoteWriteFile {
    /// Resolution of histograms, -4 to 8. Default 7.
    #[serde(default)]
    pub(crate) histogram_schema: Option<CountValue>,
    /// Where samples wait that could not be sent, across restarts; absent: in memory, at most 64 MiB.
    #[serde(default)]
    pub(crate) spool: Option<SpoolFile>,
    /// The sender's.
    #[serde(flatten)]
    pub(crate) sender: RemoteWriteSettings,
}

/// The spool: what could not be sent, and the checkpoint.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct SpoolFile {
    /// Folder, relative to the file.
    pub(crate) path: String,
    /// Default 256MiB.
    #[serde(default)]
    pub(crate) max_bytes: Option<ByteSize>,
}

impl RemoteWriteFile {
    /// The sender's settings with paths that hold from anywhere, and with the spool's bound.
    pub(crate) fn sender(&self, folder: &Path) -> RemoteWriteSettings {
        let mut sender = self.sender.clone();
        anchor(
            folder,
            &mut sender.tls,
            &mut sender.bearer_token_file,
            sender.basic_auth.as_mut(),
        );
        let bound = self.spool.as_ref().and_then(|spool| spool.max_bytes);
        sender.max_bytes = bound.map(|size| size.0).or(sender.max_bytes);
        sender
    }
}

/// Makes the files that a connection needs relative to the config's folder.
pub(crate) fn anchor(
    folder: &Path,
    tls: &mut TlsSettings,
    token_file: &mut Option<PathBuf>,
    basic: Option<&mut BasicAuth>,
) {
    let password = basic.and_then(|auth| auth.password_file.as_mut());
    let tls = [&mut tls.ca_file, &mut tls.cert_file, &mut tls.key_file];
    let files = tls
        .into_iter()
        .flat_map(Option::as_mut)
        .chain(token_file)
        .chain(password);
    for file in files {
        *file = folder.join(&*file);
    }
}
