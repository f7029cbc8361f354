//! Sections of the summary: checks, groups and scenarios, each from its own samples.

use std::collections::BTreeMap;

use super::{SummaryMetric, SummaryOptions, SummaryValues};
use crate::{Family, SeriesState, Snapshot, Value, metric};

/// A part of the summary: the whole test, a scenario, or a group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SummarySection {
    /// Name of the scenario or group; empty for the whole.
    pub name: String,
    /// Path of the group (`::outer::inner`); empty elsewhere.
    pub path: String,
    /// Metrics of this section's samples, by name.
    pub metrics: Vec<SummaryMetric>,
    /// Checks of this section's samples, in order of first appearance.
    pub checks: Vec<SummaryCheck>,
    /// Groups inside, in order of first appearance.
    pub groups: Vec<SummarySection>,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryCheck {
    /// Name.
    pub name: String,
    /// `::outer::check name`; where checks of several groups are merged, that of the first one.
    pub path: String,
    /// How often it passed.
    pub passes: u64,
    /// How often it failed.
    pub fails: u64,
}

impl SummarySection {
    fn named(name: &str, path: &str) -> SummarySection {
        SummarySection {
            name: name.to_owned(),
            path: path.to_owned(),
            ..SummarySection::default()
        }
    }

    /// The section of a group path below this one, made with all groups on the way where it is new.
    fn descend(&mut self, path: &str) -> &mut SummarySection {
        let mut section = self;
        for name in path.split("::").filter(|name| !name.is_empty()) {
            let place = section.groups.iter().position(|group| group.name == name);
            let place = place.unwrap_or_else(|| {
                section.groups.push(SummarySection::named(
                    name,
                    &format!("{}::{name}", section.path),
                ));
                section.groups.len() - 1
            });
            section = &mut section.groups[place];
        }
        section
    }
}

/// The whole test's checks; its metrics are added by the caller, who knows the submetrics.
pub(super) fn of_all(snapshot: &Snapshot) -> SummarySection {
    let checks = checks_of(snapshot.of(metric::CHECKS));
    SummarySection {
        checks,
        ..SummarySection::default()
    }
}

/// The tree of groups with each group's own checks.
pub(super) fn root_group(snapshot: &Snapshot) -> SummarySection {
    let mut root = SummarySection::default();
    for (path, series) in by_group(snapshot.series.iter().filter(|series| series.has_samples())) {
        let checks = checks_of(
            series
                .into_iter()
                .filter(|series| series.metric == metric::CHECKS),
        );
        root.descend(path).checks = checks;
    }
    root
}

/// Each scenario with its groups.
pub(super) fn scenarios(snapshot: &Snapshot, options: &SummaryOptions) -> Vec<SummarySection> {
    let mut by_scenario: BTreeMap<&str, Vec<&SeriesState>> = BTreeMap::new();
    for series in snapshot.series.iter().filter(|series| series.has_samples()) {
        if let Some(scenario) = series.tags.get("scenario") {
            by_scenario.entry(scenario).or_default().push(series);
        }
    }
    let sections = by_scenario.into_iter().map(|(name, all)| {
        let mut section = SummarySection::named(name, "");
        section.metrics = metrics_of(snapshot, &all, options);
        section.checks = checks_of(
            all.iter()
                .copied()
                .filter(|series| series.metric == metric::CHECKS),
        );
        for (path, own) in by_group(all.iter().copied())
            .into_iter()
            .filter(|(path, _)| !path.is_empty())
        {
            let checks = checks_of(
                own.iter()
                    .copied()
                    .filter(|series| series.metric == metric::CHECKS),
            );
            let metrics = metrics_of(snapshot, &own, options);
            let group = section.descend(path);
            (group.metrics, group.checks) = (metrics, checks);
        }
        section
    });
    sections.collect()
}

/// Series by their tag `group`, in order of first appearance, which is the order of their numbers.
fn by_group<'a>(
    series: impl Iterator<Item = &'a SeriesState>,
) -> Vec<(&'a str, Vec<&'a SeriesState>)> {
    let mut groups: Vec<(&str, Vec<&SeriesState>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for one in series {
        let path = one.tags.get("group").unwrap_or_default();
        let place = *places.entry(path).or_insert_with(|| {
            groups.push((path, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(one);
    }
    groups
}

fn metrics_of(
    snapshot: &Snapshot,
    series: &[&SeriesState],
    options: &SummaryOptions,
) -> Vec<SummaryMetric> {
    let mut by_metric: BTreeMap<_, Vec<&SeriesState>> = BTreeMap::new();
    for one in series {
        by_metric.entry(one.metric).or_default().push(one);
    }
    let metrics = by_metric.into_iter().filter_map(|(id, series)| {
        let metric = snapshot.metric(id);
        let value =
            Value::total(series).filter(|_| options.own_metrics || metric.family == Family::K6)?;
        Some(SummaryMetric {
            name: metric.name.to_string(),
            parent: None,
            selector: None,
            kind: metric.kind,
            contains: metric.contains,
            values: SummaryValues::of(&value, snapshot.elapsed, options),
            thresholds: Vec::new(),
            has_samples: true,
        })
    });
    let mut metrics: Vec<_> = metrics.collect();
    metrics.sort_by(|a, b| a.name.cmp(&b.name));
    metrics
}

/// Checks by name, in order of first appearance.
fn checks_of<'a>(series: impl Iterator<Item = &'a SeriesState>) -> Vec<SummaryCheck> {
    let mut checks: Vec<SummaryCheck> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for one in series.filter(|series| series.has_samples()) {
        let (Some(name), Value::Rate { nonzero, total }) = (one.tags.get("check"), &one.value)
        else {
            continue;
        };
        let place = *places.entry(name).or_insert_with(|| {
            let path = format!("{}::{name}", one.tags.get("group").unwrap_or_default());
            checks.push(SummaryCheck {
                name: name.to_owned(),
                path,
                passes: 0,
                fails: 0,
            });
            checks.len() - 1
        });
        checks[place].passes += nonzero;
        checks[place].fails += total - nonzero;
    }
    checks
}
