//! Raw samples for outputs that write each one (`--out json`, `csv`): a core's recorder fills a batch as it records, and
//! sends it to the one thread that writes. Off, it costs one look at an `Option` for each sample.
//!
//! Nothing here blocks: where the writer is too far behind, a batch is thrown away and its samples are counted. Knows no
//! clock: whoever taps a recorder brings one.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::Duration,
};

use crate::SeriesId;

/// Samples of one batch: about 40 KiB, sent with one lock.
const BATCH_SAMPLES: usize = 1_024;
/// Batches that may wait for the writer: two million samples, 80 MiB.
const WAITING_BATCHES: usize = 2_048;

/// Names and values that are no tags: `vu`, `iter`, and what scripts put into `exec.vu.metrics.metadata`.
pub type SampleMetadata = Arc<[(Box<str>, Box<str>)]>;

/// One sample as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct TapSample {
    /// What was measured, with its tags ([`crate::Registry::describe`]).
    pub series: SeriesId,
    /// In the metric's own unit: milliseconds for times.
    pub value: f64,
    /// When, in nanoseconds since the epoch.
    pub unix_nanos: i64,
    /// Absent when empty.
    pub metadata: Option<SampleMetadata>,
}

/// Where recorders send their batches. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TapSink {
    batches: SyncSender<Vec<TapSample>>,
    lost: Arc<AtomicU64>,
}

/// What comes out at the other end.
#[derive(Debug)]
pub struct TapFeed {
    batches: Receiver<Vec<TapSample>>,
    lost: Arc<AtomicU64>,
}

/// What a feed gives.
#[derive(Debug, PartialEq)]
pub enum Fed {
    /// Samples of one core, in the order in which it recorded them.
    Samples(Vec<TapSample>),
    /// None within the time.
    Nothing,
    /// No recorder is left: there will be none.
    Over,
}

/// A tap's two ends.
#[must_use]
pub fn tap() -> (TapSink, TapFeed) {
    let (sender, receiver) = sync_channel(WAITING_BATCHES);
    let lost = Arc::new(AtomicU64::new(0));
    let sink = TapSink {
        batches: sender,
        lost: Arc::clone(&lost),
    };
    let feed = TapFeed {
        batches: receiver,
        lost,
    };
    (sink, feed)
}

impl TapFeed {
    /// The next batch. Blocks for as long as `wait`.
    #[must_use]
    pub fn next(&self, wait: Duration) -> Fed {
        match self.batches.recv_timeout(wait) {
            Ok(samples) => Fed::Samples(samples),
            Err(RecvTimeoutError::Timeout) => Fed::Nothing,
            Err(RecvTimeoutError::Disconnected) => Fed::Over,
        }
    }

    /// Samples thrown away so far, since the writer was too far behind.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// One recorder's end of a tap: collects a batch and sends it.
pub struct SampleTap {
    sink: TapSink,
    batch: Vec<TapSample>,
    clock: Box<dyn Fn() -> i64 + Send>,
    /// Of the samples to come.
    pub(crate) metadata: Option<SampleMetadata>,
}

impl SampleTap {
    /// A tap that dates its samples by `clock` (nanoseconds since the epoch).
    #[must_use]
    pub fn new(sink: TapSink, clock: impl Fn() -> i64 + Send + 'static) -> SampleTap {
        SampleTap {
            sink,
            batch: Vec::with_capacity(BATCH_SAMPLES),
            clock: Box::new(clock),
            metadata: None,
        }
    }

    pub(crate) fn put(&mut self, samples: impl IntoIterator<Item = (SeriesId, f64)>) {
        let unix_nanos = (self.clock)();
        let metadata = &self.metadata;
        let samples = samples.into_iter().map(|(series, value)| TapSample {
            series,
            value,
            unix_nanos,
            metadata: metadata.clone(),
        });
        self.batch.extend(samples);
        if self.batch.len() >= BATCH_SAMPLES {
            self.flush();
        }
    }

    /// Sends what has been collected.
    pub(crate) fn flush(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let fresh = Vec::with_capacity(BATCH_SAMPLES);
        let batch = std::mem::replace(&mut self.batch, fresh);
        let count = batch.len() as u64;
        if self.sink.batches.try_send(batch).is_err() {
            self.sink.lost.fetch_add(count, Ordering::Relaxed);
        }
    }
}

impl Drop for SampleTap {
    fn drop(&mut self) {
        self.flush();
    }
}

impl fmt::Debug for SampleTap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SampleTap")
            .field("batch", &self.batch.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MetricsSettings, Recorder, Registry, Shelf, TagSetId, metric};

    fn drained(feed: &TapFeed) -> Vec<TapSample> {
        let mut all = Vec::new();
        while let Fed::Samples(samples) = feed.next(Duration::ZERO) {
            all.extend(samples);
        }
        all
    }

    #[test]
    fn every_recorded_sample_comes_out_of_the_tap_in_its_own_unit() {
        let registry = Registry::new(MetricsSettings::default());
        let mut recorder = Recorder::new(&registry);
        let (sink, feed) = tap();
        recorder.attach(SampleTap::new(sink, || 7));
        let tags = recorder.extend(TagSetId::EMPTY, &[("name", "x")]);
        let iterations = recorder.series(metric::ITERATIONS, tags);
        let duration = recorder.series(metric::ITERATION_DURATION, tags);
        let request = recorder.request_series(tags);
        recorder.count(iterations);
        recorder.observe(duration, 1_500_000);
        recorder.add(iterations, f64::NAN);
        recorder.record_request(
            &request,
            &[1_000_000, 0, 0, 0, 0, 0, 2_000_000],
            Some(false),
        );
        recorder.record_request(&request, &[0; 7], None);
        let counted = recorder.swap(Shelf::default());
        drop(counted);
        let samples = drained(&feed);
        assert_eq!(samples.len(), 2 + 9 + 8, "a refused sample is not written");
        assert!(samples.iter().all(|sample| sample.unix_nanos == 7));
        let of = |series: SeriesId| {
            let found = samples.iter().filter(move |sample| sample.series == series);
            found.map(|sample| sample.value).collect::<Vec<_>>()
        };
        assert_eq!(of(iterations), [1.0]);
        assert_eq!(of(duration), [1.5]);
        assert_eq!(of(request.reqs), [1.0, 1.0]);
        assert_eq!(of(request.failed), [0.0]);
        assert_eq!(of(request.receiving), [2.0, 0.0]);
    }

    #[test]
    fn a_writer_that_does_not_keep_up_costs_samples_that_are_counted() {
        let registry = Registry::new(MetricsSettings::default());
        let mut recorder = Recorder::new(&registry);
        let (sink, feed) = tap();
        recorder.attach(SampleTap::new(sink, || 0));
        let series = recorder.series(metric::ITERATIONS, TagSetId::EMPTY);
        let more = 10;
        for _ in 0..(WAITING_BATCHES + more) * BATCH_SAMPLES {
            recorder.count(series);
        }
        assert_eq!(feed.lost(), (more * BATCH_SAMPLES) as u64);
        drop(recorder);
        assert_eq!(drained(&feed).len(), WAITING_BATCHES * BATCH_SAMPLES);
        assert_eq!(feed.next(Duration::ZERO), Fed::Over);
    }
}
