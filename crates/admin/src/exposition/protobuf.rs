//! The page as a stream of `io.prometheus.client.MetricFamily`, each with its length before it: the only form in which
//! native histograms can be scraped. The messages are written by hand: no protoc, no build script.

use loadd_metrics::{
    Family, Histogram, MetricInfo, SeriesState, Snapshot, Spans, Value,
    naming::{Part, parts},
};
use prost::Message;

use super::{PREFIX, help, labels};

/// Content type of the page.
pub(crate) const CONTENT_TYPE: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

#[derive(Clone, PartialEq, prost::Message)]
struct MetricFamily {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(string, optional, tag = "2")]
    help: Option<String>,
    /// 0 counter, 1 gauge, 4 histogram.
    #[prost(int32, optional, tag = "3")]
    r#type: Option<i32>,
    #[prost(message, repeated, tag = "4")]
    metric: Vec<Metric>,
    #[prost(string, optional, tag = "5")]
    unit: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Metric {
    #[prost(message, repeated, tag = "1")]
    label: Vec<LabelPair>,
    #[prost(message, optional, tag = "2")]
    gauge: Option<Number>,
    #[prost(message, optional, tag = "3")]
    counter: Option<Number>,
    #[prost(message, optional, tag = "7")]
    histogram: Option<Native>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct LabelPair {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(string, optional, tag = "2")]
    value: Option<String>,
}

/// Gauge and Counter have the same form.
#[derive(Clone, PartialEq, prost::Message)]
struct Number {
    #[prost(double, optional, tag = "1")]
    value: Option<f64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Native {
    #[prost(uint64, optional, tag = "1")]
    sample_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    sample_sum: Option<f64>,
    #[prost(sint32, optional, tag = "5")]
    schema: Option<i32>,
    #[prost(double, optional, tag = "6")]
    zero_threshold: Option<f64>,
    #[prost(uint64, optional, tag = "7")]
    zero_count: Option<u64>,
    #[prost(message, repeated, tag = "9")]
    negative_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, packed = "false", tag = "10")]
    negative_delta: Vec<i64>,
    #[prost(message, repeated, tag = "12")]
    positive_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, packed = "false", tag = "13")]
    positive_delta: Vec<i64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct BucketSpan {
    #[prost(sint32, optional, tag = "1")]
    offset: Option<i32>,
    #[prost(uint32, optional, tag = "2")]
    length: Option<u32>,
}

/// The whole page.
pub(crate) fn page(snapshot: &Snapshot, test_metrics: bool) -> Vec<u8> {
    let mut page = Vec::new();
    let shown = |info: &&MetricInfo| test_metrics || info.family == Family::Own;
    for info in snapshot.metrics.iter().filter(shown) {
        let series: Vec<_> = snapshot
            .of(info.id)
            .filter(|series| series.has_samples())
            .collect();
        let mut families: Vec<MetricFamily> = Vec::new();
        for part in parts(info.kind) {
            let name = info.wire().wire_name(PREFIX, *part);
            let metrics = series.iter().filter_map(|one| metric(one, *part));
            let metric: Vec<Metric> = metrics.collect();
            match families.last_mut() {
                // Both conditions of a rate are one family.
                Some(family) if family.name.as_ref() == Some(&name) => family.metric.extend(metric),
                Some(_) | None => families.push(MetricFamily {
                    r#type: metric.first().map(kind),
                    name: Some(name),
                    help: Some(help(info).to_owned()),
                    metric,
                    unit: None,
                }),
            }
        }
        for family in families.iter().filter(|family| !family.metric.is_empty()) {
            // Into a Vec nothing fails.
            if let Err(error) = family.encode_length_delimited(&mut page) {
                tracing::error!(%error, "metrics_page");
            }
        }
    }
    page
}

fn kind(metric: &Metric) -> i32 {
    if metric.histogram.is_some() {
        4
    } else {
        i32::from(metric.gauge.is_some())
    }
}

fn metric(series: &SeriesState, part: Part) -> Option<Metric> {
    let number = |value| Some(Number { value: Some(value) });
    let filled = match (&series.value, part) {
        (Value::Counter(sum), _) => Metric {
            counter: number(*sum),
            ..Metric::default()
        },
        (Value::Gauge(gauge), _) => Metric {
            gauge: number((*gauge)?.last),
            ..Metric::default()
        },
        (Value::Rate { nonzero, total }, Part::Ratio) => Metric {
            gauge: number(float(*nonzero) / float((*total).max(1))),
            ..Metric::default()
        },
        (Value::Rate { nonzero, .. }, Part::NonZero) => Metric {
            counter: number(float(*nonzero)),
            ..Metric::default()
        },
        (Value::Rate { nonzero, total }, Part::Zero | Part::Whole) => Metric {
            counter: number(float(total.saturating_sub(*nonzero))),
            ..Metric::default()
        },
        (Value::Trend(histogram), _) => Metric {
            histogram: Some(native(histogram)),
            ..Metric::default()
        },
    };
    let label = labels(series, part)
        .into_iter()
        .map(|(name, value)| LabelPair {
            name: Some(name),
            value: Some(value),
        });
    Some(Metric {
        label: label.collect(),
        ..filled
    })
}

fn native(histogram: &Histogram) -> Native {
    let (positive, negative) = histogram.spans_deltas();
    let spans = |side: &Spans| {
        let spans = side.spans.iter();
        spans
            .map(|span| BucketSpan {
                offset: Some(span.offset),
                length: Some(span.length),
            })
            .collect()
    };
    Native {
        sample_count: Some(histogram.count()),
        sample_sum: Some(histogram.sum()),
        schema: Some(i32::from(histogram.schema())),
        // Above 0: so that an empty one is taken for native, too.
        zero_threshold: Some(histogram.zero_threshold()),
        zero_count: Some(histogram.zero_count()),
        negative_span: spans(&negative),
        negative_delta: negative.deltas,
        positive_span: spans(&positive),
        positive_delta: positive.deltas,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a counter above 2^53 loses its last bits on a wire that knows only floats"
)]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use loadd_metrics::{
        Contains, Kind, MetricsSettings, Recorder, Registry, Shelf, TagSetId, Totals,
    };

    use super::*;

    #[test]
    fn each_kind_has_its_family_and_trends_are_native() {
        let registry = Registry::new(MetricsSettings::default());
        let mut recorder = Recorder::new(&registry);
        let tags = recorder.extend(TagSetId::EMPTY, &[("a b", "x")]);
        for (name, kind, contains, value) in [
            ("orders", Kind::Counter, Contains::Default, 3.0),
            ("level", Kind::Gauge, Contains::Default, 7.0),
            ("good", Kind::Rate, Contains::Default, 1.0),
            ("wait", Kind::Trend, Contains::Time, 250.0),
        ] {
            let metric = registry.declare(name, kind, contains).unwrap();
            let series = recorder.series(metric, tags);
            recorder.add(series, value);
        }
        let mut totals = Totals::new(&registry);
        totals.absorb(recorder.swap(Shelf::default()));
        let snapshot = totals.snapshot(1, Duration::ZERO, false);
        let bytes = page(&snapshot, true);
        let mut rest = bytes.as_slice();
        let mut families = Vec::new();
        while !rest.is_empty() {
            families.push(MetricFamily::decode_length_delimited(&mut rest).unwrap());
        }
        let of = |name: &str| {
            let found = families
                .iter()
                .find(|family| family.name.as_deref() == Some(name));
            found.unwrap_or_else(|| panic!("{name} in {families:?}"))
        };
        let rows = [
            ("k6_orders_total", 0, 1),
            ("k6_level", 1, 1),
            ("k6_good_rate", 1, 1),
            ("k6_good_total", 0, 2),
            ("k6_wait_seconds", 4, 1),
        ];
        for (name, kind, metrics) in rows {
            let family = of(name);
            assert_eq!(
                (family.r#type, family.metric.len()),
                (Some(kind), metrics),
                "{name}"
            );
            let label = &family.metric[0].label[0];
            assert!(
                [Some("a_b"), Some("condition")].contains(&label.name.as_deref()),
                "{label:?}"
            );
        }
        let native = of("k6_wait_seconds").metric[0].histogram.clone().unwrap();
        assert_eq!(
            (native.sample_count, native.sample_sum),
            (Some(1), Some(0.25))
        );
        assert_eq!(native.schema, Some(7));
        assert_eq!(native.positive_delta, [1]);
        let own = page(&snapshot, false);
        assert!(!own.windows(3).any(|bytes| bytes == b"k6_"));
    }
}
