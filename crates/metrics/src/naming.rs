//! k6's names as Prometheus wants them: prefix, unit, `_total`. The one place that gives them, for remote write, OTLP and
//! `/metrics` alike; `labels` does the same for tags.
//!
//! | metric | series on the wire |
//! |---|---|
//! | Counter | `k6_NAME_total` |
//! | Gauge | `k6_NAME` |
//! | Rate | `k6_NAME_rate` and `k6_NAME_total{condition="nonzero"}`, `{condition="zero"}` |
//! | Trend | `k6_NAME` (`_seconds`, `_bytes`): a native histogram |
//!
//! Only trends have a unit in k6's names: values of a Counter or Gauge of times stay milliseconds. loadd's own family has no
//! prefix; its unit and `_total` are added where the name does not end in them yet.

mod labels;

pub use labels::{LONGEST_LABEL_VALUE, LabelChanges, is_label_name, label_name, label_set};

use crate::{Contains, Family, Kind, MetricInfo};

/// A label of a Rate's two counters: k6's OpenTelemetry output has it.
pub const CONDITION: &str = "condition";

/// What a metric's name on the wire depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireMetric<'a> {
    /// Name in the script or in the table of built-in ones.
    pub name: &'a str,
    /// Kind.
    pub kind: Kind,
    /// Contents.
    pub contains: Contains,
    /// k6 or own.
    pub family: Family,
}

/// Which series of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The only one of counters, gauges and trends.
    Whole,
    /// `_rate`: the share itself.
    Ratio,
    /// `_total{condition="nonzero"}`
    NonZero,
    /// `_total{condition="zero"}`
    Zero,
}

/// The parts of a kind, in the order in which they go on the wire.
#[must_use]
pub fn parts(kind: Kind) -> &'static [Part] {
    match kind {
        Kind::Counter | Kind::Gauge | Kind::Trend => &[Part::Whole],
        Kind::Rate => &[Part::Ratio, Part::NonZero, Part::Zero],
    }
}

impl Part {
    /// The value of [`CONDITION`], where the part has that label.
    #[must_use]
    pub fn condition(self) -> Option<&'static str> {
        match self {
            Part::NonZero => Some("nonzero"),
            Part::Zero => Some("zero"),
            Part::Whole | Part::Ratio => None,
        }
    }
}

impl WireMetric<'_> {
    /// The name on the wire; `prefix` goes before k6's and the script's own.
    #[must_use]
    pub fn wire_name(&self, prefix: &str, part: Part) -> String {
        let last = match (self.kind, part) {
            (Kind::Counter, _) | (Kind::Rate, Part::NonZero | Part::Zero) => "_total",
            (Kind::Rate, Part::Whole | Part::Ratio) => "_rate",
            (Kind::Gauge | Kind::Trend, _) => "",
        };
        self.with_suffixes(prefix, &[self.unit_suffix(), last])
    }

    /// The name without `_total`, for formats that add it to counters themselves.
    #[must_use]
    pub fn family_name(&self, prefix: &str, part: Part) -> String {
        let name = self.wire_name(prefix, part);
        let counts = self.kind == Kind::Counter || part.condition().is_some();
        match name.strip_suffix("_total") {
            Some(stem) if counts => stem.to_owned(),
            Some(_) | None => name,
        }
    }

    /// The name without unit and `_total`, for formats that say those apart.
    #[must_use]
    pub fn bare_name(&self, prefix: &str, part: Part) -> String {
        let last = match part {
            Part::Ratio => "_rate",
            Part::Whole | Part::NonZero | Part::Zero => "",
        };
        self.with_suffixes(prefix, &[last])
    }

    /// The unit as metadata names it: `seconds`, `bytes`, or nothing. Counts, ratios and k6's milliseconds have none.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        match (self.family, self.kind, self.contains) {
            (_, Kind::Rate, _)
            | (_, _, Contains::Default)
            | (Family::K6, Kind::Counter | Kind::Gauge, Contains::Time) => "",
            (_, _, Contains::Time) => "seconds",
            (_, _, Contains::Data) => "bytes",
        }
    }

    fn unit_suffix(&self) -> &'static str {
        let named = self.kind == Kind::Trend || self.family == Family::Own;
        match self.unit() {
            "seconds" if named => "_seconds",
            "bytes" if named => "_bytes",
            _ => "",
        }
    }

    fn with_suffixes(&self, prefix: &str, suffixes: &[&str]) -> String {
        let mut name = match self.family {
            Family::K6 => format!("{prefix}{}", self.name),
            Family::Own => self.name.to_owned(),
        };
        for suffix in suffixes {
            // A script's own `errors_total` is k6_errors_total_total under k6, and stays that: dashboards expect it.
            if !(self.family == Family::Own && name.ends_with(suffix)) {
                name.push_str(suffix);
            }
        }
        valid_metric_name(&name)
    }
}

impl MetricInfo {
    /// What its name on the wire depends on.
    #[must_use]
    pub fn wire(&self) -> WireMetric<'_> {
        WireMetric {
            name: &self.name,
            kind: self.kind,
            contains: self.contains,
            family: self.family,
        }
    }
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
#[must_use]
pub fn is_valid_prefix(prefix: &str) -> bool {
    valid_metric_name(prefix) == prefix || prefix.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

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
                "waited",
                Kind::Counter,
                Contains::Time,
                Family::K6,
                vec!["k6_waited_total"],
            ),
            (
                "age",
                Kind::Gauge,
                Contains::Time,
                Family::K6,
                vec!["k6_age"],
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
            let wire = WireMetric {
                name: metric,
                kind,
                contains,
                family,
            };
            let names: Vec<String> = parts(kind)
                .iter()
                .map(|part| wire.wire_name("k6_", *part))
                .collect();
            assert_eq!(names, expected, "{metric}");
        }
    }

    #[test]
    fn a_family_is_named_without_the_total_that_its_format_adds() {
        let counter = WireMetric {
            name: "http_reqs",
            kind: Kind::Counter,
            contains: Contains::Default,
            family: Family::K6,
        };
        assert_eq!(counter.family_name("k6_", Part::Whole), "k6_http_reqs");
        let rate = WireMetric {
            name: "checks",
            kind: Kind::Rate,
            ..counter
        };
        assert_eq!(rate.family_name("k6_", Part::Zero), "k6_checks");
        assert_eq!(rate.family_name("k6_", Part::Ratio), "k6_checks_rate");
        let gauge = WireMetric {
            name: "grand_total",
            kind: Kind::Gauge,
            ..counter
        };
        assert_eq!(gauge.family_name("k6_", Part::Whole), "k6_grand_total");
    }
}
