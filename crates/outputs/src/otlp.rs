//! OTLP metrics: cumulative exponential histograms, sums and gauges, over HTTP/protobuf or gRPC. The messages are
//! `opentelemetry-proto`'s, filled from the same records that remote write sends, so that both give the same totals.

mod encode;
mod points;

use std::sync::Arc;

use loadd_metrics::Snapshot;
use tokio::sync::watch;

use self::encode::OtlpCodec;
use crate::{
    checkpoint::RunFolder,
    delivery::{Delivery, Parts},
    endpoint::Endpoint,
    error::Error,
    output::RunIdentity,
    settings::{OtlpSettings, label_faults},
};

/// Builds an exporter. With a folder its spool lies there and survives the process; without one it lies in memory.
///
/// # Errors
/// Where settings, certificates, credentials or the folder are not usable.
pub fn otlp(
    settings: &OtlpSettings,
    identity: &RunIdentity,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    folder: Option<&RunFolder>,
) -> Result<Delivery, Error> {
    let mut faults = settings.validate().err().unwrap_or_default();
    faults.extend(label_faults("labels", &identity.labels));
    if !faults.is_empty() {
        return Err(Error::Settings(faults));
    }
    let parts = Parts {
        name: "otlp",
        file_name: "otlp",
        endpoint: Endpoint::new(&settings.endpoint())?,
        codec: Box::new(OtlpCodec::new(settings)),
        interval: settings.interval,
        max_bytes: settings.max_bytes,
        identity,
        folder,
    };
    Delivery::build(parts, snapshots)
}

#[cfg(test)]
mod tests;
