//! `/metrics`: the counts as Prometheus text, made anew at each scrape.

use std::fmt::Error;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet, text},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};

use crate::stats::Stats;

/// Content type of [`text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The whole page.
pub(crate) fn page(stats: Stats) -> Result<String, Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Page(stats)));
    let mut page = String::new();
    text::encode(&mut page, &registry)?;
    Ok(page)
}

#[derive(Debug)]
struct Page(Stats);

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let stats = &self.0;
        {
            let mut family = encoder.encode_descriptor(
                "target_requests",
                "Requests served to the last byte",
                None,
                MetricType::Counter,
            )?;
            for (status, count) in &stats.by_status {
                let labels = [("status", status.to_string())];
                ConstCounter::new(*count).encode(family.encode_family(&labels)?)?;
            }
        }
        let counters = [
            (
                "target_requests_begun",
                "Requests whose head has been read",
                None,
                stats.begun,
            ),
            (
                "target_requests_aborted",
                "Requests that ended without a whole response",
                None,
                stats.aborted,
            ),
            (
                "target_received",
                "Bytes from clients",
                Some(Unit::Bytes),
                stats.bytes.received,
            ),
            (
                "target_sent",
                "Bytes to clients",
                Some(Unit::Bytes),
                stats.bytes.sent,
            ),
            (
                "target_connections",
                "Connections that carried a counted request",
                None,
                stats.connections.accepted,
            ),
        ];
        for (name, help, unit, value) in &counters {
            let metric =
                encoder.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
            ConstCounter::new(*value).encode(metric)?;
        }
        let gauges = [
            (
                "target_requests_in_flight",
                "Requests begun and not ended",
                stats.in_flight,
            ),
            (
                "target_connections_open",
                "Connections still open",
                stats.connections.open,
            ),
        ];
        for (name, help, value) in gauges {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(metric)?;
        }
        let histogram = stats.durations();
        let help = "From head read to the last byte handed to the socket";
        encoder
            .encode_descriptor(
                "target_request_duration",
                help,
                Some(&Unit::Seconds),
                MetricType::Histogram,
            )?
            .encode_histogram::<NoLabelSet>(
                histogram.sum_seconds(),
                histogram.count(),
                &histogram.classic(),
                None,
            )
    }
}
