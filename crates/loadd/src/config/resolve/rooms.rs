//! Settings of single rooms: metrics, scripts' bounds, admin, labels, remote write.

use std::{collections::BTreeMap, path::Path, time::Duration};

use loadd_admin::AdminSettings;
use loadd_engine::UrlTemplates;
use loadd_metrics::MetricsSettings;
use loadd_outputs::{OtlpSettings, RemoteWriteSettings, TracesSettings};
use loadd_script::Limits;
use loadd_timeline::DurationValue;

use super::check::{Check, Least};
use crate::config::{
    file::TestFile,
    remote::{self, RemoteWriteFile},
    test::Admin,
};

/// Bounds on scripts.
pub(crate) fn limits(file: &TestFile, defaults: Limits) -> Limits {
    let script_time = match file.limits.script_time.and_then(DurationValue::as_duration) {
        Some(Duration::ZERO) => None,
        Some(time) => Some(time),
        None => defaults.script_time,
    };
    let memory_bytes = file
        .limits
        .memory_per_vu
        .map_or(defaults.memory_bytes, |size| size.0);
    Limits {
        memory_bytes,
        script_time,
        ..defaults
    }
}

impl Check<'_> {
    pub(super) fn metrics(&mut self, file: &TestFile) -> MetricsSettings {
        let defaults = MetricsSettings::default();
        let series = file.metrics.series_per_metric;
        let path = ["metrics", "series_per_metric"];
        let series_per_metric = series.and_then(|count| self.count(&path, count, 1));
        let schema = file
            .remote_write
            .as_ref()
            .and_then(|remote| remote.histogram_schema);
        let schema = schema.and_then(|schema| {
            let fits = i8::try_from(schema.0)
                .ok()
                .filter(|schema| (-4..=8).contains(schema));
            if fits.is_none() {
                self.problem(
                    &["remote_write", "histogram_schema"],
                    format!("{} is not a schema", schema.0),
                    "from -4 to 8",
                );
            }
            fits
        });
        MetricsSettings {
            series_per_metric: series_per_metric
                .and_then(|count| count.try_into().ok())
                .unwrap_or(defaults.series_per_metric),
            histogram_schema: schema.unwrap_or(defaults.histogram_schema),
            histogram_memory: self.histogram_memory(file, defaults.histogram_memory),
            drop_tags: self.tag_names("drop_tags", &file.metrics.drop_tags),
            keep_tags: self.tag_names("keep_tags", &file.metrics.keep_tags),
            ..defaults
        }
    }

    fn histogram_memory(&mut self, file: &TestFile, default: usize) -> usize {
        let Some(size) = file.metrics.histogram_memory else {
            return default;
        };
        if size.0 < 1 << 20 {
            self.problem(
                &["metrics", "histogram_memory"],
                "is below 1MiB, in which no percentile is worth having",
                "",
            );
        }
        usize::try_from(size.0).unwrap_or(usize::MAX)
    }

    fn tag_names(&mut self, key: &str, names: &[String]) -> Vec<String> {
        for (index, name) in names.iter().enumerate() {
            if name.is_empty() {
                self.problem(&["metrics", key, &index.to_string()], "is empty", "");
            }
        }
        names.to_vec()
    }

    pub(super) fn url_templates(&mut self, file: &TestFile) -> UrlTemplates {
        let texts = &file.metrics.url_templates;
        UrlTemplates::new(texts).unwrap_or_else(|errors| {
            for (index, error) in errors {
                self.problem(
                    &["metrics", "url_templates", &index.to_string()],
                    format!("`{}` {error}", texts[index]),
                    "write for example \"/users/{id}\"",
                );
            }
            UrlTemplates::default()
        })
    }

    pub(super) fn limits(&mut self, file: &TestFile, defaults: Limits) -> Limits {
        self.duration(
            &["limits", "script_time"],
            file.limits.script_time,
            Duration::ZERO,
            Least::Zero,
        );
        if file
            .limits
            .memory_per_vu
            .is_some_and(|size| size.0 < 1 << 20)
        {
            self.problem(
                &["limits", "memory_per_vu"],
                "is below 1MiB, in which no script runs",
                "",
            );
        }
        limits(file, defaults)
    }

    pub(super) fn admin(&mut self, admin: &AdminSettings, folder: &Path) -> Option<Admin> {
        if let Err(message) = admin.validate() {
            self.problem(&["admin", "listen"], message, "");
            return None;
        }
        let token_file = admin.token_file.as_ref().map(|path| folder.join(path));
        Some(Admin::Guarded(AdminSettings {
            token_file,
            ..admin.clone()
        }))
    }

    pub(super) fn labels(&mut self, file: &TestFile) -> BTreeMap<String, String> {
        for name in file.labels.keys() {
            let mut letters = name.chars();
            let first = letters
                .next()
                .is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
            let path = ["labels", name.as_str()];
            if !first
                || !letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
                || name.starts_with("__")
            {
                self.problem(
                    &path,
                    "is no name of a label",
                    "letters, digits and underscores, not two underscores in front",
                );
            } else if ["instance", "testid"].contains(&name.as_str()) {
                self.problem(
                    &path,
                    "is set by loadd",
                    "set `instance` or `test_id` at the top instead",
                );
            }
        }
        let mut labels = file.labels.clone();
        labels.entry("job".into()).or_insert_with(|| "loadd".into());
        labels
    }

    pub(super) fn names(&mut self, key: &str, value: Option<&str>) {
        if value.is_some_and(str::is_empty) {
            self.problem(&[key], "is empty", "");
        }
    }

    pub(super) fn otlp(&mut self, otlp: &OtlpSettings, folder: &Path) -> OtlpSettings {
        let mut settings = otlp.clone();
        remote::anchor(
            folder,
            &mut settings.tls,
            &mut settings.bearer_token_file,
            settings.basic_auth.as_mut(),
        );
        for fault in settings.validate().err().unwrap_or_default() {
            let path: Vec<&str> = fault.key.splitn(3, '.').collect();
            self.problem(&path, fault.fault, "");
        }
        settings
    }

    /// With a ratio of 0 they are off.
    pub(super) fn traces(
        &mut self,
        traces: &TracesSettings,
        folder: &Path,
    ) -> Option<TracesSettings> {
        let mut settings = traces.clone();
        remote::anchor(folder, &mut settings.tls, &mut None, None);
        for fault in settings.validate().err().unwrap_or_default() {
            let path: Vec<&str> = fault.key.splitn(3, '.').collect();
            self.problem(&path, fault.fault, "");
        }
        settings.is_on().then_some(settings)
    }

    pub(super) fn remote_write(
        &mut self,
        remote: &RemoteWriteFile,
        folder: &Path,
    ) -> RemoteWriteSettings {
        let settings = remote.sender(folder);
        if remote.sender.max_bytes.is_some()
            && remote
                .spool
                .as_ref()
                .is_some_and(|spool| spool.max_bytes.is_some())
        {
            self.problem(
                &["remote_write", "max_bytes"],
                "is said by spool.max_bytes already",
                "keep one of the two",
            );
        }
        if remote
            .spool
            .as_ref()
            .is_some_and(|spool| spool.path.is_empty())
        {
            self.problem(
                &["remote_write", "spool", "path"],
                "is empty",
                "name a folder",
            );
        }
        for fault in settings.validate().err().unwrap_or_default() {
            // A header's name may hold dots: only the table's part of the key is a path.
            let path: Vec<&str> = fault.key.splitn(3, '.').collect();
            self.problem(&path, fault.fault, "");
        }
        settings
    }
}
