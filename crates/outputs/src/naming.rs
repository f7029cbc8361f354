//! k6's names as Prometheus wants them: prefix, unit, `_total`.
//!
//! | metric | series on the wire |
//! |---|---|
//! | Counter | `k6_NAME_total` (`_bytes_total`, `_seconds_total` by what it contains) |
//! | Gauge | `k6_NAME` (`_bytes`, `_seconds`) |
//! | Rate | `k6_NAME_rate` and `k6_NAME_total{condition="nonzero"}`, `{condition="zero"}` |
//! | Trend | `k6_NAME` (`_seconds`, `_bytes`): a native histogram |
//!
//! loadd's own family has no prefix; its unit and `_total` are added where the name does not end in them yet. k6's own
//! data counters are `k6_data_sent_total`: k6 adds no unit to them, so neither do we.

use loadd_metrics::{Contains, Family, Kind};

use crate::spool::record::SeriesDef;

/// A label of a Rate's two counters: k6's OpenTelemetry output has it.
pub(crate) const CONDITION: &str = "condition";

/// Which series of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The only one of counters, gauges and trends.
    Whole,
    /// `_rate`.
    Ratio,
    /// `_total{condition="nonzero"}`
    NonZero,
    /// `_total{condition="zero"}`
    Zero,
}

/// The parts of a kind, in the order in which they go on the wire.
pub(crate) fn parts(kind: Kind) -> &'static [Part] {
    match kind {
        Kind::Counter | Kind::Gauge | Kind::Trend => &[Part::Whole],
        Kind::Rate => &[Part::Ratio, Part::NonZero, Part::Zero],
    }
}

/// The name on the wire.
pub(crate) fn wire_name(prefix: &str, series: &SeriesDef, part: Part) -> String {
    let mut name = match series.family {
        Family::K6 => format!("{prefix}{}", series.metric),
        Family::Own => series.metric.clone(),
    };
    let unit = match (series.family, series.kind, series.contains) {
        (_, _, Contains::Default)
        | (Family::K6, Kind::Counter, Contains::Data)
        | (_, Kind::Rate, _) => "",
        (_, _, Contains::Time) => "_seconds",
        (_, _, Contains::Data) => "_bytes",
    };
    let last = match (series.kind, part) {
        (Kind::Counter, _) | (Kind::Rate, Part::NonZero | Part::Zero) => "_total",
        (Kind::Rate, Part::Whole | Part::Ratio) => "_rate",
        (Kind::Gauge | Kind::Trend, _) => "",
    };
    let own = series.family == Family::Own;
    for suffix in [unit, last] {
        // A script's own `errors_total` is k6_errors_total_total under k6, and stays that: dashboards expect it.
        if !(own && name.ends_with(suffix)) {
            name.push_str(suffix);
        }
    }
    valid_metric_name(&name)
}

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`; everything else becomes `_`.
fn valid_metric_name(name: &str) -> String {
    let mut valid: String = name
        .chars()
        .map(|char| {
            if char.is_ascii_alphanumeric() || char == '_' || char == ':' {
                char
            } else {
                '_'
            }
        })
        .collect();
    if valid
        .chars()
        .next()
        .is_none_or(|first| first.is_ascii_digit())
    {
        valid.insert(0, '_');
    }
    valid
}

/// Whether a text can stand at the front of metric names.
pub(crate) fn is_valid_prefix(prefix: &str) -> bool {
    valid_metric_name(prefix) == prefix || prefix.is_empty()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::spool::record::Run;

    #[test]
    fn names_are_those_of_k6s_prometheus_output_and_own_ones_are_not_doubled() {
        let rows = [
            (
                "http_reqs",
                Kind::Counter,
                Contains::Default,
                Family::K6,
                vec!["k6_http_reqs_total"],
            ),
            (
                "http_req_duration",
                Kind::Trend,
                Contains::Time,
                Family::K6,
                vec!["k6_http_req_duration_seconds"],
            ),
            (
                "data_sent",
                Kind::Counter,
                Contains::Data,
                Family::K6,
                vec!["k6_data_sent_total"],
            ),
            (
                "sizes",
                Kind::Trend,
                Contains::Data,
                Family::K6,
                vec!["k6_sizes_bytes"],
            ),
            (
                "vus",
                Kind::Gauge,
                Contains::Default,
                Family::K6,
                vec!["k6_vus"],
            ),
            (
                "checks",
                Kind::Rate,
                Contains::Default,
                Family::K6,
                vec!["k6_checks_rate", "k6_checks_total", "k6_checks_total"],
            ),
            (
                "my metric",
                Kind::Gauge,
                Contains::Default,
                Family::K6,
                vec!["k6_my_metric"],
            ),
            (
                "loadd_iteration_start_delay",
                Kind::Trend,
                Contains::Time,
                Family::Own,
                vec!["loadd_iteration_start_delay_seconds"],
            ),
            (
                "loadd_process_cpu_seconds",
                Kind::Counter,
                Contains::Default,
                Family::Own,
                vec!["loadd_process_cpu_seconds_total"],
            ),
            (
                "loadd_x_total",
                Kind::Counter,
                Contains::Default,
                Family::Own,
                vec!["loadd_x_total"],
            ),
            (
                "loadd_clock_offset_seconds",
                Kind::Gauge,
                Contains::Time,
                Family::Own,
                vec!["loadd_clock_offset_seconds"],
            ),
            (
                "loadd_vu_memory_bytes",
                Kind::Gauge,
                Contains::Default,
                Family::Own,
                vec!["loadd_vu_memory_bytes"],
            ),
        ];
        for (metric, kind, contains, family, expected) in rows {
            let run = Arc::new(Run {
                start_ms: 0,
                labels: Vec::new(),
            });
            let series = SeriesDef {
                run,
                metric: metric.to_owned(),
                kind,
                contains,
                family,
                tags: Vec::new(),
            };
            let names: Vec<String> = parts(kind)
                .iter()
                .map(|part| wire_name("k6_", &series, *part))
                .collect();
            assert_eq!(names, expected, "{metric}");
        }
    }
}
