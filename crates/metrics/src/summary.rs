//! The end-of-test summary as data: what k6 prints, what `handleSummary` gets, what `--summary-export` writes. The words and the
//! layout are the terminal's.

mod section;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, time::Duration};

use crate::{
    Contains, Family, Kind, Selector, Snapshot, ThresholdResult, ThresholdSet, TrendStat, Value,
};

pub use section::{SummaryCheck, SummarySection};

/// What the summary shall show.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryOptions {
    /// `summaryTrendStats`: text and meaning, in the order of the columns.
    pub trend_stats: Vec<(String, TrendStat)>,
    /// Whether the submetric `http_req_duration{expected_response:true}` exists: while that system tag is on.
    pub expected_response: bool,
    /// Whether loadd's own metrics are left in. k6's summary has none of them.
    pub own_metrics: bool,
}

impl Default for SummaryOptions {
    fn default() -> SummaryOptions {
        let stats = ["avg", "min", "med", "max", "p(90)", "p(95)"];
        let stats = stats
            .into_iter()
            .filter_map(|text| Some((text.to_owned(), TrendStat::parse(text)?)));
        SummaryOptions {
            trend_stats: stats.collect(),
            expected_response: true,
            own_metrics: false,
        }
    }
}

impl SummaryOptions {
    /// With these `summaryTrendStats`.
    ///
    /// # Errors
    /// The first text that is no statistic.
    pub fn with_trend_stats<S: AsRef<str>>(
        mut self,
        stats: &[S],
    ) -> Result<SummaryOptions, String> {
        let parse = |text: &S| {
            let text = text.as_ref();
            TrendStat::parse(text)
                .map(|stat| (text.to_owned(), stat))
                .ok_or_else(|| text.to_owned())
        };
        self.trend_stats = stats.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(self)
    }
}

/// Everything that the end-of-test summary shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Test duration: the divisor of all rates.
    pub elapsed: Duration,
    /// All samples: metrics by name, submetrics right after their metric; checks of equal name merged, in order of first
    /// appearance. Its `groups` are empty.
    pub total: SummarySection,
    /// The tree of groups over all scenarios, for `root_group`: name and path of the root are empty. Sections here hold the
    /// checks of their own group only, and no metrics.
    pub root_group: SummarySection,
    /// What each scenario did by itself, by name: metrics and checks of the whole scenario, then its groups with those of
    /// each group. `default` is among them. Setup and teardown are in none.
    pub scenarios: Vec<SummarySection>,
    /// The verdicts, by metric name and then selector.
    pub thresholds: Vec<ThresholdResult>,
}

/// One metric or submetric with its values.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryMetric {
    /// `metric` or `metric{text}`.
    pub name: String,
    /// The metric that this is a submetric of.
    pub parent: Option<String>,
    /// What stands between a submetric's braces.
    pub selector: Option<String>,
    /// Kind.
    pub kind: Kind,
    /// Contents.
    pub contains: Contains,
    /// Values in the script's unit. A metric without samples is only here for its thresholds: then all are 0.
    pub values: SummaryValues,
    /// Its own verdicts.
    pub thresholds: Vec<ThresholdResult>,
    /// Whether it has had a sample.
    pub has_samples: bool,
}

/// A metric's values as `handleSummary` has them.
#[derive(Debug, Clone, PartialEq)]
pub enum SummaryValues {
    /// Of a counter.
    Counter {
        /// Sum.
        count: f64,
        /// Per second of the test.
        rate: f64,
    },
    /// Of a gauge.
    Gauge {
        /// The last one.
        value: f64,
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
    },
    /// Of a rate.
    Rate {
        /// 0 to 1.
        rate: f64,
        /// Samples that were not zero.
        passes: u64,
        /// Samples that were zero.
        fails: u64,
    },
    /// Of a trend: the `summaryTrendStats`.
    Trend(Vec<(String, f64)>),
}

impl SummaryValues {
    fn of(value: &Value, elapsed: Duration, options: &SummaryOptions) -> SummaryValues {
        match value {
            Value::Counter(sum) => {
                let seconds = elapsed.as_secs_f64();
                SummaryValues::Counter {
                    count: *sum,
                    rate: if seconds > 0.0 { sum / seconds } else { 0.0 },
                }
            }
            Value::Gauge(gauge) => {
                let gauge = gauge.unwrap_or_default();
                SummaryValues::Gauge {
                    value: gauge.last,
                    min: gauge.min,
                    max: gauge.max,
                }
            }
            Value::Rate { nonzero, total } => SummaryValues::Rate {
                rate: if *total > 0 {
                    *nonzero as f64 / *total as f64
                } else {
                    0.0
                },
                passes: *nonzero,
                fails: total - nonzero,
            },
            Value::Trend(histogram) => SummaryValues::Trend(
                options
                    .trend_stats
                    .iter()
                    .map(|(text, stat)| (text.clone(), histogram.stat(*stat)))
                    .collect(),
            ),
        }
    }

    fn nothing(kind: Kind, options: &SummaryOptions) -> SummaryValues {
        match kind {
            Kind::Counter => SummaryValues::Counter {
                count: 0.0,
                rate: 0.0,
            },
            Kind::Gauge => SummaryValues::Gauge {
                value: 0.0,
                min: 0.0,
                max: 0.0,
            },
            Kind::Rate => SummaryValues::Rate {
                rate: 0.0,
                passes: 0,
                fails: 0,
            },
            Kind::Trend => SummaryValues::Trend(
                options
                    .trend_stats
                    .iter()
                    .map(|(text, _)| (text.clone(), 0.0))
                    .collect(),
            ),
        }
    }
}

/// The submetric that exists without a threshold.
const EXPECTED_RESPONSE: &str = "http_req_duration{expected_response:true}";

impl Summary {
    /// The summary of a run's last snapshot (or of any: `GET /v1/metrics` asks in mid-run).
    #[must_use]
    pub fn of(snapshot: &Snapshot, thresholds: &ThresholdSet, options: &SummaryOptions) -> Summary {
        let verdicts = thresholds.evaluate(snapshot, true);
        let mut total = section::of_all(snapshot);
        total.metrics = with_submetrics(snapshot, thresholds, &verdicts, options);
        Summary {
            elapsed: snapshot.elapsed,
            total,
            root_group: section::root_group(snapshot),
            scenarios: section::scenarios(snapshot, options),
            thresholds: verdicts,
        }
    }
}

/// All metrics by name, each followed by its submetrics.
fn with_submetrics(
    snapshot: &Snapshot,
    thresholds: &ThresholdSet,
    verdicts: &[ThresholdResult],
    options: &SummaryOptions,
) -> Vec<SummaryMetric> {
    let mut selectors: Vec<Selector> = thresholds
        .iter()
        .map(|(selector, _)| selector.clone())
        .collect();
    let expected = options
        .expected_response
        .then(|| Selector::parse(EXPECTED_RESPONSE).ok())
        .flatten();
    if let Some(expected) = expected.filter(|expected| {
        selectors
            .iter()
            .all(|known| known.name() != expected.name())
    }) {
        selectors.push(expected);
    }
    let shown = snapshot
        .metrics
        .iter()
        .filter(|metric| options.own_metrics || metric.family == Family::K6);
    let names: BTreeSet<&str> = shown.map(|metric| &*metric.name).collect();
    let named = thresholds.iter().map(|(selector, _)| selector.metric());
    let mut metrics = Vec::new();
    for name in names.into_iter().chain(named).collect::<BTreeSet<_>>() {
        let Ok(whole) = Selector::parse(name) else {
            continue;
        };
        metrics.extend(one_metric(snapshot, &whole, verdicts, options));
        let mut submetrics: Vec<_> = selectors
            .iter()
            .filter(|one| one.metric() == name && one.text().is_some())
            .collect();
        submetrics.sort_by_key(|one| one.text());
        metrics.extend(
            submetrics
                .into_iter()
                .filter_map(|one| one_metric(snapshot, one, verdicts, options)),
        );
    }
    metrics
}

/// A metric or submetric that has samples or thresholds.
fn one_metric(
    snapshot: &Snapshot,
    selector: &Selector,
    verdicts: &[ThresholdResult],
    options: &SummaryOptions,
) -> Option<SummaryMetric> {
    let metric = snapshot.find(selector.metric())?;
    let name = selector.name();
    let thresholds: Vec<_> = verdicts
        .iter()
        .filter(|verdict| verdict.key == name)
        .cloned()
        .collect();
    let value = snapshot.total(metric.id, |tags| selector.matches(tags));
    if value.is_none() && thresholds.is_empty() {
        return None;
    }
    let values = value.as_ref().map_or_else(
        || SummaryValues::nothing(metric.kind, options),
        |value| SummaryValues::of(value, snapshot.elapsed, options),
    );
    Some(SummaryMetric {
        name,
        parent: selector.text().map(|_| selector.metric().to_owned()),
        selector: selector.text().map(str::to_owned),
        kind: metric.kind,
        contains: metric.contains,
        values,
        thresholds,
        has_samples: value.is_some(),
    })
}
