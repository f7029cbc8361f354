//! From ended spans to the exporter: a bounded queue, and the one task that empties it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use opentelemetry::Context;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanExporter, SpanProcessor},
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use crate::clock;

/// Spans that wait at most; further ones are dropped.
pub(super) const WAITING: usize = 8_192;
/// Spans in one request at most.
const BATCH: usize = 512;
/// How long a span waits for others to travel with.
const GATHERED: Duration = Duration::from_secs(1);
/// Faults of the receiver are said once in so long.
const QUIET: Duration = Duration::from_secs(60);

/// What became of the spans.
#[derive(Debug, Default)]
pub struct TraceCounters {
    /// `loadd_spans_total`: taken by the receiver.
    pub sent: AtomicU64,
    /// `loadd_spans_dropped_total`: the queue was full, the receiver refused them or was away, or time was up at the end.
    pub dropped: AtomicU64,
}

impl TraceCounters {
    fn lost(&self, spans: usize) {
        self.dropped.fetch_add(spans as u64, Relaxed);
    }
}

/// The end that event loops put spans in: never waits.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) spans: mpsc::Sender<SpanData>,
    pub(super) counters: Arc<TraceCounters>,
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.spans.try_send(span).is_err() {
            self.counters.lost(1);
        }
    }

    /// What waits is sent by whoever holds the other end.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// When everything has to be sent: unknown while the run lives.
pub(super) type Ending = watch::Receiver<Option<Instant>>;

/// The other end.
pub(super) struct Sender<E> {
    pub(super) spans: mpsc::Receiver<SpanData>,
    pub(super) exporter: E,
    pub(super) counters: Arc<TraceCounters>,
    pub(super) ending: Ending,
    pub(super) said: Option<Instant>,
}

impl<E: SpanExporter> Sender<E> {
    /// Sends until the run has ended and nothing waits any more, or its time is up.
    pub(super) async fn work(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.gather(&mut batch).await {
            let spans = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            self.send(spans).await;
        }
        // Time is up, for those at hand too.
        let mut left = batch.len();
        while self.spans.try_recv().is_ok() {
            left += 1;
        }
        self.counters.lost(left);
    }

    /// Waits for the next batch; `false` where there will be none.
    async fn gather(&mut self, batch: &mut Vec<SpanData>) -> bool {
        let mut ending = self.ending.clone();
        let mut full_at = None;
        while batch.len() < BATCH {
            let over = *ending.borrow_and_update();
            if let Some(over) = over {
                // Nothing new comes: what is there, at once.
                self.spans.close();
                while batch.len() < BATCH
                    && let Ok(span) = self.spans.try_recv()
                {
                    batch.push(span);
                }
                return !batch.is_empty() && clock::now() < over;
            }
            let room = BATCH - batch.len();
            tokio::select! {
                taken = self.spans.recv_many(batch, room) => {
                    if taken == 0 {
                        return !batch.is_empty();
                    }
                    full_at.get_or_insert_with(|| clock::now() + GATHERED);
                }
                () = until(full_at) => break,
                changed = ending.changed() => {
                    if changed.is_err() {
                        return false;
                    }
                }
            }
        }
        true
    }

    async fn send(&mut self, spans: Vec<SpanData>) {
        let count = spans.len();
        let mut ending = self.ending.clone();
        let result = tokio::select! {
            result = self.exporter.export(spans) => result.map_err(|error| error.to_string()),
            () = time_is_up(&mut ending) => Err("the end of the run came first".to_owned()),
        };
        match result {
            Ok(()) => {
                self.counters.sent.fetch_add(count as u64, Relaxed);
            }
            Err(error) => {
                self.counters.lost(count);
                let now = clock::now();
                if self.said.is_none_or(|said| now - said >= QUIET) {
                    self.said = Some(now);
                    tracing::warn!(spans = count, %error, "traces: spans are not delivered and dropped");
                }
            }
        }
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

async fn time_is_up(ending: &mut Ending) {
    loop {
        let over = *ending.borrow_and_update();
        match over {
            Some(over) => return sleep_until(over).await,
            None => {
                if ending.changed().await.is_err() {
                    return std::future::pending().await;
                }
            }
        }
    }
}
