//! The end-of-test summary, in k6's layout and numbers.

mod numbers;

pub(crate) mod data;
pub(crate) mod export;
mod full;

use std::collections::BTreeMap;

use loadd_metrics::{
    Contains, Summary, SummaryCheck, SummaryMetric, SummarySection, SummaryValues, ThresholdResult,
    TrendStat,
};

use self::numbers::{Unit, data, percent, plain, rate_of, time};
use crate::config::{SummaryMode, SummarySettings};

/// Whether a text names a statistic of a trend.
pub(crate) fn is_trend_stat(text: &str) -> bool {
    TrendStat::parse(text).is_some()
}

/// Colours of a terminal, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// With escape sequences.
    Coloured,
    /// Plain text.
    Plain,
}

impl Paint {
    fn with(self, colour: u8, text: &str) -> String {
        match self {
            Paint::Coloured => format!("\x1b[{colour}m{text}\x1b[0m"),
            Paint::Plain => text.to_owned(),
        }
    }

    fn mark(self, good: bool) -> String {
        if good {
            self.with(32, "✓")
        } else {
            self.with(31, "✗")
        }
    }
}

/// The text as k6 prints it.
pub(crate) fn text(summary: &Summary, settings: &SummarySettings, paint: Paint) -> String {
    let unit = Unit::parse(settings.time_unit.as_deref());
    let page = Page {
        unit,
        paint,
        full: settings.mode == SummaryMode::Full,
    };
    let mut out = String::from("\n");
    if !summary.thresholds.is_empty() {
        out.push_str("\n  █ THRESHOLDS \n\n");
        out.push_str(&page.thresholds(summary));
        out.push('\n');
    }
    out.push_str("\n  █ TOTAL RESULTS \n\n");
    out.push_str(&page.section(&summary.total, summary.elapsed.as_secs_f64()));
    if settings.mode == SummaryMode::Full {
        out.push_str(&page.parts(summary));
    }
    out.push_str("\n\n");
    out
}

struct Page {
    unit: Unit,
    paint: Paint,
    /// Mode `full`: with the parts of a request's time.
    full: bool,
}

/// One metric's line: columns still to be aligned.
struct Row {
    label: String,
    first: String,
    /// `stat=value` of trends; empty elsewhere.
    trend: Vec<(String, String)>,
    extra: Vec<String>,
}

const BLOCKS: [&str; 8] = [
    "CUSTOM",
    "HTTP",
    "EXECUTION",
    "NETWORK",
    "BROWSER",
    "WEB_VITALS",
    "GRPC",
    "WEBSOCKET",
];
const DROPPED: [&str; 2] = ["checks", "group_duration"];
/// Shown in mode `full` only.
const PARTS: [&str; 6] = [
    "http_req_blocked",
    "http_req_connecting",
    "http_req_receiving",
    "http_req_sending",
    "http_req_tls_handshaking",
    "http_req_waiting",
];

/// The block of a metric, by the prefix of its name as in k6; `None`: not shown.
fn block_of(name: &str, full: bool) -> Option<&'static str> {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if begins(&DROPPED) || (!full && begins(&PARTS)) {
        return None;
    }
    Some(match () {
        () if begins(&PARTS) => "HTTP",
        () if begins(&["http_reqs", "http_req_failed", "http_req_duration"]) => "HTTP",
        () if begins(&[
            "vus",
            "vus_max",
            "iterations",
            "iteration_duration",
            "dropped_iterations",
        ]) =>
        {
            "EXECUTION"
        }
        () if begins(&["data_sent", "data_received"]) => "NETWORK",
        () if begins(&["browser_web_vital_"]) => "WEB_VITALS",
        () if begins(&["browser_"]) => "BROWSER",
        () if begins(&["grpc_"]) => "GRPC",
        () if begins(&["ws_"]) => "WEBSOCKET",
        () => "CUSTOM",
    })
}

impl Page {
    fn thresholds(&self, summary: &Summary) -> String {
        let metrics: BTreeMap<&str, &SummaryMetric> = summary
            .total
            .metrics
            .iter()
            .map(|metric| (metric.name.as_str(), metric))
            .collect();
        let mut out = String::new();
        let mut last = "";
        for result in &summary.thresholds {
            let parent = result.key.split_once('{').map(|(parent, _)| parent);
            let listed = parent
                .is_some_and(|parent| summary.thresholds.iter().any(|other| other.key == parent));
            let indent = if listed { "      " } else { "    " };
            if result.key != last {
                if !last.is_empty() {
                    out.push('\n');
                }
                let name = if listed {
                    result.key.find('{').map_or("", |at| &result.key[at..])
                } else {
                    &result.key
                };
                out.push_str(&format!("{indent}{name}\n"));
                last = &result.key;
            }
            let metric = metrics.get(result.key.as_str());
            let contains = metric.map_or(Contains::Default, |metric| metric.contains);
            let rate =
                metric.is_some_and(|metric| matches!(metric.values, SummaryValues::Rate { .. }));
            let (mark, expression) = (self.paint.mark(result.ok), &result.expression);
            out.push_str(&format!(
                "{indent}{mark} '{expression}' {}\n",
                self.judged(result, contains, rate)
            ));
        }
        out.push('\n');
        out
    }

    /// `p(95)=12.4ms`
    fn judged(&self, result: &ThresholdResult, contains: Contains, rate: bool) -> String {
        let end = result
            .expression
            .find(['<', '>', '=', '!'])
            .unwrap_or(result.expression.len());
        let method = result.expression[..end].trim();
        let value = result.value.unwrap_or(0.0);
        let shown = match (method, rate) {
            (_, true) => percent(value),
            ("rate", false) => rate_of(value, contains),
            _ => self.value(value, contains),
        };
        format!("{method}={shown}")
    }

    fn value(&self, value: f64, contains: Contains) -> String {
        match contains {
            Contains::Time => time(value, self.unit),
            Contains::Data => data(value),
            Contains::Default => plain(value),
        }
    }

    fn section(&self, section: &SummarySection, seconds: f64) -> String {
        let mut out = String::new();
        if let Some(totals) = check_totals(section) {
            out.push_str(&self.checks(&section.checks, totals, seconds));
        }
        let mut blocks: BTreeMap<usize, Vec<Row>> = BTreeMap::new();
        for metric in &section.metrics {
            let name = metric.parent.as_deref().unwrap_or(&metric.name);
            let Some(block) = block_of(name, self.full)
                .and_then(|block| BLOCKS.iter().position(|known| *known == block))
            else {
                continue;
            };
            blocks.entry(block).or_default().push(self.row(metric));
        }
        let rows = || blocks.values().flatten();
        let width = rows()
            .map(|row| row.label.chars().count())
            .max()
            .unwrap_or(0)
            + 3;
        let first = rows()
            .map(|row| row.first.chars().count())
            .max()
            .unwrap_or(0);
        let extras: Vec<usize> = (0..2)
            .map(|column| {
                rows()
                    .filter_map(|row| row.extra.get(column))
                    .map(|text| text.chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        for (block, rows) in &blocks {
            out.push_str(&format!("    {}\n", BLOCKS[*block]));
            let cells: Vec<usize> = (0..rows.iter().map(|row| row.trend.len()).max().unwrap_or(0))
                .map(|column| {
                    rows.iter()
                        .filter_map(|row| row.trend.get(column))
                        .map(|(_, text)| text.chars().count())
                        .max()
                        .unwrap_or(0)
                })
                .collect();
            for row in rows {
                out.push_str(&self.line(row, width, first, &extras, &cells));
            }
            out.push('\n');
        }
        out
    }

    fn line(
        &self,
        row: &Row,
        width: usize,
        first: usize,
        extras: &[usize],
        cells: &[usize],
    ) -> String {
        let dots = ".".repeat(width.saturating_sub(row.label.chars().count()));
        let values: Vec<String> = if row.trend.is_empty() {
            let head = format!("{:<first$}", row.first);
            let rest = row
                .extra
                .iter()
                .zip(extras)
                .map(|(text, width)| format!("{text:<width$}"));
            std::iter::once(self.paint.with(36, &head))
                .chain(rest)
                .collect()
        } else {
            let cell = |((name, value), width): (&(String, String), &usize)| {
                format!(
                    "{name}={}",
                    self.paint.with(36, &format!("{value:<width$}"))
                )
            };
            row.trend.iter().zip(cells).map(cell).collect()
        };
        {
            let line = format!("    {}{dots}: {}", row.label, values.join(" "));
            // Cells of trends keep their padding, as in k6; the others' last column needs none.
            let line = if row.trend.is_empty() {
                line.trim_end()
            } else {
                &line
            };
            format!(
                "{line}
"
            )
        }
    }

    fn row(&self, metric: &SummaryMetric) -> Row {
        let label = metric
            .selector
            .as_ref()
            .map_or_else(|| metric.name.clone(), |text| format!("  {{ {text} }}"));
        let mut row = Row {
            label,
            first: String::new(),
            trend: Vec::new(),
            extra: Vec::new(),
        };
        match &metric.values {
            SummaryValues::Counter { count, rate } => {
                row.first = self.value(*count, metric.contains);
                row.extra = vec![rate_of(*rate, metric.contains)];
            }
            SummaryValues::Gauge { value, min, max } => {
                row.first = self.value(*value, metric.contains);
                let shown = |value: f64| self.value(value, metric.contains);
                row.extra = vec![
                    format!("min={}", shown(*min)),
                    format!("max={}", shown(*max)),
                ];
            }
            SummaryValues::Rate {
                rate,
                passes,
                fails,
            } => {
                row.first = percent(*rate);
                row.extra = vec![format!("{passes} out of {}", passes + fails)];
            }
            SummaryValues::Trend(stats) => {
                let shown = |name: &str, value: f64| {
                    if name == "count" {
                        plain(value)
                    } else {
                        self.value(value, metric.contains)
                    }
                };
                row.trend = stats
                    .iter()
                    .map(|(name, value)| (name.clone(), shown(name, *value)))
                    .collect();
            }
        }
        row
    }

    fn checks(&self, checks: &[SummaryCheck], (passes, fails): (u64, u64), seconds: f64) -> String {
        let total = passes + fails;
        let share = |part: u64| {
            if total > 0 {
                part as f64 / total as f64
            } else {
                0.0
            }
        };
        let per_second = if seconds > 0.0 {
            total as f64 / seconds
        } else {
            0.0
        };
        let rows = [
            (
                "checks_total",
                total.to_string(),
                rate_of(per_second, Contains::Default),
            ),
            (
                "checks_succeeded",
                percent(share(passes)),
                format!("{passes} out of {total}"),
            ),
            (
                "checks_failed",
                percent(share(fails)),
                format!("{fails} out of {total}"),
            ),
        ];
        let name = rows.iter().map(|row| row.0.len()).max().unwrap_or(0) + 3;
        let first = rows.iter().map(|row| row.1.len()).max().unwrap_or(0);
        let mut out = String::new();
        for (label, value, extra) in &rows {
            let value = self.paint.with(36, &format!("{value:<first$}"));
            out.push_str(&format!("    {label:.<name$}: {value} {extra}\n"));
        }
        out.push('\n');
        for check in checks {
            out.push_str(&format!(
                "    {} {}\n",
                self.paint.mark(check.fails == 0),
                check.name
            ));
            if check.fails > 0 {
                let share = check.passes * 100 / (check.passes + check.fails);
                let text = format!("↳  {share}% — ✓ {} / ✗ {}", check.passes, check.fails);
                out.push_str(&format!("      {}\n", self.paint.with(31, &text)));
            }
        }
        out.push('\n');
        out
    }
}

/// Passes and fails of all checks of a section. Where the system tag `check` is off they have no names, and the metric alone
/// knows them.
fn check_totals(section: &SummarySection) -> Option<(u64, u64)> {
    if !section.checks.is_empty() {
        let passes = section.checks.iter().map(|check| check.passes).sum();
        let fails = section.checks.iter().map(|check| check.fails).sum();
        return Some((passes, fails));
    }
    section
        .metrics
        .iter()
        .find_map(|metric| match metric.values {
            SummaryValues::Rate { passes, fails, .. }
                if metric.name == "checks" && metric.parent.is_none() && metric.has_samples =>
            {
                Some((passes, fails))
            }
            _ => None,
        })
}

#[cfg(test)]
mod tests;
