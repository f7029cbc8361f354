//! Metrics of the script, thresholds, and what the summary shows.

use std::{collections::BTreeMap, time::Duration};

use loadd_metrics::{Registry, ThresholdError, ThresholdSet, ThresholdSettings};
use loadd_script::Bundle;

use super::check::{Check, Least};
use crate::config::{
    file::{TestFile, ThresholdFile},
    test::{SummaryExport, SummaryMode, SummarySettings},
};

impl Check<'_> {
    pub(super) fn declare(&mut self, bundle: &Bundle, registry: &Registry) {
        for metric in &bundle.metrics {
            if let Err(message) = registry.declare(&metric.name, metric.kind, metric.contains) {
                self.problem(&[], message, "");
            }
        }
    }

    pub(super) fn thresholds(&mut self, file: &TestFile, registry: &Registry) -> ThresholdSet {
        let mut all = BTreeMap::new();
        for (metric, list) in &file.thresholds {
            let settings = list
                .iter()
                .enumerate()
                .map(|(index, threshold)| match threshold {
                    ThresholdFile::Expression(expression) => ThresholdSettings {
                        threshold: expression.clone(),
                        abort_on_fail: false,
                        delay_abort_eval: None,
                    },
                    ThresholdFile::Table(table) => {
                        let path = ["thresholds", metric, &index.to_string(), "delay_abort_eval"];
                        let delay = self.duration(
                            &path,
                            table.delay_abort_eval,
                            Duration::ZERO,
                            Least::Zero,
                        );
                        ThresholdSettings {
                            threshold: table.threshold.clone(),
                            abort_on_fail: table.abort_on_fail,
                            delay_abort_eval: Some(delay),
                        }
                    }
                });
            all.insert(metric.clone(), settings.collect());
        }
        // What is wrong with one key must not hide what is wrong with another.
        let parsed = ThresholdSet::parse(&all).or_else(|errors| {
            self.threshold_problems(&errors, file);
            for error in &errors {
                all.remove(&error.key);
            }
            ThresholdSet::parse(&all)
        });
        let set = parsed.unwrap_or_default();
        if let Err(errors) = set.check(registry) {
            self.threshold_problems(&errors, file);
        }
        set
    }

    pub(super) fn threshold_problems(&mut self, errors: &[ThresholdError], file: &TestFile) {
        for error in errors {
            let expression = |threshold: &ThresholdFile| match threshold {
                ThresholdFile::Expression(text) => *text == error.expression,
                ThresholdFile::Table(table) => table.threshold == error.expression,
            };
            let index = file
                .thresholds
                .get(&error.key)
                .and_then(|list| list.iter().position(expression));
            let index = index.map(|index| index.to_string());
            let mut path = vec!["thresholds", error.key.as_str()];
            path.extend(index.as_deref());
            let shown = if error.expression.is_empty() {
                String::new()
            } else {
                format!("'{}': ", error.expression)
            };
            self.problem(&path, format!("{shown}{}", error.fault), "");
        }
    }

    /// `--no-thresholds`: nothing is judged, but the submetrics that are named exist; what is wrong with them is no error.
    pub(super) fn submetrics(&self, file: &TestFile) -> ThresholdSet {
        let named = file.thresholds.keys().map(|key| (key.clone(), Vec::new()));
        ThresholdSet::parse(&named.collect()).unwrap_or_default()
    }

    pub(super) fn summary(&mut self, file: &TestFile) -> SummarySettings {
        let default = ["avg", "min", "med", "max", "p(90)", "p(95)"]
            .map(str::to_owned)
            .to_vec();
        let trend_stats = file.summary_trend_stats.clone().unwrap_or(default);
        for stat in trend_stats
            .iter()
            .filter(|stat| !crate::terminal::summary::is_trend_stat(stat))
        {
            let help = "known are avg, min, med, max, count and p(N) with N from 0 to 100";
            self.problem(
                &["summary_trend_stats"],
                format!("\"{stat}\" is no statistic of a trend"),
                help,
            );
        }
        // As in k6, another unit from a script is ignored; the flag is checked by the command line.
        let time_unit = file
            .summary_time_unit
            .clone()
            .filter(|unit| ["s", "ms", "us"].contains(&unit.as_str()));
        SummarySettings {
            trend_stats,
            time_unit,
            mode: SummaryMode::default(),
            export: None,
            form: SummaryExport::default(),
        }
    }
}
