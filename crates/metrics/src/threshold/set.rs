//! All thresholds of a test, and their verdict on a snapshot.

use std::{collections::BTreeMap, time::Duration};

use super::{Threshold, ThresholdError, ThresholdFault, ThresholdSettings};
use crate::{Histogram, Kind, Registry, Selector, Snapshot, TagSet, Value};

/// All thresholds of a test, by metric name and then selector.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThresholdSet {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    selector: Selector,
    judged: Vec<Judged>,
}

#[derive(Debug, Clone, PartialEq)]
struct Judged {
    threshold: Threshold,
    abort_on_fail: bool,
    delay_abort_eval: Duration,
}

/// The verdict on one expression.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdResult {
    /// The metric with its selector, as k6 shows it.
    pub key: String,
    /// The expression as it was written.
    pub expression: String,
    /// The value that was compared, in the script's unit; `None` where there was none, and the expression then holds.
    pub value: Option<f64>,
    /// Whether it holds.
    pub ok: bool,
    /// Whether the run is to be stopped for it.
    pub abort: bool,
}

impl ThresholdSet {
    /// From `thresholds`: keys as k6 writes them. An empty list only names a submetric.
    ///
    /// # Errors
    /// All faults of form.
    pub fn parse(
        settings: &BTreeMap<String, Vec<ThresholdSettings>>,
    ) -> Result<ThresholdSet, Vec<ThresholdError>> {
        let mut set = ThresholdSet::default();
        let mut errors = Vec::new();
        for (key, thresholds) in settings {
            let error = |expression: &str, fault| ThresholdError {
                key: key.clone(),
                expression: expression.to_owned(),
                fault,
            };
            let selector = match Selector::parse(key) {
                Ok(selector) => selector,
                Err(fault) => {
                    errors.push(error(
                        thresholds.first().map_or("", |one| &one.threshold),
                        fault.into(),
                    ));
                    continue;
                }
            };
            let mut judged = Vec::new();
            for one in thresholds {
                match Threshold::parse(&one.threshold) {
                    Ok(threshold) => judged.push(Judged {
                        threshold,
                        abort_on_fail: one.abort_on_fail,
                        delay_abort_eval: one.delay_abort_eval.unwrap_or_default(),
                    }),
                    Err(fault) => errors.push(error(&one.threshold, fault)),
                }
            }
            set.entries.push(Entry { selector, judged });
        }
        set.entries.sort_by(|a, b| {
            (a.selector.metric(), a.selector.text()).cmp(&(b.selector.metric(), b.selector.text()))
        });
        if errors.is_empty() {
            Ok(set)
        } else {
            Err(errors)
        }
    }

    /// Whether there is nothing to judge and no submetric to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Checks the thresholds against the metrics that exist once init has run.
    ///
    /// # Errors
    /// All unknown metrics and all methods that do not fit.
    pub fn check(&self, registry: &Registry) -> Result<(), Vec<ThresholdError>> {
        let mut errors = Vec::new();
        for Entry { selector, judged } in &self.entries {
            let kind = registry
                .find(selector.metric())
                .map(|id| registry.metric(id).kind);
            let error = |expression: &str, fault| ThresholdError {
                key: selector.name(),
                expression: expression.to_owned(),
                fault,
            };
            let Some(kind) = kind else {
                let expression = judged.first().map_or("", |one| one.threshold.text());
                errors.push(error(
                    expression,
                    ThresholdFault::UnknownMetric(selector.metric().to_owned()),
                ));
                continue;
            };
            let faults = judged
                .iter()
                .filter_map(|one| Some((one.threshold.text(), one.threshold.fits(kind).err()?)));
            errors.extend(faults.map(|(expression, fault)| error(expression, fault)));
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    /// Makes the registry's overflow series keep the tags that the selectors name. To be called before the first sample.
    pub fn register(&self, registry: &Registry) {
        for (name, value) in self.entries.iter().flat_map(|entry| entry.selector.pairs()) {
            registry.keep_tag(name, value);
        }
    }

    /// Keys whose selector names `vu` or `iter`: k6 warns of them, since these are no tags and never match.
    pub fn unmatchable(&self) -> impl Iterator<Item = String> {
        let metadata = |entry: &&Entry| {
            entry
                .selector
                .pairs()
                .iter()
                .any(|(name, _)| name == "vu" || name == "iter")
        };
        self.entries
            .iter()
            .filter(metadata)
            .map(|entry| entry.selector.name())
    }

    /// The selectors with their expressions.
    pub fn iter(&self) -> impl Iterator<Item = (&Selector, impl Iterator<Item = &Threshold>)> {
        self.entries.iter().map(|entry| {
            (
                &entry.selector,
                entry.judged.iter().map(|one| &one.threshold),
            )
        })
    }

    /// Judges a snapshot: every 2 s, and once more at the end, where metrics without samples are judged too.
    #[must_use]
    pub fn evaluate(&self, snapshot: &Snapshot, at_end: bool) -> Vec<ThresholdResult> {
        self.entries
            .iter()
            .flat_map(|entry| entry.evaluate(snapshot, at_end))
            .collect()
    }
}

impl Entry {
    fn evaluate(&self, snapshot: &Snapshot, at_end: bool) -> Vec<ThresholdResult> {
        if self.judged.is_empty() {
            return Vec::new();
        }
        let metric = snapshot.find(self.selector.metric());
        let total = metric.and_then(|metric| {
            snapshot.total(metric.id, |tags: &TagSet| self.selector.matches(tags))
        });
        // Without samples a metric is skipped at a tick. At the end it counts as 0; a rate has no value and passes.
        let value = total.or_else(|| {
            metric
                .filter(|_| at_end)
                .and_then(|metric| nothing(metric.kind))
        });
        self.judged
            .iter()
            .map(|judged| self.judge(judged, value.as_ref(), snapshot.elapsed, at_end))
            .collect()
    }

    fn judge(
        &self,
        judged: &Judged,
        value: Option<&Value>,
        elapsed: Duration,
        at_end: bool,
    ) -> ThresholdResult {
        let threshold = &judged.threshold;
        let number = value.and_then(|value| threshold.value_of(value, elapsed.as_secs_f64()));
        let ok = number.is_none_or(|number| threshold.holds(number));
        let due = judged.delay_abort_eval.is_zero() || elapsed > judged.delay_abort_eval;
        ThresholdResult {
            key: self.selector.name(),
            expression: threshold.text().to_owned(),
            value: number,
            ok,
            abort: !ok && !at_end && judged.abort_on_fail && due,
        }
    }
}

/// What a metric without samples is at the end.
fn nothing(kind: Kind) -> Option<Value> {
    match kind {
        Kind::Counter => Some(Value::Counter(0.0)),
        Kind::Gauge => Some(Value::Gauge(Some(crate::Gauge::default()))),
        Kind::Rate => None,
        Kind::Trend => Some(Value::Trend(std::sync::Arc::new(Histogram::plain(0)))),
    }
}

#[cfg(test)]
mod tests;
