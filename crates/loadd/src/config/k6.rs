//! The way of a test of `loadd run`, `archive` and `inspect`: k6's own layers (JSON config file < script < `K6_*` < flags),
//! outputs and features by k6's names.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use loadd_metrics::{SystemTag, SystemTags};
use loadd_script::{Bundle, Limits, Source};
use serde_json::{Map, Value};

use super::{
    file::TestFile,
    inspect,
    layers::{Layer, Manner, Merged, Voice},
    load::{Gather, put},
    options::{self, Form},
    outs,
    problem::{Origin, Problem, Refusal},
    resolve::{self, Way},
    surroundings::Surroundings,
    test::{ResolvedTest, SummaryExport, SummaryMode},
};

/// What a command of k6 was asked for, beside the script's own options.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunRequest {
    /// Path, or `-` for standard input.
    pub(crate) script: String,
    /// Text of standard input where the script is `-`.
    pub(crate) stdin: Option<String>,
    /// Options given as flags, by our key.
    pub(crate) flags: Map<String, Value>,
    /// Which flag set which key.
    pub(crate) flag_names: Vec<(&'static str, &'static str)>,
    /// `-e`
    pub(crate) env: Vec<(String, String)>,
    /// `--include-system-env-vars`; absent: as the command has it.
    pub(crate) include_system_env: Option<bool>,
    /// `--no-thresholds`
    pub(crate) no_thresholds: bool,
    /// `--address`
    pub(crate) address: Option<String>,
    /// Whether that comes from the environment: then a port that is taken is only a warning.
    pub(crate) address_may_fail: bool,
    /// `--linger`
    pub(crate) linger: Option<bool>,
    /// `--import-map`, read.
    pub(crate) import_map: BTreeMap<String, PathBuf>,
    /// `--secret-source`, read.
    pub(crate) secrets: loadd_script::SecretSources,
    /// `--config`
    pub(crate) config: Option<PathBuf>,
    /// `--out`
    pub(crate) outs: Vec<String>,
    /// `--features`
    pub(crate) features: Vec<String>,
    /// `--summary-mode`
    pub(crate) summary_mode: SummaryMode,
    /// `--summary-export`
    pub(crate) summary_export: Option<PathBuf>,
    /// `--new-machine-readable-summary`
    pub(crate) new_summary: bool,
}

/// k6's JSON config file: options, and what is beside them.
#[derive(Debug, Default)]
struct ConfigFile {
    path: PathBuf,
    options: Map<String, Value>,
    out: Vec<String>,
    linger: Option<bool>,
    web_dashboard: bool,
    features: Vec<String>,
    collectors: Map<String, Value>,
}

impl ConfigFile {
    /// The named file, or k6's default one where it is there.
    fn read(named: Option<&Path>, around: &Surroundings) -> Result<ConfigFile, Problem> {
        let default = || {
            let folder = around
                .var("XDG_CONFIG_HOME")
                .filter(|path| !path.is_empty());
            let home = || Some(Path::new(around.var("HOME")?).join(".config"));
            let folder = folder.map(PathBuf::from).or_else(home)?;
            Some(folder.join("k6/config.json"))
        };
        let named = named.filter(|path| !path.as_os_str().is_empty());
        let Some(path) = named.map(Path::to_owned).or_else(default) else {
            return Ok(ConfigFile::default());
        };
        let wrong =
            |message: String| Problem::new("", Origin::Flag(path.display().to_string()), message);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(_) if named.is_none() => return Ok(ConfigFile::default()),
            Err(error) => return Err(wrong(format!("cannot read the config file: {error}"))),
        };
        let mut map: Map<String, Value> = serde_json::from_str(&text)
            .map_err(|error| wrong(format!("the config file is not JSON: {error}")))?;
        let texts = |value: Option<Value>| match value {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(value) => serde_json::from_value::<Vec<String>>(value),
        };
        let truth = |value: Option<Value>| match value {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value::<bool>(value).map(Some),
        };
        let of = |key: &str| {
            let key = key.to_owned();
            let path = path.clone();
            move |error: serde_json::Error| {
                Problem::new(
                    key,
                    Origin::Flag(path.display().to_string()),
                    error.to_string(),
                )
            }
        };
        let collectors = match map.remove("collectors") {
            Some(Value::Object(collectors)) => collectors,
            Some(Value::Null) | None => Map::new(),
            Some(_) => return Err(wrong("collectors: must be an object".to_owned())),
        };
        Ok(ConfigFile {
            out: texts(map.remove("out")).map_err(of("out"))?,
            linger: truth(map.remove("linger")).map_err(of("linger"))?,
            web_dashboard: truth(map.remove("webDashboard")).map_err(of("webDashboard"))?
                == Some(true),
            features: texts(map.remove("features")).map_err(of("features"))?,
            collectors,
            options: map,
            path,
        })
    }
}

/// Experimental features of k6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Features {
    merge_run_tags: bool,
}

impl Features {
    /// The highest of command line, environment and config file that is set decides alone.
    fn read(request: &RunRequest, around: &Surroundings, file: &ConfigFile) -> Features {
        let variable = || {
            let text = around.var("K6_FEATURES").filter(|text| !text.is_empty());
            text.map(|text| text.split(',').map(|name| name.trim().to_owned()).collect())
        };
        let flags = || (!request.features.is_empty()).then(|| request.features.clone());
        let names: Vec<String> = flags()
            .or_else(variable)
            .unwrap_or_else(|| file.features.clone());
        let mut features = Features::default();
        for name in &names {
            match name.as_str() {
                "merge-run-tags" => {
                    features.merge_run_tags = true;
                    tracing::info!("feature merge-run-tags is on");
                }
                "native-histograms" => {
                    tracing::info!("feature native-histograms is on, as it always is in loadd")
                }
                "freeze-env" => tracing::warn!(
                    "feature freeze-env has no effect in loadd: __ENV can be changed"
                ),
                other => tracing::error!(
                    "unknown feature {other:?}; there are native-histograms, merge-run-tags and freeze-env"
                ),
            }
        }
        features
    }
}

/// The layers of a command of k6, laid over each other.
pub(super) struct Gathered {
    pub(super) bundle: Bundle,
    pub(super) merged: Merged,
    pub(super) way: Way,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
    file: ConfigFile,
}

fn refuse(problems: Vec<Problem>) -> Refusal {
    // k6 reads this one late, where its faults have no code of their own.
    if let [only] = &problems[..]
        && only.key == "dns.ttl"
    {
        return Refusal::Usage(only.to_string());
    }
    Refusal::Config {
        problems,
        text: None,
    }
}

/// Loads the script and lays the layers over each other. `system_env`: whether the command passes the system's variables.
pub(super) fn gather(
    request: &RunRequest,
    around: &Surroundings,
    system_env: bool,
) -> Result<Gathered, Refusal> {
    let file = ConfigFile::read(request.config.as_deref(), around)
        .map_err(|problem| refuse(vec![problem]))?;
    let source = source(request)?;
    let features = Features::read(request, around, &file);
    let mut gather = Gather::new();
    let name = Path::new(&request.script)
        .file_stem()
        .map_or_else(|| "script".into(), |stem| stem.to_string_lossy());
    let test_id = format!("{name}-{}", around.now_ms / 1000);
    let mut way = Way::run(around, request);
    if !request.include_system_env.unwrap_or(system_env) {
        way.env.clear();
    }
    for (name, value) in &request.env {
        put(&mut way.env, name, value);
    }
    let limits = Limits {
        script_time: None,
        ..Limits::default()
    };
    let bundle = Bundle::load(&source, &way.load_settings(&TestFile::default(), limits))
        .map_err(|error| Refusal::Script(Box::new(error)))?;
    let options = file.options.clone().into_iter();
    let known = options
        .filter(|(key, _)| options::is_k6_option(key))
        .collect();
    let known = gather.known(known, &mut |_, _| {});
    let json = gather.supported(Layer::new(Voice::Json(file.path.clone()), known));
    let script = gather.script(&bundle);
    let vars = options::from_vars(around, &mut gather.problems);
    let vars = gather.supported(Layer::new(Voice::Env("K6_"), vars));
    let flags = Layer::new(
        Voice::Flags(request.flag_names.clone()),
        request.flags.clone(),
    );
    let flags = gather.supported(flags);
    let defaults = Layer::new(Voice::Defaults, around.defaults(&test_id));
    let manner = Manner::Whole {
        merge_tags: features.merge_run_tags,
    };
    let mut merged = Merged::of(vec![defaults, json, script, vars, flags], manner);
    let Gather {
        problems,
        mut warnings,
        ..
    } = gather;
    warnings.append(&mut merged.notices);
    Ok(Gathered {
        bundle,
        merged,
        way,
        problems,
        warnings,
        file,
    })
}

fn source(request: &RunRequest) -> Result<Source, Refusal> {
    let source = match &request.stdin {
        Some(text) => Source::Stdin(text.clone()),
        None => Source::File(PathBuf::from(&request.script)),
    };
    if let Source::File(path) = &source
        && let Err(error) = std::fs::metadata(path)
    {
        return Err(Refusal::Usage(format!(
            "cannot read the script {}: {error}",
            path.display()
        )));
    }
    Ok(source)
}

/// A test of `loadd run`.
pub(crate) fn run(request: &RunRequest, around: &Surroundings) -> Result<ResolvedTest, Refusal> {
    let mut gathered = gather(request, around, true)?;
    let (outs, linger) = beside_the_options(request, around, &mut gathered)?;
    let Gathered {
        bundle,
        mut merged,
        mut way,
        problems,
        mut warnings,
        ..
    } = gathered;
    warnings.extend(outs.warnings);
    way.linger = linger;
    if let Some(table) = outs.remote_write {
        merged.add(
            "remote_write",
            Value::Object(table),
            Voice::Env("K6_PROMETHEUS_RW_"),
        );
    }
    let mut test =
        resolve::resolve(&merged, Arc::new(bundle), way, problems, warnings).map_err(refuse)?;
    name_by_tags(&mut test);
    test.admin_may_fail = request.address_may_fail;
    test.files = outs.files;
    test.otlp = outs.otlp;
    test.output_names = outs.names;
    test.dashboard = outs.dashboard;
    test.summary.mode = request.summary_mode;
    test.summary.export = request.summary_export.clone();
    test.summary.form = if request.new_summary {
        SummaryExport::New
    } else {
        SummaryExport::Old
    };
    if request.summary_mode == SummaryMode::Disabled {
        test.handle_summary = None;
    }
    Ok(test)
}

/// The options of the script alone, as `inspect` prints them.
pub(crate) fn options_of(request: &RunRequest, around: &Surroundings) -> Result<String, Refusal> {
    let gathered = gather(request, around, false)?;
    let mut problems = Vec::new();
    let mut options = gathered
        .bundle
        .options
        .as_object()
        .cloned()
        .unwrap_or_default();
    options.retain(|_, value| !value.is_null());
    // Only what has a wrong form is refused here; whether it makes sense together is the run's affair.
    let own = gathered
        .merged
        .alone(|voice| matches!(voice, Voice::Script(_)));
    super::forms::read(&own, &mut problems);
    if !problems.is_empty() {
        return Err(refuse(problems));
    }
    Ok(inspect::text(&inspect::shown(&options), true))
}

/// The options with the environment over them, validated, with the scenarios that they amount to and what those need.
pub(crate) fn requirements(request: &RunRequest, around: &Surroundings) -> Result<String, Refusal> {
    let gathered = gather(request, around, false)?;
    let mut options = consolidated(&gathered);
    let tags: Vec<&str> = SystemTags::default()
        .iter()
        .map(SystemTag::as_str)
        .collect();
    let Gathered {
        bundle,
        merged,
        way,
        problems,
        ..
    } = gathered;
    let test =
        resolve::resolve(&merged, Arc::new(bundle), way, problems, Vec::new()).map_err(refuse)?;
    let derived: Value = serde_json::from_str(&test.options_json).unwrap_or(Value::Null);
    options.insert("scenarios".to_owned(), derived["scenarios"].clone());
    options.insert(
        "summaryTrendStats".to_owned(),
        test.summary.trend_stats.clone().into(),
    );
    let mut tags = match options.get("systemTags").and_then(Value::as_array) {
        Some(list) => list.iter().filter_map(Value::as_str).collect(),
        None => tags,
    };
    tags.sort_unstable();
    let tags = Value::from(tags);
    options.insert("systemTags".to_owned(), tags);
    let mut shown = inspect::shown(&options);
    let length = test.plan.total_duration(&test.share);
    let length = length.map_or_else(|| "forever".to_owned(), |length| length.to_string());
    shown.push(("totalDuration", length.into()));
    shown.push(("maxVUs", test.plan.max_vus(&test.share).into()));
    Ok(inspect::text(&shown, true))
}

/// The script's options with the scenarios that they amount to, each value as k6 writes it.
pub(crate) fn derived(
    request: &RunRequest,
    around: &Surroundings,
) -> Result<Map<String, Value>, Refusal> {
    let gathered = gather(request, around, true)?;
    let mut options = consolidated(&gathered);
    let Gathered {
        bundle,
        merged,
        way,
        problems,
        ..
    } = gathered;
    let test =
        resolve::resolve(&merged, Arc::new(bundle), way, problems, Vec::new()).map_err(refuse)?;
    let derived: Value = serde_json::from_str(&test.options_json).unwrap_or(Value::Null);
    options.insert("scenarios".to_owned(), derived["scenarios"].clone());
    let shown = inspect::shown(&options).into_iter();
    Ok(shown.map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The merged options in k6's spelling, short cuts as they are.
pub(super) fn consolidated(gathered: &Gathered) -> Map<String, Value> {
    let mut options = options::as_k6(&gathered.merged.map);
    for key in super::unsupported::FREE {
        if let Some(value) = gathered.bundle.options.get(*key) {
            options.insert((*key).to_owned(), value.clone());
        }
    }
    options
}

/// Outputs and `linger`: the highest layer that has one decides.
fn beside_the_options(
    request: &RunRequest,
    around: &Surroundings,
    gathered: &mut Gathered,
) -> Result<(outs::Outs, bool), Refusal> {
    let truth = |name: &str| match around.var(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => options::read(Form::Bool, text)
            .map(|value| value.and_then(|value| value.as_bool()))
            .map_err(|error| Problem::new("", Origin::Env(name.to_owned()), error)),
    };
    let mut told = |result: Result<Option<bool>, Problem>| {
        result.unwrap_or_else(|problem| {
            gathered.problems.push(problem);
            None
        })
    };
    let linger = told(truth("K6_LINGER"));
    let dashboard = told(truth("K6_WEB_DASHBOARD"));
    let variable = around.var("K6_OUT").unwrap_or_default().split(',');
    let variable: Vec<String> = variable
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect();
    let mut list = [&request.outs, &variable, &gathered.file.out]
        .into_iter()
        .find(|list| !list.is_empty())
        .cloned()
        .unwrap_or_default();
    let named = list
        .iter()
        .any(|item| item.split('=').next() == Some("web-dashboard"));
    if dashboard.unwrap_or(gathered.file.web_dashboard) && !named {
        list.push("web-dashboard".to_owned());
    }
    let outs = outs::read(&list, &gathered.file.collectors, around).map_err(Refusal::Usage)?;
    let linger = request.linger.or(linger).or(gathered.file.linger) == Some(true);
    Ok((outs, linger))
}

/// Users of k6 name a run and its instances by tags: these give the labels, too.
fn name_by_tags(test: &mut ResolvedTest) {
    let named = |names: &[&str]| {
        let found = names.iter().find_map(|name| test.tags.get(*name));
        found.filter(|value| !value.is_empty()).cloned()
    };
    let test_id = named(&["testid", "testrun_name", "job_name"]);
    let instance = named(&["instance", "instance_id"]);
    test.test_id = test_id.unwrap_or_else(|| std::mem::take(&mut test.test_id));
    test.instance = instance.unwrap_or_else(|| std::mem::take(&mut test.instance));
}
