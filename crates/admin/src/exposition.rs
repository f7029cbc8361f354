//! `/metrics`: the newest snapshot as OpenMetrics text, or in protobuf for who asks for it. Self metrics always, the test's
//! by setting.
//!
//! Text has no native histograms: trends come with classic buckets there. Names are those of remote write.

pub(crate) mod accept;
pub(crate) mod protobuf;

use std::{fmt, sync::Arc};

use loadd_metrics::{
    CLASSIC_PLAIN, CLASSIC_TIMES, Family, Histogram, Kind, MetricInfo, SeriesState, Snapshot,
    Value,
    naming::{CONDITION, Part, label_set},
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet, text},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};

/// Content type of the page.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Before k6's names and the script's own.
const PREFIX: &str = "k6_";

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

/// The same labels as remote write's, less those of the run: who scrapes knows whom.
fn labels(series: &SeriesState, part: Part) -> Labels {
    let condition = part.condition().map(|condition| (CONDITION, condition));
    label_set(condition.as_slice(), &[], series.tags.iter()).0
}

fn help(info: &MetricInfo) -> &str {
    if info.help.is_empty() {
        "A metric of the script"
    } else {
        &info.help
    }
}

fn family(
    encoder: &mut DescriptorEncoder<'_>,
    info: &MetricInfo,
    series: &[&SeriesState],
) -> Result<(), fmt::Error> {
    let name = info.wire().family_name(PREFIX, Part::Whole);
    let help = help(info);
    match info.kind {
        Kind::Counter => {
            let mut family = encoder.encode_descriptor(&name, help, None, MetricType::Counter)?;
            for one in series {
                if let Value::Counter(sum) = one.value {
                    ConstCounter::new(sum)
                        .encode(family.encode_family(&labels(one, Part::Whole))?)?;
                }
            }
        }
        Kind::Gauge => {
            let mut family = encoder.encode_descriptor(&name, help, None, MetricType::Gauge)?;
            for one in series {
                if let Value::Gauge(Some(gauge)) = one.value {
                    ConstGauge::new(gauge.last)
                        .encode(family.encode_family(&labels(one, Part::Whole))?)?;
                }
            }
        }
        Kind::Rate => rate(encoder, info, help, series)?,
        Kind::Trend => {
            let mut family = encoder.encode_descriptor(&name, help, None, MetricType::Histogram)?;
            for one in series {
                if let Value::Trend(histogram) = &one.value {
                    let labels = labels(one, Part::Whole);
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
    info: &MetricInfo,
    help: &str,
    series: &[&SeriesState],
) -> Result<(), fmt::Error> {
    let ratio = info.wire().family_name(PREFIX, Part::Ratio);
    let mut family = encoder.encode_descriptor(&ratio, help, None, MetricType::Gauge)?;
    for one in series {
        if let Value::Rate { nonzero, total } = one.value {
            ConstGauge::new(nonzero as f64 / total.max(1) as f64)
                .encode(family.encode_family(&labels(one, Part::Whole))?)?;
        }
    }
    let name = info.wire().family_name(PREFIX, Part::NonZero);
    let mut family = encoder.encode_descriptor(&name, help, None, MetricType::Counter)?;
    for one in series {
        if let Value::Rate { nonzero, total } = one.value {
            for (part, count) in [(Part::NonZero, nonzero), (Part::Zero, total - nonzero)] {
                let labels = labels(one, part);
                ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
            }
        }
    }
    Ok(())
}

/// Bounds with the counts of their own buckets, as the encoder wants them; the last bound is infinite.
fn buckets(histogram: &Histogram) -> Vec<(f64, u64)> {
    let bounds: &[f64] = if histogram.is_time() {
        &CLASSIC_TIMES
    } else {
        &CLASSIC_PLAIN
    };
    let mut below = 0;
    let ends = bounds
        .iter()
        .copied()
        .zip(histogram.classic(bounds))
        .chain([(f64::INFINITY, histogram.count())]);
    ends.map(|(bound, end)| (bound, end - std::mem::replace(&mut below, end)))
        .collect()
}
