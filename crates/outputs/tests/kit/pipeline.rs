//! From samples to a finished sender: the way of a run in a few lines.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use loadd_metrics::{
    Contains, Kind, MetricsSettings, Recorder, Registry, SeriesId, Shelf, Snapshot, TagSetId,
    Totals,
};
use loadd_outputs::{
    Delivery, FlushReport, PipelineCounters, RemoteWriteSettings, RunFolder, RunIdentity,
    remote_write, v1,
};
use tokio::sync::watch;

/// Time of the first snapshot.
pub const NOW: i64 = 1_700_000_000_000;
/// The bits that end a series.
pub const STALE: u64 = 0x7ff0_0000_0000_0002;
/// Longer than any test needs, so that a hanging one ends.
pub const LONG: Duration = Duration::from_secs(30);

pub fn identity() -> RunIdentity {
    RunIdentity {
        test_id: "t".to_owned(),
        instance: "w1".to_owned(),
        start_ms: 1_000,
        since_ms: NOW,
        joined_ms: NOW,
        labels: Vec::new(),
    }
}

/// One process' numbers and the channel that its snapshots go down.
pub struct Pipeline {
    pub began_ms: i64,
    pub registry: Arc<Registry>,
    pub recorder: Recorder,
    pub totals: Totals,
    pub publish: watch::Sender<Arc<Snapshot>>,
}

impl Pipeline {
    pub fn new() -> Pipeline {
        Pipeline::at(NOW)
    }

    /// One that joins at this instant.
    pub fn at(began_ms: i64) -> Pipeline {
        let registry = Registry::new(MetricsSettings::default());
        let mut totals = Totals::new(&registry);
        let first = totals.snapshot(began_ms, Duration::ZERO, false);
        Pipeline {
            began_ms,
            recorder: Recorder::new(&registry),
            totals,
            publish: watch::channel(first).0,
            registry,
        }
    }

    /// A series of a metric that a script declared.
    pub fn series(&mut self, name: &str, kind: Kind, tags: &[(&str, &str)]) -> SeriesId {
        let metric = self
            .registry
            .declare(name, kind, Contains::Default)
            .unwrap();
        let tags = self.recorder.extend(TagSetId::EMPTY, tags);
        self.recorder.series(metric, tags)
    }

    pub fn add(&mut self, name: &str, kind: Kind, tags: &[(&str, &str)], value: f64) {
        let series = self.series(name, kind, tags);
        self.recorder.add(series, value);
    }

    pub fn snapshot(&mut self, after_ms: i64, last: bool) -> Arc<Snapshot> {
        let shelf = self.recorder.swap(Shelf::default());
        self.totals.absorb(shelf);
        self.totals
            .snapshot(self.began_ms + after_ms, Duration::ZERO, last)
    }

    pub fn publish(&mut self, after_ms: i64, last: bool) {
        let snapshot = self.snapshot(after_ms, last);
        self.publish.send_replace(snapshot);
    }

    /// Publishes, and waits until the sender has made a record of it: the channel keeps the newest snapshot alone.
    pub fn push(&mut self, counters: &PipelineCounters, after_ms: i64, last: bool) {
        let snapshot = self.snapshot(after_ms, last);
        self.push_this(counters, snapshot);
    }

    pub fn push_this(&mut self, counters: &PipelineCounters, snapshot: Arc<Snapshot>) {
        let time_ms = snapshot.time_ms;
        self.publish.send_replace(snapshot);
        let deadline = Instant::now() + LONG;
        while counters.highest_timestamp_ms.load(Relaxed) < time_ms {
            assert!(Instant::now() < deadline, "a push that is due was not made");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// A sender of these numbers that has not started.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "tests make settings where they use them"
    )]
    pub fn sender(&self, settings: RemoteWriteSettings, folder: Option<&RunFolder>) -> Delivery {
        let identity = RunIdentity {
            joined_ms: self.began_ms,
            ..identity()
        };
        remote_write(&settings, &identity, self.publish.subscribe(), folder).unwrap()
    }
}

/// A run with one counter of 3 and a trend, in one push to the end.
pub fn small_run(
    url: &str,
    change: impl FnOnce(&mut RemoteWriteSettings),
    prepare: impl FnOnce(&mut Delivery),
    timeout: Duration,
) -> (FlushReport, Arc<PipelineCounters>) {
    let mut pipeline = Pipeline::new();
    let mut settings = RemoteWriteSettings::new(url);
    change(&mut settings);
    let mut output = pipeline.sender(settings, None);
    prepare(&mut output);
    let counters = output.counters();
    let handle = output.start().unwrap();
    let tags = [("a b", "ü=&\"\n"), ("empty", "")];
    pipeline.add("orders", Kind::Counter, &tags, 3.0);
    pipeline.add("wait", Kind::Trend, &tags, 250.5);
    pipeline.publish(500, true);
    let report = handle.finish(timeout);
    balanced(report, &counters);
    (report, counters)
}

pub fn run_folder(root: &Path) -> RunFolder {
    RunFolder::open(root, "t", "w1").unwrap()
}

/// The law of every quiescent moment.
pub fn balanced(report: FlushReport, counters: &PipelineCounters) {
    assert_eq!(
        counters.recorded.load(Relaxed),
        report.sent + report.failed + report.dropped + report.pending,
        "recorded = sent + failed + dropped + pending: {report:?}"
    );
}

/// All time series of a metric.
pub fn of<'a>(requests: &'a [v1::WriteRequest], name: &str) -> Vec<&'a v1::TimeSeries> {
    requests
        .iter()
        .flat_map(|request| &request.timeseries)
        .filter(|series| label(series, "__name__") == Some(name))
        .collect()
}

pub fn label<'a>(series: &'a v1::TimeSeries, name: &str) -> Option<&'a str> {
    series
        .labels
        .iter()
        .find(|label| label.name == name)
        .map(|label| label.value.as_str())
}

/// Time (after [`NOW`]) and value of each sample of a metric, in the order of arrival.
pub fn samples_of(requests: &[v1::WriteRequest], name: &str) -> Vec<(i64, f64)> {
    of(requests, name)
        .iter()
        .flat_map(|series| &series.samples)
        .map(|sample| (sample.timestamp - NOW, sample.value))
        .collect()
}

/// Labels and time of everything that arrived, in the order of arrival.
pub fn arrivals(requests: &[v1::WriteRequest]) -> Vec<(String, i64)> {
    let mut all = Vec::new();
    for series in requests.iter().flat_map(|request| &request.timeseries) {
        let labels = format!("{:?}", series.labels);
        let times = series.samples.iter().map(|sample| sample.timestamp);
        let more = series
            .histograms
            .iter()
            .map(|histogram| histogram.timestamp);
        all.extend(times.chain(more).map(|time| (labels.clone(), time)));
    }
    all
}
