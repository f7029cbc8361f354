//! Spans of requests: the exporter, what the engine is given of it, and its last word.

use std::sync::Arc;

use loadd_engine::Tracing;
use loadd_metrics::Exemplars;
use loadd_outputs::{RunIdentity, Traces};

use super::fail;
use crate::{config::ResolvedTest, terminal::exit::Exit};

/// Starts the exporter where traces are on; slow requests are remembered in `exemplars`.
pub(super) fn start(
    test: &ResolvedTest,
    exemplars: &Arc<Exemplars>,
) -> Result<Option<(Tracing, Traces)>, Exit> {
    let Some(settings) = &test.traces else {
        return Ok(None);
    };
    let labels = test.labels.iter();
    // Spans carry their own times: of the run only its names count.
    let identity = RunIdentity {
        test_id: test.test_id.clone(),
        instance: test.instance.clone(),
        start_ms: 0,
        since_ms: 0,
        joined_ms: 0,
        labels: labels
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    };
    let traces = Traces::start(settings, &identity)
        .map_err(|error| fail(&format!("traces: {error}"), Exit::BadConfig))?;
    let tracing = Tracing::new(traces.tracer(), Arc::clone(exemplars));
    Ok(Some((tracing, traces)))
}

/// Sends the last spans, within the flush timeout.
pub(super) fn finish(test: &ResolvedTest, traces: Option<Traces>) {
    let (Some(settings), Some(traces)) = (&test.traces, traces) else {
        return;
    };
    let report = traces.finish(settings.flush_timeout);
    if report.dropped > 0 {
        tracing::warn!(
            sent = report.sent,
            dropped = report.dropped,
            "not all spans were delivered"
        );
    }
}
