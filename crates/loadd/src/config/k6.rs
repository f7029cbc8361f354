//! The way of a test of `loadd run`, `archive` and `inspect`: k6's own layers (JSON config file < script < `K6_*` < flags),
//! outputs and features by k6's names.

mod config_file;
mod show;

use std::{
    collections::BTreeMap,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use loadd_outputs::TracesSettings;
use loadd_script::{Bundle, Limits, ScriptFiles, SecretSources, Source};
use serde_json::{Map, Value};

use super::{
    archive::{self, Archive},
    file::TestFile,
    layers::{Layer, Manner, Merged, Voice},
    load::{Gather, put},
    options::{self, Form},
    outs::{self, OutError},
    problem::{Origin, Problem, Refusal},
    resolve::{self, Way},
    surroundings::Surroundings,
    test::{ResolvedTest, SummaryExport, SummaryMode},
};

pub(super) use show::consolidated;
pub(crate) use show::{derived, options_of, requirements};

use config_file::{ConfigFile, Features};

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
    /// `--secret-source`
    pub(crate) secret_sources: Vec<String>,
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
    /// `--compatibility-mode base`
    pub(crate) without_global: bool,
    /// `--type`; absent: found out.
    pub(crate) kind: Option<FileKind>,
    /// `--traces-output`, read.
    pub(crate) traces: Option<TracesSettings>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A script.
    Script,
    /// An archive.
    Archive,
}

/// The layers of a command of k6, laid over each other.
pub(super) struct Gathered {
    pub(super) bundle: Bundle,
    pub(super) merged: Merged,
    pub(super) way: Way,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
    /// Where the script came from one.
    pub(super) archive: Option<Archive>,
    file: ConfigFile,
}

fn refuse(problems: Vec<Problem>) -> Refusal {
    // k6 reads these late, where their faults have no code of their own.
    if let [only] = &problems[..]
        && ["dns.ttl", "summary_trend_stats"].contains(&only.key.as_str())
    {
        return Refusal::Usage(only.to_string());
    }
    Refusal::Config {
        problems,
        text: None,
    }
}

/// What a command does with the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Runs it: the system's variables are passed.
    Run,
    /// Looks at it.
    Inspect,
    /// Packs it: all that it reads is kept.
    Pack,
}

/// Loads the script and lays the layers over each other.
pub(super) fn gather(
    request: &RunRequest,
    around: &Surroundings,
    purpose: Purpose,
) -> Result<Gathered, Refusal> {
    let file = ConfigFile::read(request.config.as_deref(), around)
        .map_err(|problem| refuse(vec![problem]))?;
    let (source, archive) = source(request)?;
    let features = Features::read(request, around, &file);
    let mut gather = Gather::new();
    let name = Path::new(&request.script)
        .file_stem()
        .map_or_else(|| "script".into(), |stem| stem.to_string_lossy());
    let test_id = format!("{name}-{}", around.now_ms / 1000);
    let mut way = Way::run(around, request);
    way.secrets = secrets(request, around)?;
    way.keep_sources = purpose == Purpose::Pack;
    way.freeze_env = features.freeze_env;
    if !request
        .include_system_env
        .unwrap_or(purpose == Purpose::Run)
    {
        way.env.clear();
    }
    // An archive's variables lie under those of this machine.
    for (name, value) in archive.iter().flat_map(|archive| &archive.env) {
        if way.env.iter().all(|(known, _)| known != name) {
            put(&mut way.env, name, value);
        }
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
    let script = match &archive {
        Some(archive) => gather.options(&bundle.display_name, archive.options.clone()),
        None => gather.script(&bundle),
    };
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
        archive,
        file,
    })
}

/// Where the script's secrets are.
fn secrets(request: &RunRequest, around: &Surroundings) -> Result<SecretSources, Refusal> {
    let cloud = |flag: &&String| *flag == "cloud" || flag.starts_with("cloud=");
    if request.secret_sources.iter().any(|flag| cloud(&flag)) {
        let flag = Origin::Flag("--secret-source".to_owned());
        let problem = Problem::new("", flag, "secrets of Grafana Cloud k6 are not read here")
            .help("use file=PATH, mock=KEY=VALUE or url=urlTemplate=URL");
        return Err(refuse(vec![problem]));
    }
    SecretSources::parse(&request.secret_sources, &around.vars)
        .map_err(|error| Refusal::Usage(error.to_string()))
}

/// The script, and the archive that it came from.
fn source(request: &RunRequest) -> Result<(Source, Option<Archive>), Refusal> {
    if let Some(text) = &request.stdin {
        return Ok((Source::Stdin(text.clone()), None));
    }
    let path = PathBuf::from(&request.script);
    if request.script.starts_with("https://") {
        return Ok((Source::File(path), None));
    }
    let unreadable =
        |why: String| Refusal::Usage(format!("cannot read the script {}: {why}", path.display()));
    let told = |error: std::io::Error| unreadable(error.to_string());
    let mut file = std::fs::File::open(&path).map_err(told)?;
    if file.metadata().map_err(told)?.is_dir() {
        return Err(unreadable("it is a folder".to_owned()));
    }
    let mut start = Vec::new();
    file.by_ref()
        .take(512)
        .read_to_end(&mut start)
        .map_err(told)?;
    let is_archive = match request.kind {
        Some(kind) => kind == FileKind::Archive,
        None => archive::is_archive(&start),
    };
    if !is_archive {
        return Ok((Source::File(path), None));
    }
    let archive = archive::read(start.chain(file)).map_err(Refusal::Usage)?;
    let files = archive.files.iter();
    let files = ScriptFiles {
        main: archive.main.clone(),
        files: files
            .map(|(name, bytes)| (name.clone(), bytes.clone().into()))
            .collect(),
    };
    Ok((Source::Archive(Arc::new(files)), Some(archive)))
}

/// A test of `loadd run`.
pub(crate) fn run(request: &RunRequest, around: &Surroundings) -> Result<ResolvedTest, Refusal> {
    let mut gathered = gather(request, around, Purpose::Run)?;
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
    bundle.write_back(&set_above_the_script(&merged));
    let mut test =
        resolve::resolve(&merged, Arc::new(bundle), way, problems, warnings).map_err(refuse)?;
    name_by_tags(&mut test);
    test.admin_may_fail = request.address_may_fail;
    test.files = outs.files;
    test.otlp = outs.otlp;
    test.traces = request.traces.clone().map(|traces| TracesSettings {
        service: Some(service_name(around)),
        ..traces
    });
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

/// What spans are told to come from, as with k6's metrics over OTLP.
fn service_name(around: &Surroundings) -> String {
    let set = around.var("OTEL_SERVICE_NAME");
    set.filter(|name| !name.is_empty())
        .unwrap_or("k6")
        .to_owned()
}

/// Options that flags, variables or the config file have set, by k6's keys.
fn set_above_the_script(merged: &Merged) -> Map<String, Value> {
    let mut set = merged.map.clone();
    set.retain(|key, _| {
        !matches!(
            merged.origin(std::slice::from_ref(key)),
            Origin::Script(_) | Origin::Default
        )
    });
    options::all_in_k6_spelling(&set)
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
    let outs =
        outs::read(&list, &gathered.file.collectors, around).map_err(|error| match error {
            OutError::Usage(text) => Refusal::Usage(text),
            OutError::Setting(text) => Refusal::Config {
                problems: vec![Problem::new("", Origin::Default, text)],
                text: None,
            },
        })?;
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
