//! A run with everything in it: values that a float can have, hostile tags, histograms of each kind; what a receiver in this
//! process captured of it, and how tables of compliance cases are judged on that.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use loadd_metrics::{Gauge, Kind, SeriesState, Snapshot, Value};
use loadd_outputs::{ProtocolVersion, RemoteWriteSettings, v1};

use super::{
    pipeline::{LONG, Pipeline, STALE, balanced, of},
    receiver::{Answer, Captured, Receiver},
};

/// What arrived of a run.
pub struct Seen {
    pub version: ProtocolVersion,
    pub captured: Vec<Captured>,
    /// In the words of 1.0.
    pub requests: Vec<v1::WriteRequest>,
    pub began_ms: i64,
}

/// Case as the suite names it, level there, and whether it holds.
pub type Row = (&'static str, char, fn(&Seen) -> bool);

/// All cases hold, or those that do not are named.
pub fn judge(seen: &Seen, rows: &[Row]) {
    let broken: Vec<String> = rows
        .iter()
        .filter(|(_, _, holds)| !holds(seen))
        .map(|(case, level, _)| format!("{case} ({level})"))
        .collect();
    assert!(
        broken.is_empty(),
        "not compliant in {:?}: {}",
        seen.version,
        broken.join(", ")
    );
}

/// Values that a gauge of their case's name has.
pub const FLOATS: [(&str, f64); 12] = [
    ("float_value_encoding", 123.45),
    ("integer_value_encoding", 42.0),
    ("zero_value_encoding", 0.0),
    ("negative_zero_encoding", -0.0),
    ("negative_value_encoding", -15.5),
    ("positive_infinity_encoding", f64::INFINITY),
    ("negative_infinity_encoding", f64::NEG_INFINITY),
    ("nan_encoding", f64::NAN),
    ("large_float_values", f64::MAX),
    ("small_float_values", f64::MIN_POSITIVE),
    ("scientific_notation", 1.23e-4),
    ("precision_preservation", 0.123_456_789_012_345),
];

/// Tags that no receiver would take as they are.
pub const HOSTILE: [(&str, &str); 10] = [
    ("unicode", "負荷テスト 🚀 ü"),
    ("special", "/a=b&c=\"d\"\\\n\t'{}"),
    ("empty", ""),
    ("9 lives-of.a:cat", "digit and signs"),
    ("__name__", "impostor"),
    ("__reserved", "r"),
    ("instance", "impostor"),
    ("a.b", "one"),
    ("a-b", "two"),
    ("Große", "capital"),
];

/// Recorders refuse what is not finite, so that such values reach the wire only from within: they are put in here.
fn with_floats(snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
    let mut snapshot = Arc::into_inner(snapshot).unwrap();
    let name = |series: &SeriesState| snapshot.metric(series.metric).name.to_string();
    let names: Vec<String> = snapshot.series.iter().map(name).collect();
    for (series, name) in snapshot.series.iter_mut().zip(&names) {
        if let Some((_, value)) = FLOATS.iter().find(|(case, _)| case == name) {
            series.value = Value::Gauge(Some(Gauge::of(*value)));
        }
        if name == "histogram_large_counts"
            && let Value::Trend(histogram) = &mut series.value
        {
            let histogram = Arc::make_mut(histogram);
            while histogram.count() < 1_000_000_000 {
                let as_much = histogram.clone();
                histogram.merge(&as_much);
            }
        }
    }
    Arc::new(snapshot)
}

/// A run of two pushes with everything in it, begun now.
pub fn everything(version: ProtocolVersion) -> Seen {
    let receiver = Receiver::start(|_, captured| match Answer::taken(captured) {
        Answer::Whole(_, headers, _) => {
            let body = "ignore_response_body_on_success: \u{1f4a5} error".to_owned();
            Answer::Whole(200, headers, body)
        }
        other => other,
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let began_ms = i64::try_from(now.as_millis()).unwrap() - 6_000;
    let mut pipeline = Pipeline::at(began_ms);
    let mut settings = RemoteWriteSettings::new(&receiver.url);
    settings.interval = Duration::from_secs(1);
    settings.version = version;
    let output = pipeline.sender(settings, None);
    let counters = output.counters();
    let handle = output.start().unwrap();
    for (push, last) in [(1, false), (2, true)] {
        for (case, _) in FLOATS {
            pipeline.add(case, Kind::Gauge, &[], f64::from(push));
        }
        for tags in [&HOSTILE[..], &[("unicode", "other")], &[]] {
            pipeline.add("orders", Kind::Counter, tags, 1.0);
            pipeline.add("checks", Kind::Rate, tags, f64::from(push - 1));
            pipeline.add("wait", Kind::Trend, tags, 0.0);
            pipeline.add("wait", Kind::Trend, tags, -1.5);
        }
        if last {
            for _ in 0..99 {
                pipeline.add("histogram_count_present", Kind::Trend, &[], 2.5);
            }
            pipeline.add("histogram_count_present", Kind::Trend, &[], 3.0);
            pipeline.add("histogram_large_counts", Kind::Trend, &[], 0.25);
        }
        let snapshot = with_floats(pipeline.snapshot(i64::from(push) * 2_503, last));
        pipeline.push_this(&counters, snapshot);
    }
    let report = handle.finish(LONG);
    balanced(report, &counters);
    assert_eq!((report.failed, report.dropped, report.pending), (0, 0, 0));
    Seen {
        version,
        captured: receiver.seen(),
        requests: receiver.accepted(),
        began_ms,
    }
}

impl Seen {
    pub fn series(&self) -> impl Iterator<Item = &v1::TimeSeries> {
        self.requests.iter().flat_map(|request| &request.timeseries)
    }

    pub fn labels(&self) -> impl Iterator<Item = &v1::Label> {
        self.series().flat_map(|series| &series.labels)
    }

    pub fn header(&self, name: &str, pass: impl Fn(&str) -> bool) -> bool {
        !self.captured.is_empty()
            && self
                .captured
                .iter()
                .all(|captured| captured.header(name).is_some_and(&pass))
    }

    pub fn times(&self) -> impl Iterator<Item = i64> {
        self.series().flat_map(times_of)
    }

    /// The newest reading of a trend before its end.
    pub fn histogram(&self, name: &str) -> Option<&v1::Histogram> {
        of(&self.requests, name)
            .into_iter()
            .flat_map(|series| &series.histograms)
            .rfind(|histogram| histogram.sum.to_bits() != STALE)
    }
}

/// Times of its samples and histograms, in their order there.
pub fn times_of(series: &v1::TimeSeries) -> Vec<i64> {
    let samples = series.samples.iter().map(|sample| sample.timestamp);
    let histograms = series.histograms.iter().map(|one| one.timestamp);
    samples.chain(histograms).collect()
}
