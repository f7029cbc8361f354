//! From merged layers to a [`ResolvedTest`]: units, names, ranges, references. All that is wrong is found at once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use loadd_admin::AdminSettings;
use loadd_client::ClientSettings;
use loadd_engine::{BatchLimits, HookSettings};
use loadd_metrics::{
    MetricsSettings, Registry, SystemTags, ThresholdError, ThresholdSet, ThresholdSettings,
};
use loadd_outputs::RemoteWriteSettings;
use loadd_script::{Bundle, HttpDefaults, Limits};
use loadd_timeline::{
    CountValue, DurationValue, Plan, ScenarioSettings, Segment, SegmentSequence, Share, Shortcuts,
    StartAt, StartAtError,
};
use serde_json::Value;

use super::{
    file::{TestFile, ThresholdFile},
    forms, keys,
    layers::Merged,
    load::{RunRequest, dotted},
    options,
    problem::Problem,
    remote::RemoteWriteFile,
    surroundings::Surroundings,
    test::{Admin, ResolvedTest, SummarySettings, Worker},
};

/// What differs between the daemon and `loadd run`, and what was found out before the script was loaded.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// Paths of the config are relative to it.
    pub(crate) folder: PathBuf,
    /// Which worker this is.
    pub(crate) worker: Option<Worker>,
    /// `__ENV`.
    pub(crate) env: Vec<(String, String)>,
    /// `--import-map`.
    pub(crate) import_map: BTreeMap<String, PathBuf>,
    admin: AdminWay,
    limits: Limits,
    no_thresholds: bool,
    linger: bool,
}

#[derive(Debug, Clone)]
enum AdminWay {
    Daemon,
    Run(Option<String>),
}

impl Way {
    /// The daemon's.
    pub(crate) fn daemon(around: &Surroundings, folder: PathBuf, _: &TestFile) -> Way {
        Way {
            folder,
            worker: None,
            env: around.vars.clone(),
            import_map: BTreeMap::new(),
            admin: AdminWay::Daemon,
            limits: Limits::default(),
            no_thresholds: false,
            linger: false,
        }
    }

    /// That of `loadd run`.
    pub(crate) fn run(around: &Surroundings, request: &RunRequest) -> Way {
        Way {
            folder: PathBuf::new(),
            worker: None,
            env: around.vars.clone(),
            import_map: request.import_map.clone(),
            admin: AdminWay::Run(request.address.clone()),
            // As k6: no bound on the time of a script.
            limits: Limits {
                script_time: None,
                ..Limits::default()
            },
            no_thresholds: request.no_thresholds,
            linger: request.linger,
        }
    }
}

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

/// Which worker this is; index without count, or count without index, is an error.
pub(crate) fn worker(
    file: &TestFile,
    merged: &Merged,
    around: &Surroundings,
    problems: &mut Vec<Problem>,
) -> Option<Worker> {
    let mut check = Check { merged, problems };
    let weights = file
        .workers
        .weights
        .as_ref()
        .map(|weights| weights.len() as u64);
    let count = match file.workers.count {
        Some(count) => Some(check.count(&["workers", "count"], count, 1)?),
        None => weights,
    };
    let index = match file.workers.index {
        Some(index) => Some(check.count(&["workers", "index"], index, 0)?),
        None => count.and_then(|_| around.worker_index()),
    };
    match (index, count) {
        (None, None) => None,
        (Some(index), Some(count)) => {
            if let Some(weights) = weights.filter(|weights| *weights != count) {
                check.problem(
                    &["workers", "weights"],
                    format!("has {weights} entries for {count} workers"),
                    "one weight for each worker",
                );
            } else if index >= count {
                let help = format!("indexes go from 0 to {}", count - 1);
                check.problem(
                    &["workers", "index"],
                    format!("{index} is not below the count {count}"),
                    help,
                );
            } else {
                return Some(Worker { index, count });
            }
            None
        }
        (Some(_), None) => {
            check.problem(
                &["workers", "index"],
                "is set without workers.count",
                "set workers.count to the number of workers",
            );
            None
        }
        (None, Some(_)) => {
            let help =
                "set workers.index (or LOADD_WORKERS__INDEX) to this worker's number, from 0";
            check.problem(&["workers", "count"], "is set without workers.index", help);
            None
        }
    }
}

/// Gives every value its meaning.
pub(crate) fn resolve(
    merged: &Merged,
    bundle: Arc<Bundle>,
    way: Way,
    mut problems: Vec<Problem>,
    mut warnings: Vec<String>,
) -> Result<ResolvedTest, Vec<Problem>> {
    let file = forms::read(merged, &mut problems);
    let mut check = Check {
        merged,
        problems: &mut problems,
    };
    let (plan, scenarios) = check.plan(&file, &bundle, &mut warnings);
    let share = check.share(&file, way.worker);
    let (system_tags, summary) = (system_tags(&file), check.summary(&file));
    let metrics = check.metrics(&file);
    let registry = Registry::new(metrics.clone());
    check.declare(&bundle, &registry);
    let thresholds = if way.no_thresholds {
        check.submetrics(&file)
    } else {
        check.thresholds(&file, &registry)
    };
    warnings.extend(
        thresholds.unmatchable().map(|key| {
            format!("threshold {key}: `vu` and `iter` are no tags, so it never matches")
        }),
    );
    let limits = check.limits(&file, way.limits);
    let admin = match way.admin {
        AdminWay::Daemon => check.admin(&file.admin, &way.folder),
        AdminWay::Run(address) => address.map(Admin::Open),
    };
    let spool = file
        .remote_write
        .as_ref()
        .and_then(|remote| remote.spool.as_ref());
    let spool = spool.map(|spool| way.folder.join(&spool.path));
    let remote_write = file
        .remote_write
        .as_ref()
        .map(|remote| check.remote_write(remote, &way.folder));
    let start_at = check.start_at(&file);
    let hook = |enabled: bool, timeout: Duration| HookSettings { enabled, timeout };
    let minute = Duration::from_secs(60);
    let setup_timeout = check.duration(
        &["setup_timeout"],
        file.setup_timeout,
        minute,
        Least::AboveZero,
    );
    let teardown_timeout = check.duration(
        &["teardown_timeout"],
        file.teardown_timeout,
        minute,
        Least::Zero,
    );
    let handle_summary = check.duration(
        &["handle_summary_timeout"],
        file.handle_summary_timeout,
        2 * minute,
        Least::Zero,
    );
    let min_iteration_duration = check.duration(
        &["min_iteration_duration"],
        file.min_iteration_duration,
        Duration::ZERO,
        Least::Zero,
    );
    let max_redirects = check.counted(&["max_redirects"], file.max_redirects, 10, 0);
    let batch = check.counted(&["batch"], file.batch, 20, 1);
    let per_host = check.counted(&["batch_per_host"], file.batch_per_host, 6, 1);
    let labels = check.labels(&file);
    check.names("instance", file.instance.as_deref());
    check.names("test_id", file.test_id.as_deref());
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut consolidated = options::in_k6_spelling(&merged.map);
    consolidated.insert(
        "scenarios".into(),
        serde_json::to_value(&scenarios).unwrap_or(Value::Null),
    );
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    Ok(ResolvedTest {
        client: ClientSettings {
            no_connection_reuse: file.no_connection_reuse,
            no_vu_connection_reuse: file.no_vu_connection_reuse,
            insecure_skip_tls_verify: file.insecure_skip_tls_verify,
            max_idle: size(batch),
            max_idle_per_host: size(per_host),
            response_body_bytes: file.limits.response_body.map_or(64 << 20, |size| size.0),
        },
        http: HttpDefaults {
            user_agent: file
                .user_agent
                .unwrap_or_else(|| format!("loadd/{}", env!("CARGO_PKG_VERSION"))),
            max_redirects: u32::try_from(max_redirects).unwrap_or(u32::MAX),
            discard_response_bodies: file.discard_response_bodies,
            throw: file.throw,
        },
        batch: BatchLimits {
            total: size(batch),
            per_host: size(per_host),
        },
        bundle,
        plan,
        share,
        worker: way.worker,
        test_id: file.test_id.unwrap_or_default(),
        instance: file.instance.unwrap_or_default(),
        labels,
        env: way.env,
        tags: file.tags,
        system_tags,
        limits,
        setup: hook(!file.no_setup, setup_timeout),
        teardown: hook(!file.no_teardown, teardown_timeout),
        handle_summary: Some(handle_summary),
        min_iteration_duration,
        options_json: Value::Object(consolidated).to_string().into(),
        thresholds,
        paused: file.paused,
        start_at,
        registry,
        remote_write,
        spool,
        admin,
        target: file.target,
        linger: file.daemon.linger || way.linger,
        summary,
        log_format: file.daemon.log.format.unwrap_or_default(),
        log_level: file.daemon.log.level.unwrap_or_default(),
        warnings,
        notices: merged.notices.clone(),
    })
}

fn system_tags(file: &TestFile) -> SystemTags {
    file.system_tags
        .as_ref()
        .map_or_else(SystemTags::default, SystemTags::from_names)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Least {
    Zero,
    AboveZero,
}

struct Check<'c> {
    merged: &'c Merged,
    problems: &'c mut Vec<Problem>,
}

impl Check<'_> {
    fn problem(&mut self, path: &[&str], message: impl Into<String>, help: impl Into<String>) {
        let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        let problem = Problem::new(dotted(&path), self.merged.origin(&path), message);
        let help = help.into();
        self.problems.push(if help.is_empty() {
            problem
        } else {
            problem.help(help)
        });
    }

    /// A count that is at least `least`; `None` where it is not.
    fn count(&mut self, path: &[&str], count: CountValue, least: u64) -> Option<u64> {
        let value = u64::try_from(count.0).ok().filter(|count| *count >= least);
        if value.is_none() {
            self.problem(path, format!("{} is below {least}", count.0), "");
        }
        value
    }

    fn counted(
        &mut self,
        path: &[&str],
        count: Option<CountValue>,
        default: u64,
        least: u64,
    ) -> u64 {
        count
            .and_then(|count| self.count(path, count, least))
            .unwrap_or(default)
    }

    fn duration(
        &mut self,
        path: &[&str],
        value: Option<DurationValue>,
        default: Duration,
        least: Least,
    ) -> Duration {
        let Some(value) = value else { return default };
        match value.as_duration() {
            Some(duration) if least == Least::Zero || !duration.is_zero() => duration,
            Some(_) | None => {
                let bound = if least == Least::Zero {
                    "must not be negative"
                } else {
                    "must be above 0"
                };
                self.problem(path, format!("{bound}, is {value}"), "");
                default
            }
        }
    }

    fn plan(
        &mut self,
        file: &TestFile,
        bundle: &Bundle,
        warnings: &mut Vec<String>,
    ) -> (Plan, BTreeMap<String, ScenarioSettings>) {
        let shortcuts = Shortcuts {
            vus: file.vus,
            duration: file.duration,
            iterations: file.iterations,
            stages: file.stages.clone(),
        };
        let scenarios = match shortcuts.derive(file.scenarios.as_ref()) {
            Ok(derived) => {
                warnings.extend(derived.warnings);
                derived.scenarios
            }
            Err(errors) => {
                self.plan_problems(errors, file);
                return (Plan::default(), BTreeMap::new());
            }
        };
        let plan = loadd_timeline::resolve(&scenarios).unwrap_or_else(|errors| {
            self.plan_problems(errors, file);
            Plan::default()
        });
        for (name, scenario) in &scenarios {
            let exec = scenario.exec.as_deref().unwrap_or("default");
            if !exec.is_empty() && !bundle.functions.contains(exec) {
                let exports: Vec<_> = bundle.functions.iter().map(String::as_str).collect();
                let help = format!(
                    "the script exports {}",
                    if exports.is_empty() {
                        "no function".into()
                    } else {
                        exports.join(", ")
                    }
                );
                self.problem(
                    &["scenarios", name, "exec"],
                    format!("function '{exec}' not found in exports"),
                    help,
                );
            }
        }
        (plan, scenarios)
    }

    fn plan_problems(&mut self, errors: Vec<loadd_timeline::PlanError>, file: &TestFile) {
        for error in errors {
            let field = keys::to_snake(&error.field);
            let of_scenario = file
                .scenarios
                .as_ref()
                .is_some_and(|scenarios| scenarios.contains_key(&error.scenario));
            let mut path: Vec<&str> = if of_scenario {
                vec!["scenarios", &error.scenario]
            } else {
                Vec::new()
            };
            path.extend(field.split(['.', '[', ']']).filter(|part| !part.is_empty()));
            self.problem(&path, error.message, "");
        }
    }

    fn share(&mut self, file: &TestFile, worker: Option<Worker>) -> Share {
        let segment = file.execution_segment.as_deref();
        let sequence = file.execution_segment_sequence.as_deref();
        let key = if segment.is_some() {
            "execution_segment"
        } else {
            "execution_segment_sequence"
        };
        if segment.is_some() || sequence.is_some() {
            if worker.is_some() {
                self.problem(
                    &[key],
                    "divides a load that [workers] divides already",
                    "keep one of the two",
                );
                return Share::whole();
            }
            return self
                .segment(segment.unwrap_or("0:1"), sequence)
                .unwrap_or_else(|error| {
                    self.problem(&[key], error.to_string(), "");
                    Share::whole()
                });
        }
        let Some(Worker { index, count }) = worker.filter(|_| file.workers.divide != Some(false))
        else {
            return Share::whole();
        };
        let (share, key) = match &file.workers.weights {
            None => (Share::worker(index, count), "index"),
            Some(weights) => {
                let weights: Vec<u64> = weights
                    .iter()
                    .map(|weight| u64::try_from(weight.0).unwrap_or(0))
                    .collect();
                (Share::weighted(index, &weights), "weights")
            }
        };
        share.unwrap_or_else(|error| {
            self.problem(&["workers", key], error.to_string(), "");
            Share::whole()
        })
    }

    fn segment(
        &self,
        segment: &str,
        sequence: Option<&str>,
    ) -> Result<Share, loadd_timeline::SegmentError> {
        let segment: Segment = segment.parse()?;
        let sequence = sequence.map(str::parse::<SegmentSequence>).transpose()?;
        Share::segment(segment, sequence.as_ref())
    }

    fn declare(&mut self, bundle: &Bundle, registry: &Registry) {
        for metric in &bundle.metrics {
            if let Err(message) = registry.declare(&metric.name, metric.kind, metric.contains) {
                self.problem(&[], message, "");
            }
        }
    }

    fn thresholds(&mut self, file: &TestFile, registry: &Registry) -> ThresholdSet {
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

    fn threshold_problems(&mut self, errors: &[ThresholdError], file: &TestFile) {
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
    fn submetrics(&self, file: &TestFile) -> ThresholdSet {
        let named = file.thresholds.keys().map(|key| (key.clone(), Vec::new()));
        ThresholdSet::parse(&named.collect()).unwrap_or_default()
    }

    fn summary(&mut self, file: &TestFile) -> SummarySettings {
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
        }
    }

    fn metrics(&mut self, file: &TestFile) -> MetricsSettings {
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
            ..defaults
        }
    }

    fn limits(&mut self, file: &TestFile, defaults: Limits) -> Limits {
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

    fn admin(&mut self, admin: &AdminSettings, folder: &Path) -> Option<Admin> {
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

    fn start_at(&mut self, file: &TestFile) -> StartAt {
        let (path, text): (&[&str], _) = match (&file.start_at, &file.workers.start_at) {
            (Some(_), Some(_)) => {
                self.problem(
                    &["workers", "start_at"],
                    "is said at the top of the file already",
                    "keep one of the two",
                );
                return StartAt::Now;
            }
            (Some(text), None) => (&["start_at"], text),
            (None, Some(text)) => (&["workers", "start_at"], text),
            (None, None) => return StartAt::Now,
        };
        text.parse().unwrap_or_else(|error: StartAtError| {
            self.problem(path, error.to_string(), "");
            StartAt::Now
        })
    }

    fn labels(&mut self, file: &TestFile) -> BTreeMap<String, String> {
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

    fn names(&mut self, key: &str, value: Option<&str>) {
        if value.is_some_and(str::is_empty) {
            self.problem(&[key], "is empty", "");
        }
    }

    fn remote_write(&mut self, remote: &RemoteWriteFile, folder: &Path) -> RemoteWriteSettings {
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
