//! Remote write and the numbers about it: started once the run's start is known, read into the self metrics at each tick.

use std::sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed};

use loadd_admin::{Delivery, Run};
use loadd_engine::EngineHandle;
use loadd_metrics::{Exemplars, SelfMetrics, Snapshot};
use loadd_outputs::{
    Delivery as Sender, DeliveryHandle, PipelineCounters, RunFolder, RunIdentity, TraceCounters,
    Traces, otlp, remote_write,
};
use tokio::sync::watch;

use super::{clock::now_ms, fail};
use crate::{
    config::ResolvedTest,
    terminal::{exit::Exit, logs::LogCounts},
};

/// The pipeline's numbers.
pub(super) struct Pipeline {
    own: SelfMetrics,
    logs: Arc<LogCounts>,
    /// Those of the senders, once there are any.
    counters: Mutex<Counters>,
    /// Spans of slow requests, where traces are on.
    exemplars: Arc<Exemplars>,
    /// What the page and its kin show.
    shown: watch::Sender<Option<Run>>,
}

/// The senders' counters.
#[derive(Debug, Clone, Default)]
struct Counters {
    remote_write: Option<Arc<PipelineCounters>>,
    otlp: Option<Arc<PipelineCounters>>,
    traces: Option<Arc<TraceCounters>>,
}

/// Senders at work.
#[derive(Default)]
pub(super) struct Senders {
    pub(super) remote_write: Option<DeliveryHandle>,
    pub(super) otlp: Option<DeliveryHandle>,
}

impl Pipeline {
    pub(super) fn new(own: SelfMetrics, logs: Arc<LogCounts>) -> Pipeline {
        Pipeline {
            own,
            logs,
            counters: Mutex::default(),
            exemplars: Arc::default(),
            shown: watch::Sender::new(None),
        }
    }

    /// Lets this run be looked at.
    pub(super) fn show(&self, run: Run) -> watch::Receiver<Option<Run>> {
        self.shown.send_replace(Some(run));
        self.shown.subscribe()
    }

    /// No tick comes any more, and who looks at a run that lingers is told what became of its last samples.
    pub(super) fn rest(&self, last: &Snapshot) {
        self.publish();
        let last = Arc::new(self.own.after(last));
        self.shown.send_modify(|run| {
            if let Some(run) = run {
                run.snapshots = watch::channel(last).1;
            }
        });
    }

    pub(super) fn own(&self) -> SelfMetrics {
        self.own.clone()
    }

    pub(super) fn exemplars(&self) -> Arc<Exemplars> {
        Arc::clone(&self.exemplars)
    }

    /// From now on tells what becomes of spans.
    pub(super) fn count_spans(&self, traces: Option<&Traces>) {
        let mut known = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        known.traces = traces.map(Traces::counters);
    }

    /// The sender's counters, or fresh ones where nothing is sent.
    pub(super) fn counters(&self) -> Arc<PipelineCounters> {
        self.known().remote_write.unwrap_or_default()
    }

    fn known(&self) -> Counters {
        self.counters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn delivery(&self) -> Delivery {
        let Counters {
            remote_write, otlp, ..
        } = self.known();
        let senders = remote_write.into_iter().chain(otlp);
        senders.fold(Delivery::default(), |sum, counters| Delivery {
            pending: sum.pending + counters.pending.load(Relaxed),
            failed: sum.failed + counters.failed(),
            dropped: sum.dropped + counters.dropped(),
        })
    }

    /// Starts remote write and OTLP, where they are configured. `since_ms`: since when the counts go on, where an earlier
    /// process began them.
    pub(super) fn start_senders(
        &self,
        test: &ResolvedTest,
        start_ms: i64,
        since_ms: Option<i64>,
        engine: &EngineHandle,
        folder: Option<&RunFolder>,
    ) -> Result<(Senders, i64), Exit> {
        let joined_ms = now_ms().max(start_ms);
        let identity = RunIdentity {
            test_id: test.test_id.clone(),
            instance: test.instance.clone(),
            start_ms,
            since_ms: since_ms.unwrap_or(joined_ms),
            joined_ms,
            labels: test
                .labels
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        };
        let mut senders = Senders::default();
        if let Some(settings) = &test.remote_write {
            let handle = remote_write(settings, &identity, engine.snapshots(), folder)
                .map(|sender| self.with_exemplars(test, sender))
                .and_then(Sender::start)
                .map_err(|error| fail(&format!("remote_write: {error}"), Exit::BadConfig))?;
            senders.remote_write = Some(handle);
        }
        if let Some(settings) = &test.otlp {
            let handle = otlp(settings, &identity, engine.snapshots(), folder)
                .map(|sender| self.with_exemplars(test, sender))
                .and_then(Sender::start)
                .map_err(|error| fail(&format!("otlp: {error}"), Exit::BadConfig))?;
            senders.otlp = Some(handle);
        }
        let mut known = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        known.remote_write = senders.remote_write.as_ref().map(DeliveryHandle::counters);
        known.otlp = senders.otlp.as_ref().map(DeliveryHandle::counters);
        drop(known);
        Ok((senders, identity.since_ms))
    }

    fn with_exemplars(&self, test: &ResolvedTest, sender: Sender) -> Sender {
        match test.traces {
            Some(_) => sender.with_exemplars(self.exemplars()),
            None => sender,
        }
    }

    /// Brings the self metrics up to date.
    pub(super) fn publish(&self) {
        for (level, count) in self.logs.read() {
            self.count("loadd_log_messages", &[("level", level)], count);
        }
        let Counters {
            remote_write,
            otlp,
            traces,
        } = self.known();
        if let Some(pipeline) = remote_write {
            self.publish_sender(&pipeline);
            self.publish_spool(&pipeline);
        }
        if let Some(pipeline) = otlp {
            self.publish_otlp(&pipeline);
        }
        if let Some(traces) = traces {
            self.count("loadd_spans", &[], traces.sent.load(Relaxed));
            self.count("loadd_spans_dropped", &[], traces.dropped.load(Relaxed));
            self.count("loadd_exemplars_dropped", &[], self.exemplars.dropped());
        }
    }

    fn publish_otlp(&self, pipeline: &PipelineCounters) {
        let lost = pipeline.failed() + pipeline.dropped();
        for (name, count) in [
            ("loadd_otlp_points", pipeline.sent.load(Relaxed)),
            ("loadd_otlp_points_rejected", lost),
            ("loadd_otlp_retries", pipeline.retries.load(Relaxed)),
        ] {
            self.count(name, &[], count);
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "counts and milliseconds below 2^53"
    )]
    fn publish_sender(&self, pipeline: &PipelineCounters) {
        for (name, value) in [
            ("loadd_remote_write_samples", &pipeline.sent),
            ("loadd_remote_write_samples_recorded", &pipeline.recorded),
        ] {
            self.count(name, &[], value.load(Relaxed));
        }
        for (reason, value) in [
            ("rejected", &pipeline.failed_rejected),
            ("poison", &pipeline.failed_poison),
            ("invalid", &pipeline.failed_invalid),
            ("partial", &pipeline.failed_partial),
        ] {
            self.count(
                "loadd_remote_write_samples_failed",
                &[("reason", reason)],
                value.load(Relaxed),
            );
        }
        for (reason, value) in [
            ("spool_full", &pipeline.dropped_spool_full),
            ("queue_full", &pipeline.dropped_queue_full),
            ("damaged", &pipeline.dropped_damaged),
        ] {
            self.count(
                "loadd_remote_write_samples_dropped",
                &[("reason", reason)],
                value.load(Relaxed),
            );
        }
        self.count(
            "loadd_remote_write_retries",
            &[],
            pipeline.retries.load(Relaxed),
        );
        self.count(
            "loadd_remote_write_bytes",
            &[],
            pipeline.bytes.load(Relaxed),
        );
        self.count(
            "loadd_remote_write_fallbacks",
            &[],
            pipeline.fallbacks.load(Relaxed),
        );
        let seconds = self.own.counter("loadd_remote_write_request_seconds", &[]);
        let spent = pipeline.request_micros.load(Relaxed) as f64 / 1e6;
        seconds.inc_by((spent - seconds.get()).max(0.0));
        for (code, value) in pipeline.requests() {
            self.count(
                "loadd_remote_write_requests",
                &[("code", &code.to_string())],
                value,
            );
        }
        self.gauge(
            "loadd_remote_write_pending_samples",
            pipeline.pending.load(Relaxed) as f64,
        );
        let newest = pipeline.highest_timestamp_ms.load(Relaxed) as f64;
        let sent = pipeline.highest_sent_timestamp_ms.load(Relaxed) as f64;
        self.gauge("loadd_remote_write_highest_timestamp_seconds", newest / 1e3);
        self.gauge(
            "loadd_remote_write_highest_sent_timestamp_seconds",
            sent / 1e3,
        );
    }

    #[expect(clippy::cast_precision_loss, reason = "bytes below 2^53")]
    fn publish_spool(&self, pipeline: &PipelineCounters) {
        for (name, value) in [
            ("loadd_spool_records_damaged", &pipeline.spool_damaged),
            ("loadd_spool_records_thinned", &pipeline.spool_thinned),
            ("loadd_spool_truncations", &pipeline.spool_truncations),
            ("loadd_spool_write_errors", &pipeline.spool_write_errors),
            ("loadd_spool_read_errors", &pipeline.spool_read_errors),
            (
                "loadd_checkpoint_write_errors",
                &pipeline.checkpoint_write_errors,
            ),
            ("loadd_tags_renamed", &pipeline.label_collisions),
            ("loadd_tag_values_cut", &pipeline.labels_cut),
        ] {
            self.count(name, &[], value.load(Relaxed));
        }
        self.gauge(
            "loadd_spool_bytes",
            pipeline.spool_bytes.load(Relaxed) as f64,
        );
        self.gauge(
            "loadd_spool_limit_bytes",
            pipeline.spool_limit_bytes.load(Relaxed) as f64,
        );
    }

    /// Sets a counter to what somebody else has counted.
    #[expect(clippy::cast_precision_loss, reason = "counts below 2^53")]
    fn count(&self, name: &str, labels: &[(&str, &str)], value: u64) {
        let counter = self.own.counter(name, labels);
        counter.inc_by((value as f64 - counter.get()).max(0.0));
    }

    fn gauge(&self, name: &str, value: f64) {
        self.own.gauge(name, &[]).set(value);
    }
}
