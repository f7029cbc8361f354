//! `/metrics`: the newest snapshot as OpenMetrics text. Self metrics always, the test's by setting.
//!
//! Text has no native histograms: trends come with classic buckets here. Names are those of remote write.

use std::{fmt, sync::Arc};

use loadd_metrics::{Contains, Family, Histogram, Kind, MetricInfo, SeriesState, Snapshot, Value};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet, text},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};

/// Content type of the page.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of classic buckets of times, in seconds.
const TIMES: [f64; 18] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0,
    10.0, 30.0, 60.0,
];
/// Upper bounds of classic buckets of other values.
const PLAIN: [f64; 10] = [0.1, 1.0, 10.0, 50.0, 100.0, 500.0, 1e3, 1e4, 1e5, 1e6];

/// The whole page.
pub(crate) fn page(
    snapshot: Option<Arc<Snapshot>>,
    registries: &[Arc<Registry>],
    test_metrics: bool,
) -> Result<String, fmt::Error> {
    let mut page = String::new();
    for registry in registries {
        text::encode_registry(&mut page, registry)?;
    }
    if let Some(snapshot) = snapshot {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Page {
            snapshot,
            test_metrics,
        }));
        text::encode_registry(&mut page, &registry)?;
    }
    text::encode_eof(&mut page)?;
    Ok(page)
}

#[derive(Debug)]
struct Page {
    snapshot: Arc<Snapshot>,
    test_metrics: bool,
}

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for info in self
            .snapshot
            .metrics
            .iter()
            .filter(|info| self.test_metrics || info.family == Family::Own)
        {
            let series: Vec<_> = self
                .snapshot
                .of(info.id)
                .filter(|series| series.has_samples())
                .collect();
            if !series.is_empty() {
                family(&mut encoder, info, &series)?;
            }
        }
        Ok(())
    }
}

type Labels = Vec<(String, String)>;

fn labels(series: &SeriesState) -> Labels {
    series
        .tags
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (label(name), value.to_owned()))
        .collect()
}

/// A tag's name as a label's: what Prometheus does not take becomes `_`.
fn label(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() {
        format!("_{name}")
    } else {
        name
    }
}

fn family(
    encoder: &mut DescriptorEncoder<'_>,
    info: &MetricInfo,
    series: &[&SeriesState],
) -> Result<(), fmt::Error> {
    let name = match info.family {
        Family::K6 => format!("k6_{}", info.name),
        Family::Own => info.name.to_string(),
    };
    let help = if info.help.is_empty() {
        "A metric of the script"
    } else {
        &*info.help
    };
    let unit = match info.contains {
        Contains::Time => Some(Unit::Seconds),
        Contains::Default | Contains::Data => None,
    };
    match info.kind {
        Kind::Counter => {
            let mut family =
                encoder.encode_descriptor(&name, help, unit.as_ref(), MetricType::Counter)?;
            for one in series {
                if let Value::Counter(sum) = one.value {
                    let sum = if info.contains == Contains::Time {
                        sum / 1e3
                    } else {
                        sum
                    };
                    ConstCounter::new(sum).encode(family.encode_family(&labels(one))?)?;
                }
            }
        }
        Kind::Gauge => {
            let mut family =
                encoder.encode_descriptor(&name, help, unit.as_ref(), MetricType::Gauge)?;
            for one in series {
                if let Value::Gauge(Some(gauge)) = one.value {
                    let last = if info.contains == Contains::Time {
                        gauge.last / 1e3
                    } else {
                        gauge.last
                    };
                    ConstGauge::new(last).encode(family.encode_family(&labels(one))?)?;
                }
            }
        }
        Kind::Rate => rate(encoder, &name, help, series)?,
        Kind::Trend => {
            let mut family =
                encoder.encode_descriptor(&name, help, unit.as_ref(), MetricType::Histogram)?;
            for one in series {
                if let Value::Trend(histogram) = &one.value {
                    let labels = labels(one);
                    let mut metric = family.encode_family(&labels)?;
                    metric.encode_histogram::<NoLabelSet>(
                        histogram.sum(),
                        histogram.count(),
                        &buckets(histogram),
                        None,
                    )?;
                }
            }
        }
    }
    Ok(())
}

/// As k6's ratio, and as counters that add up across workers.
fn rate(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    series: &[&SeriesState],
) -> Result<(), fmt::Error> {
    let ratio = format!("{name}_rate");
    let mut family = encoder.encode_descriptor(&ratio, help, None, MetricType::Gauge)?;
    for one in series {
        if let Value::Rate { nonzero, total } = one.value {
            ConstGauge::new(nonzero as f64 / total.max(1) as f64)
                .encode(family.encode_family(&labels(one))?)?;
        }
    }
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for one in series {
        if let Value::Rate { nonzero, total } = one.value {
            for (condition, count) in [("nonzero", nonzero), ("zero", total - nonzero)] {
                let mut labels = labels(one);
                labels.push(("condition".to_owned(), condition.to_owned()));
                ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
            }
        }
    }
    Ok(())
}

/// Bounds with the counts of their own buckets, as the encoder wants them; the last bound is infinite.
fn buckets(histogram: &Histogram) -> Vec<(f64, u64)> {
    let bounds: &[f64] = if histogram.is_time() { &TIMES } else { &PLAIN };
    let mut below = 0;
    let ends = bounds
        .iter()
        .copied()
        .zip(histogram.classic(bounds))
        .chain([(f64::INFINITY, histogram.count())]);
    ends.map(|(bound, end)| (bound, end - std::mem::replace(&mut below, end)))
        .collect()
}
