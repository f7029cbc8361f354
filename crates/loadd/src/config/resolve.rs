//! From merged layers to a [`ResolvedTest`]: units, names, ranges, references. All that is wrong is found at once.

mod check;
mod judge;
pub(crate) mod network;
mod plan;
mod rooms;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use loadd_engine::{BatchLimits, HookSettings};
use loadd_metrics::{Registry, SystemTags};
use loadd_script::{Bundle, HttpDefaults, Limits};
use serde_json::Value;

use self::{
    check::{Check, Least},
    network::NetworkVars,
};
pub(crate) use self::{plan::worker, rooms::limits};
use super::{
    file::TestFile,
    forms,
    k6::RunRequest,
    layers::Merged,
    modules, options,
    problem::Problem,
    surroundings::Surroundings,
    test::{Admin, ResolvedTest, Worker},
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
    /// Where modules that come over `https://` are kept.
    pub(crate) remote: loadd_script::RemoteModules,
    /// `--secret-source`.
    pub(crate) secrets: loadd_script::SecretSources,
    admin: AdminWay,
    network: NetworkVars,
    limits: Limits,
    no_thresholds: bool,
    /// Stay up after the end.
    pub(crate) linger: bool,
    /// All that the script reads is kept, for an archive.
    pub(crate) keep_sources: bool,
    /// `--compatibility-mode base`.
    pub(crate) without_global: bool,
    /// k6's feature `freeze-env`.
    pub(crate) freeze_env: bool,
    /// What a request calls itself where nobody says so.
    user_agent: String,
}

#[derive(Debug, Clone)]
enum AdminWay {
    Daemon,
    Run(Option<String>),
}

impl Way {
    /// The daemon's.
    pub(crate) fn daemon(around: &Surroundings, folder: PathBuf, first: &TestFile) -> Way {
        let script = folder.join(first.script.as_deref().unwrap_or_default());
        Way {
            folder,
            worker: None,
            env: around.vars.clone(),
            import_map: BTreeMap::new(),
            remote: modules::remote(around, &script),
            secrets: loadd_script::SecretSources::default(),
            admin: AdminWay::Daemon,
            network: NetworkVars::look(around),
            limits: Limits::default(),
            no_thresholds: false,
            linger: false,
            keep_sources: false,
            without_global: false,
            freeze_env: false,
            user_agent: user_agent(around),
        }
    }

    /// That of `loadd run`.
    pub(crate) fn run(around: &Surroundings, request: &RunRequest) -> Way {
        Way {
            folder: PathBuf::new(),
            worker: None,
            env: around.vars.clone(),
            import_map: request.import_map.clone(),
            remote: modules::remote(around, Path::new(&request.script)),
            secrets: loadd_script::SecretSources::default(),
            admin: AdminWay::Run(request.address.clone()),
            network: NetworkVars::look(around),
            // As k6: no bound on the time of a script.
            limits: Limits {
                script_time: None,
                ..Limits::default()
            },
            no_thresholds: request.no_thresholds,
            linger: false,
            keep_sources: false,
            without_global: request.without_global,
            freeze_env: false,
            user_agent: user_agent(around),
        }
    }
}

/// Under k6's name it is k6 to the servers, too: the version whose behaviour this is.
fn user_agent(around: &Surroundings) -> String {
    if around.called_k6 {
        "Grafana k6/2.2.0".to_owned()
    } else {
        format!("loadd/{}", env!("CARGO_PKG_VERSION"))
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
    let url_templates = check.url_templates(&file);
    let registry = Registry::new(metrics.clone());
    check.declare(&bundle, &registry);
    let thresholds = if way.no_thresholds {
        check.submetrics(&file)
    } else {
        check.thresholds(&file, &registry)
    };
    // Before the first series is made: what a selector names must not be folded away or dropped.
    thresholds.register(&registry);
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
    let otlp = file.otlp.as_ref().map(|otlp| check.otlp(otlp, &way.folder));
    let traces = file.traces.as_ref();
    let traces = traces.and_then(|traces| check.traces(traces, &way.folder));
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
    let client = check.client(&file, &way.network, (batch, per_host), &mut warnings);
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
        client,
        http: HttpDefaults {
            user_agent: file.user_agent.unwrap_or_else(|| way.user_agent.clone()),
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
        url_templates,
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
        otlp,
        traces,
        spool,
        admin,
        admin_may_fail: false,
        dashboard: None,
        files: Vec::new(),
        output_names: Vec::new(),
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
