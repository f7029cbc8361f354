//! What earlier processes left in their spools is sent, without a run: `loadd flush`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use loadd_metrics::Snapshot;
use tokio::sync::watch;

use crate::{
    checkpoint::RunFolder,
    delivery::{Delivery, DeliveryHandle},
    error::Error,
    otlp::otlp,
    output::{FlushReport, RunIdentity},
    remote_write::remote_write,
    settings::{OtlpSettings, RemoteWriteSettings},
};

/// One output's spool of one run.
#[derive(Debug)]
pub struct Leftover {
    /// The run's folder.
    pub folder: PathBuf,
    /// Which output.
    pub output: &'static str,
    /// What became of it, or why it was left alone: a daemon holds it.
    pub result: Result<FlushReport, String>,
}

/// Sends what waits in each run's folder below `root`; those that a living process holds are skipped. Blocks for at most
/// the outputs' `flush_timeout` for each.
///
/// # Errors
/// Where the folder cannot be read. One that is not there holds nothing.
pub fn flush(
    root: &Path,
    to_remote_write: Option<&RemoteWriteSettings>,
    to_otlp: Option<&OtlpSettings>,
) -> io::Result<Vec<Leftover>> {
    let mut folders: Vec<PathBuf> = match fs::read_dir(root) {
        Ok(entries) => entries
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<_>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    folders.retain(|path| {
        ["spool", "otlp"]
            .iter()
            .any(|name| path.join(name).is_dir())
    });
    folders.sort();
    let mut left = Vec::new();
    for path in folders {
        let folder = match RunFolder::lock(path.clone()) {
            Ok(folder) => folder,
            Err(error) => {
                left.push(Leftover {
                    folder: path,
                    output: "",
                    result: Err(error.to_string()),
                });
                continue;
            }
        };
        if let Some(settings) = to_remote_write.filter(|_| path.join("spool").is_dir()) {
            let build = |snapshots| remote_write(settings, &nobody(), snapshots, Some(&folder));
            left.push(Leftover {
                folder: path.clone(),
                output: "remote write",
                result: send(build, settings.flush_timeout),
            });
        }
        if let Some(settings) = to_otlp.filter(|_| path.join("otlp").is_dir()) {
            let build = |snapshots| otlp(settings, &nobody(), snapshots, Some(&folder));
            left.push(Leftover {
                folder: path.clone(),
                output: "otlp",
                result: send(build, settings.flush_timeout),
            });
        }
    }
    Ok(left)
}

fn send(
    build: impl FnOnce(watch::Receiver<Arc<Snapshot>>) -> Result<Delivery, Error>,
    timeout: Duration,
) -> Result<FlushReport, String> {
    // Nobody will ever publish: the feed ends at once.
    let (_, snapshots) = watch::channel(Arc::new(Snapshot {
        time_ms: 0,
        elapsed: Duration::ZERO,
        last: false,
        series: Vec::new(),
        metrics: Vec::new().into(),
        version: 0,
    }));
    build(snapshots)
        .and_then(Delivery::start)
        .map(|handle: DeliveryHandle| handle.finish(timeout))
        .map_err(|error| error.to_string())
}

/// Records carry the identity of the run that made them; nothing new is made here.
fn nobody() -> RunIdentity {
    RunIdentity {
        test_id: String::new(),
        instance: String::new(),
        start_ms: 0,
        since_ms: 0,
        joined_ms: 0,
        labels: Vec::new(),
    }
}
