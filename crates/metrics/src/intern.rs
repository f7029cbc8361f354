//! The registry: all metrics, tag sets and series of the process, each with a small dense number.
//!
//! One std mutex guards the tables. Only what is new to a core meets it (recorders cache), so it is met some thousand times
//! in a test's first seconds and hardly ever after; nothing waits or allocates at length while holding it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use crate::{
    Contains, Family, Kind, MetricId, MetricInfo, MetricsSettings, RequestSeries, SeriesId, TagSet,
    TagSetId, limit::Kept, metric, own::OWN_METRICS, tag_filter::TagFilter, tag_sets::TagSets,
};

/// All metrics, tag sets and series of the process. Shared by `Arc`; its lock is met only by what is new to a core.
#[derive(Debug)]
pub struct Registry {
    settings: MetricsSettings,
    filter: TagFilter,
    tables: Mutex<Tables>,
}

#[derive(Debug)]
struct Tables {
    metrics: Vec<Metric>,
    names: HashMap<Arc<str>, MetricId>,
    tag_sets: TagSets,
    series: Vec<SeriesInfo>,
    series_ids: HashMap<(MetricId, TagSetId), SeriesId>,
    kept: Kept,
}

#[derive(Debug)]
struct Metric {
    info: MetricInfo,
    series: usize,
    overflowed: bool,
    told: bool,
}

/// What a series is.
#[derive(Debug, Clone)]
pub(crate) struct SeriesInfo {
    pub(crate) metric: MetricId,
    pub(crate) kind: Kind,
    pub(crate) contains: Contains,
    pub(crate) set: Arc<TagSet>,
    pub(crate) overflow: bool,
}

impl Registry {
    /// A registry that holds the built-in metrics and loadd's own.
    #[must_use]
    pub fn new(settings: MetricsSettings) -> Arc<Registry> {
        let mut tables = Tables {
            metrics: Vec::new(),
            names: HashMap::new(),
            tag_sets: TagSets::new(),
            series: Vec::new(),
            series_ids: HashMap::new(),
            kept: Kept::default(),
        };
        for builtin in metric::BUILTINS {
            tables.add_metric(
                builtin.name,
                builtin.kind,
                builtin.contains,
                builtin.family,
                builtin.help,
            );
        }
        for own in OWN_METRICS {
            tables.add_metric(own.name, own.kind, Contains::Default, Family::Own, own.help);
        }
        Arc::new(Registry {
            filter: TagFilter::new(&settings),
            settings,
            tables: Mutex::new(tables),
        })
    }

    /// The settings that it was made with.
    #[must_use]
    pub fn settings(&self) -> &MetricsSettings {
        &self.settings
    }

    /// A custom metric; the same name, kind and contents give the same id (built-in names too).
    ///
    /// # Errors
    /// The text of the script's exception, where the name is not valid or taken by another kind.
    pub fn declare(&self, name: &str, kind: Kind, contains: Contains) -> Result<MetricId, String> {
        if !valid_name(name) {
            return Err(format!(
                "Invalid metric name: '{name}'. Metric names are 2 to 129 ASCII letters, digits and underscores and start with a letter or an underscore"
            ));
        }
        let family = if name.starts_with("loadd_") {
            Family::Own
        } else {
            Family::K6
        };
        self.lock().declare(name, kind, contains, family, "")
    }

    /// The metric of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<MetricId> {
        self.lock().names.get(name).copied()
    }

    /// The metric behind an id.
    #[must_use]
    pub fn metric(&self, id: MetricId) -> MetricInfo {
        self.lock().metrics[id.0 as usize].info.clone()
    }

    /// All metrics by id, the built-in ones first.
    #[must_use]
    pub fn metrics(&self) -> Arc<[MetricInfo]> {
        self.lock()
            .metrics
            .iter()
            .map(|metric| metric.info.clone())
            .collect()
    }

    /// The tag set behind an id that somebody holds.
    #[must_use]
    pub fn tag_set(&self, id: TagSetId) -> Arc<TagSet> {
        self.lock().tag_sets.get(id)
    }

    /// The id of a tag set, and the set: the id is good for as long as somebody holds that.
    #[must_use]
    pub fn intern(&self, tags: TagSet) -> (TagSetId, Arc<TagSet>) {
        self.lock().tag_sets.intern(tags)
    }

    /// Tag sets at this moment: those of series, of VUs, and what cores have met lately.
    #[must_use]
    pub fn tag_set_count(&self) -> usize {
        self.lock().tag_sets.len()
    }

    /// The series of a metric and a tag set; at the cardinality limit the metric's overflow series.
    #[must_use]
    pub fn series(&self, metric: MetricId, tags: TagSetId) -> SeriesId {
        self.lock().series(metric, tags, self)
    }

    /// The series of a metric with these tags.
    pub(crate) fn series_of(&self, metric: MetricId, tags: TagSet) -> SeriesId {
        let mut tables = self.lock();
        // Held until the series holds it.
        let (tags, _held) = tables.tag_sets.intern(tags);
        tables.series(metric, tags, self)
    }

    /// The series of a request, numbered in a row where they are new.
    pub(crate) fn request_series(&self, tags: TagSetId) -> RequestSeries {
        let mut tables = self.lock();
        let mut series = |metric| tables.series(metric, tags, self);
        RequestSeries {
            reqs: series(metric::HTTP_REQS),
            failed: series(metric::HTTP_REQ_FAILED),
            duration: series(metric::HTTP_REQ_DURATION),
            blocked: series(metric::HTTP_REQ_BLOCKED),
            connecting: series(metric::HTTP_REQ_CONNECTING),
            tls_handshaking: series(metric::HTTP_REQ_TLS_HANDSHAKING),
            sending: series(metric::HTTP_REQ_SENDING),
            waiting: series(metric::HTTP_REQ_WAITING),
            receiving: series(metric::HTTP_REQ_RECEIVING),
            corrected: series(metric::HTTP_REQ_DURATION_CORRECTED),
        }
    }

    /// Series so far.
    #[must_use]
    pub fn series_count(&self) -> usize {
        self.lock().series.len()
    }

    /// From now on overflow series keep this tag where it has this value. Call it for every pair of every threshold's
    /// selector before the first sample ([`crate::ThresholdSet::register`] does).
    pub fn keep_tag(&self, name: &str, value: &str) {
        self.lock().kept.add(name, value);
    }

    /// Metrics that have reached their limit of series since this was asked last: each is named once, to be warned of once.
    #[must_use]
    pub fn newly_overflowed(&self) -> Vec<MetricInfo> {
        let mut tables = self.lock();
        let new = tables
            .metrics
            .iter_mut()
            .filter(|metric| metric.overflowed && !metric.told);
        new.map(|metric| {
            metric.told = true;
            metric.info.clone()
        })
        .collect()
    }

    /// Metric and tags of a series.
    #[must_use]
    pub fn describe(&self, series: SeriesId) -> Option<(MetricInfo, Arc<TagSet>)> {
        let tables = self.lock();
        let info = tables.series.get(series.0 as usize)?;
        let metric = &tables.metrics[info.metric.0 as usize];
        Some((metric.info.clone(), Arc::clone(&info.set)))
    }

    /// What a series is.
    pub(crate) fn series_info(&self, id: SeriesId) -> Option<SeriesInfo> {
        self.lock().series.get(id.0 as usize).cloned()
    }

    /// All series from a number on.
    pub(crate) fn series_from(&self, first: usize) -> Vec<SeriesInfo> {
        self.lock().series.get(first..).unwrap_or_default().to_vec()
    }

    pub(crate) fn metric_count(&self) -> usize {
        self.lock().metrics.len()
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        // A panic elsewhere leaves the tables as they are between two statements below: at worst a number is unused.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn declare(
        &mut self,
        name: &str,
        kind: Kind,
        contains: Contains,
        family: Family,
        help: &str,
    ) -> Result<MetricId, String> {
        let Some(id) = self.names.get(name).copied() else {
            return Ok(self.add_metric(name, kind, contains, family, help));
        };
        let info = &self.metrics[id.0 as usize].info;
        if info.kind != kind {
            return Err(format!(
                "metric '{name}' already exists but with type {}, instead of {}",
                info.kind.as_str(),
                kind.as_str()
            ));
        }
        if info.contains != contains {
            return Err(format!(
                "metric '{name}' already exists but with a value type {}, instead of {}",
                info.contains.as_str(),
                contains.as_str()
            ));
        }
        Ok(id)
    }

    fn add_metric(
        &mut self,
        name: &str,
        kind: Kind,
        contains: Contains,
        family: Family,
        help: &str,
    ) -> MetricId {
        let id = MetricId(self.metrics.len() as u32);
        let name: Arc<str> = Arc::from(name);
        let info = MetricInfo {
            id,
            name: Arc::clone(&name),
            kind,
            contains,
            family,
            help: Arc::from(help),
        };
        self.metrics.push(Metric {
            info,
            series: 0,
            overflowed: false,
            told: false,
        });
        self.names.insert(name, id);
        id
    }

    fn series(&mut self, metric: MetricId, tags: TagSetId, registry: &Registry) -> SeriesId {
        if let Some(id) = self.series_ids.get(&(metric, tags)) {
            return *id;
        }
        let set = self.tag_sets.get(tags);
        let info = &self.metrics[metric.0 as usize].info;
        match registry.filter.filtered(info, &set, &self.kept) {
            Some(filtered) => {
                let (tags, set) = self.tag_sets.intern(filtered);
                self.limited(metric, tags, set, registry)
            }
            None => self.limited(metric, tags, set, registry),
        }
    }

    fn limited(
        &mut self,
        metric: MetricId,
        tags: TagSetId,
        set: Arc<TagSet>,
        registry: &Registry,
    ) -> SeriesId {
        if let Some(id) = self.series_ids.get(&(metric, tags)) {
            return *id;
        }
        let of_fold = set.get(crate::limit::OVERFLOW_TAG) == Some("true");
        let of = &mut self.metrics[metric.0 as usize];
        if of_fold {
            of.overflowed = true;
            return self.add_series(metric, tags, set, true);
        }
        if of.series < registry.settings.series_per_metric {
            of.series += 1;
            return self.add_series(metric, tags, set, false);
        }
        of.overflowed = true;
        let (folded, folded_set) = self.tag_sets.intern(self.kept.fold(&set));
        match self.series_ids.get(&(metric, folded)) {
            Some(id) => *id,
            None => self.add_series(metric, folded, folded_set, true),
        }
    }

    fn add_series(
        &mut self,
        metric: MetricId,
        tags: TagSetId,
        set: Arc<TagSet>,
        overflow: bool,
    ) -> SeriesId {
        let info = &self.metrics[metric.0 as usize].info;
        let id = SeriesId(self.series.len() as u32);
        self.series.push(SeriesInfo {
            metric,
            kind: info.kind,
            contains: info.contains,
            set,
            overflow,
        });
        self.series_ids.insert((metric, tags), id);
        id
    }
}

/// k6's rule: `^[a-zA-Z_][a-zA-Z0-9_]{1,128}$`.
fn valid_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    (2..=129).contains(&bytes.len())
        && !bytes[0].is_ascii_digit()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}
