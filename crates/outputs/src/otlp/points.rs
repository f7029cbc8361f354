//! Readings as data points.

use loadd_metrics::{Contains, Histogram, Kind, naming::Part};
use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    metrics::v1::{
        AggregationTemporality, Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint,
        Gauge, HistogramDataPoint, Metric, NumberDataPoint, Sum, exemplar,
        exponential_histogram_data_point::Buckets, metric::Data, number_data_point::Value,
    },
};

use crate::{
    remote_write::classic::{Cumulative, decode},
    spool::record::{Point, Reading},
};

/// The flag of a point without a value: the series has ended.
const NO_RECORDED_VALUE: u32 = 1;
/// Buckets of one side at most: wider ones are sent at a lower scale, since OTLP has no gaps.
const WIDEST: i32 = 1 << 14;
/// Bounds of the SDK, which k6's histograms have; milliseconds where they are times.
const SDK_BOUNDS: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10_000.0,
];

/// What a trend becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trends {
    /// Exponential, in the units of Prometheus.
    Exponential,
    /// With the SDK's bounds, in k6's units.
    Explicit,
}

/// A metric of this part's kind without points.
pub(super) fn empty(kind: Kind, part: Part, trends: Trends) -> Data {
    let cumulative = AggregationTemporality::Cumulative as i32;
    match (kind, part, trends) {
        (Kind::Counter, _, _) | (Kind::Rate, Part::NonZero | Part::Zero, _) => Data::Sum(Sum {
            data_points: Vec::new(),
            aggregation_temporality: cumulative,
            is_monotonic: true,
        }),
        (Kind::Gauge | Kind::Rate, _, _) => Data::Gauge(Gauge::default()),
        (Kind::Trend, _, Trends::Exponential) => Data::ExponentialHistogram(ExponentialHistogram {
            data_points: Vec::new(),
            aggregation_temporality: cumulative,
        }),
        (Kind::Trend, _, Trends::Explicit) => {
            Data::Histogram(opentelemetry_proto::tonic::metrics::v1::Histogram {
                data_points: Vec::new(),
                aggregation_temporality: cumulative,
            })
        }
    }
}

/// Adds a reading to a metric; how many points that made.
pub(super) fn add(metric: &mut Metric, part: Part, point: &Point, attributes: &[KeyValue]) -> u64 {
    let time = nanos(point.time_ms);
    let start = nanos(point.series.run.since_ms).min(time);
    let flags = if point.reading == Reading::Stale {
        NO_RECORDED_VALUE
    } else {
        0
    };
    let attributes = attributes.to_vec();
    match &mut metric.data {
        Some(Data::Sum(Sum { data_points, .. })) => {
            let Some(value) = number(part, &point.reading) else {
                return 0;
            };
            data_points.push(NumberDataPoint {
                attributes,
                start_time_unix_nano: start,
                time_unix_nano: time,
                value,
                flags,
                ..NumberDataPoint::default()
            });
        }
        Some(Data::Gauge(Gauge { data_points })) => {
            let Some(value) = number(part, &point.reading) else {
                return 0;
            };
            data_points.push(NumberDataPoint {
                attributes,
                time_unix_nano: time,
                value,
                flags,
                ..NumberDataPoint::default()
            });
        }
        Some(Data::ExponentialHistogram(ExponentialHistogram { data_points, .. })) => {
            let Some(filled) = exponential(&point.reading) else {
                return 0;
            };
            data_points.push(ExponentialHistogramDataPoint {
                attributes,
                start_time_unix_nano: start,
                time_unix_nano: time,
                flags,
                exemplars: exemplars(point, 1.0),
                ..filled
            });
        }
        Some(Data::Histogram(histogram)) => {
            let Some(filled) = explicit(&point.reading, point.series.contains) else {
                return 0;
            };
            histogram.data_points.push(HistogramDataPoint {
                attributes,
                start_time_unix_nano: start,
                time_unix_nano: time,
                flags,
                exemplars: exemplars(point, unit(point.series.contains)),
                ..filled
            });
        }
        Some(Data::Summary(_)) | None => return 0,
    }
    1
}

/// What one of ours is in k6's units.
fn unit(contains: Contains) -> f64 {
    if contains == Contains::Time { 1e3 } else { 1.0 }
}

fn exemplars(point: &Point, unit: f64) -> Vec<Exemplar> {
    let exemplar = point.exemplar.iter().map(|exemplar| Exemplar {
        time_unix_nano: nanos(exemplar.time_ms),
        span_id: exemplar.span_id.to_be_bytes().to_vec(),
        trace_id: exemplar.trace_id.to_be_bytes().to_vec(),
        value: Some(exemplar::Value::AsDouble(exemplar.value * unit)),
        ..Exemplar::default()
    });
    exemplar.collect()
}

fn nanos(time_ms: i64) -> u64 {
    u64::try_from(time_ms)
        .unwrap_or(0)
        .saturating_mul(1_000_000)
}

/// `Some(None)` is the value of a series that has ended.
fn number(part: Part, reading: &Reading) -> Option<Option<Value>> {
    let int = |count: u64| Value::AsInt(i64::try_from(count).unwrap_or(i64::MAX));
    Some(match (reading, part) {
        (Reading::Stale, _) => None,
        (Reading::Zero(_) | Reading::Rate { total: 0, .. }, Part::Ratio)
        | (Reading::Histogram(_), _) => return None,
        (Reading::Zero(_), Part::Whole) => Some(Value::AsDouble(0.0)),
        (Reading::Zero(_), Part::NonZero | Part::Zero) => Some(int(0)),
        (Reading::Number(value), _) => Some(Value::AsDouble(*value)),
        (Reading::Rate { nonzero, total }, Part::Ratio) => {
            Some(Value::AsDouble(float(*nonzero) / float(*total)))
        }
        (Reading::Rate { nonzero, .. }, Part::NonZero) => Some(int(*nonzero)),
        (Reading::Rate { nonzero, total }, Part::Whole | Part::Zero) => {
            Some(int(total.saturating_sub(*nonzero)))
        }
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share of counts above 2^53 is right to 15 digits"
)]
fn float(count: u64) -> f64 {
    count as f64
}

fn exponential(reading: &Reading) -> Option<ExponentialHistogramDataPoint> {
    let histogram = match reading {
        Reading::Histogram(message) | Reading::Zero(message) => decode(message)?,
        Reading::Stale => return Some(ExponentialHistogramDataPoint::default()),
        Reading::Number(_) | Reading::Rate { .. } => return None,
    };
    let (positive, negative, scale) = dense(&histogram);
    Some(ExponentialHistogramDataPoint {
        count: histogram.count(),
        sum: Some(histogram.sum()),
        scale,
        zero_count: histogram.zero_count(),
        zero_threshold: histogram.zero_threshold(),
        positive: Some(positive),
        negative: Some(negative),
        ..ExponentialHistogramDataPoint::default()
    })
}

/// Both sides without gaps, and their scale. OpenTelemetry's index is ours less 1.
fn dense(histogram: &Histogram) -> (Buckets, Buckets, i32) {
    let mut sides = [
        histogram.positive().collect::<Vec<(i32, u64)>>(),
        histogram.negative().collect(),
    ];
    let mut scale = i32::from(histogram.schema());
    let wide = |side: &[(i32, u64)]| match side {
        [(first, _), .., (last, _)] => last.saturating_sub(*first) >= WIDEST,
        [] | [_] => false,
    };
    while sides.iter().any(|side| wide(side)) && scale > -4 {
        scale -= 1;
        for (index, _) in sides.iter_mut().flatten() {
            *index = ((*index - 1) >> 1) + 1;
        }
    }
    let [positive, negative] = sides.map(|side| {
        let Some((first, _)) = side.first() else {
            return Buckets::default();
        };
        let first = *first;
        let mut counts: Vec<u64> = Vec::new();
        for (index, count) in &side {
            let at = usize::try_from(index - first).unwrap_or(0);
            counts.resize(counts.len().max(at + 1), 0);
            counts[at] += count;
        }
        Buckets {
            offset: first - 1,
            bucket_counts: counts,
        }
    });
    (positive, negative, scale)
}

fn explicit(reading: &Reading, contains: Contains) -> Option<HistogramDataPoint> {
    let unit = unit(contains);
    let bounds = SDK_BOUNDS.map(|bound| bound / unit);
    let (counts, count, sum) = match Cumulative::of(reading, &bounds, &[])? {
        Cumulative::Counts(counts, count, sum, _) => (counts, count, sum),
        Cumulative::Stale => return Some(HistogramDataPoint::default()),
    };
    let mut below = 0;
    let ends = counts.into_iter().chain([count]);
    Some(HistogramDataPoint {
        count,
        sum: Some(sum * unit),
        bucket_counts: ends
            .map(|end| end - std::mem::replace(&mut below, end))
            .collect(),
        explicit_bounds: SDK_BOUNDS.to_vec(),
        ..HistogramDataPoint::default()
    })
}
