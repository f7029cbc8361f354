//! Prometheus remote write, versions 1.0 and 2.0.

pub(crate) mod classic;
pub(crate) mod encode;
mod exemplar;
pub(crate) mod histogram;
mod lines;
pub mod v1;
pub mod v2;
mod values;

use std::sync::Arc;

use loadd_metrics::Snapshot;
use tokio::sync::watch;

use self::{classic::Bounds, encode::RemoteWriteCodec};
use crate::{
    checkpoint::RunFolder,
    delivery::{Delivery, Parts},
    endpoint::Endpoint,
    error::Error,
    output::RunIdentity,
    settings::{RemoteWriteSettings, label_faults},
};

/// Builds a sender. With a folder its spool lies there and survives the process; without one it lies in memory.
///
/// # Errors
/// Where settings, certificates, credentials or the folder are not usable.
pub fn remote_write(
    settings: &RemoteWriteSettings,
    identity: &RunIdentity,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    folder: Option<&RunFolder>,
) -> Result<Delivery, Error> {
    let mut faults = settings.validate().err().unwrap_or_default();
    faults.extend(label_faults("labels", &identity.labels));
    if !faults.is_empty() {
        return Err(Error::Settings(faults));
    }
    let bounds = Bounds::new(
        settings.classic_buckets.as_deref(),
        settings.classic_buckets_plain.as_deref(),
    );
    let codec = RemoteWriteCodec::new(
        &settings.metric_prefix,
        settings.histograms,
        bounds,
        settings.version,
        &settings.trend_stats,
    );
    let parts = Parts {
        name: "remote write",
        file_name: "spool",
        endpoint: Endpoint::new(&settings.endpoint())?,
        codec: Box::new(codec),
        interval: settings.interval,
        max_bytes: settings.max_bytes,
        identity,
        folder,
    };
    Delivery::build(parts, snapshots)
}

#[cfg(test)]
pub(crate) mod tests;
