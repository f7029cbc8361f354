//! [`ResolvedTest`]: what `wire` builds the rooms from. After `resolve` nothing in it can fail for its form.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use loadd_admin::AdminSettings;
use loadd_client::ClientSettings;
use loadd_engine::{BatchLimits, HookSettings, UrlTemplates};
use loadd_metrics::{Registry, SystemTags, ThresholdSet};
use loadd_outputs::{OtlpSettings, RemoteWriteSettings, TracesSettings};
use loadd_script::{Bundle, HttpDefaults, Limits};
use loadd_target::TargetSettings;
use loadd_timeline::{Plan, Share, StartAt};

use super::outs::FileOut;
use crate::terminal::logs::{Format, Level};

/// A test that can be run.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedTest {
    /// The compiled script.
    pub(crate) bundle: Arc<Bundle>,
    /// What the whole test does.
    pub(crate) plan: Plan,
    /// This worker's part.
    pub(crate) share: Share,
    /// Its number, where it is one of several.
    pub(crate) worker: Option<Worker>,
    /// Label `testid`.
    pub(crate) test_id: String,
    /// Label `instance`.
    pub(crate) instance: String,
    /// Extra labels; `job` among them.
    pub(crate) labels: BTreeMap<String, String>,
    /// `__ENV`: system variables and the test's own over them.
    pub(crate) env: Vec<(String, String)>,
    /// Tags on every sample.
    pub(crate) tags: BTreeMap<String, String>,
    /// System tags that are on.
    pub(crate) system_tags: SystemTags,
    /// How URLs are told that the script gives no name.
    pub(crate) url_templates: UrlTemplates,
    /// Connections.
    pub(crate) client: ClientSettings,
    /// What `k6/http` falls back on.
    pub(crate) http: HttpDefaults,
    /// `http.batch`.
    pub(crate) batch: BatchLimits,
    /// Bounds on scripts.
    pub(crate) limits: Limits,
    /// `setup()`
    pub(crate) setup: HookSettings,
    /// `teardown()`
    pub(crate) teardown: HookSettings,
    /// `handleSummaryTimeout`; `None`: it is not called.
    pub(crate) handle_summary: Option<Duration>,
    /// `minIterationDuration`
    pub(crate) min_iteration_duration: Duration,
    /// For `exec.test.options`.
    pub(crate) options_json: Arc<str>,
    /// Local thresholds, checked against `registry`; with `--no-thresholds` without expressions.
    pub(crate) thresholds: ThresholdSet,
    /// VUs wait until resumed.
    pub(crate) paused: bool,
    /// Start of the time line.
    pub(crate) start_at: StartAt,
    /// The pipeline's registry, with the script's metrics declared.
    pub(crate) registry: Arc<Registry>,
    /// Pushing; `None`: off.
    pub(crate) remote_write: Option<RemoteWriteSettings>,
    /// Pushing over OTLP; `None`: off.
    pub(crate) otlp: Option<OtlpSettings>,
    /// A span for each request; `None`: off.
    pub(crate) traces: Option<TracesSettings>,
    /// Folder of spool and checkpoint; `None`: samples wait in memory.
    pub(crate) spool: Option<PathBuf>,
    /// The admin server; `None`: off (`loadd run` without `--address`).
    pub(crate) admin: Option<Admin>,
    /// Whether the test goes on where the admin server cannot listen (`K6_ADDRESS`).
    pub(crate) admin_may_fail: bool,
    /// Where the page is served beside it, for looking only; `None`: nowhere.
    pub(crate) dashboard: Option<String>,
    /// Outputs that write every sample.
    pub(crate) files: Vec<FileOut>,
    /// The outputs as k6's header shows them.
    pub(crate) output_names: Vec<String>,
    /// The demo service inside this process.
    pub(crate) target: Option<TargetSettings>,
    /// Stay up after the end.
    pub(crate) linger: bool,
    /// The end-of-test text.
    pub(crate) summary: SummarySettings,
    /// Form of the logs.
    pub(crate) log_format: Format,
    /// Least level of the logs.
    pub(crate) log_level: Level,
    /// To be logged as warnings, once.
    pub(crate) warnings: Vec<String>,
    /// To be logged as information, once: what took the place of what.
    pub(crate) notices: Vec<String>,
}

/// Which worker this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Worker {
    /// From 0.
    pub(crate) index: u64,
    /// How many.
    pub(crate) count: u64,
}

/// The admin server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admin {
    /// The daemon's: control needs a token where others can reach it.
    Guarded(AdminSettings),
    /// `loadd run --address`: k6's open REST API on this address.
    Open(String),
}

impl Admin {
    /// The address as it is written.
    pub(crate) fn listen(&self) -> &str {
        match self {
            Admin::Guarded(settings) => &settings.listen,
            Admin::Open(listen) => listen,
        }
    }
}

/// The end-of-test text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SummarySettings {
    /// Columns of trends.
    pub(crate) trend_stats: Vec<String>,
    /// `s`, `ms`, `us`; `None`: fitting.
    pub(crate) time_unit: Option<String>,
    /// What the text shows.
    pub(crate) mode: SummaryMode,
    /// A file for the summary as JSON.
    pub(crate) export: Option<PathBuf>,
    /// Form of that JSON, and of `handleSummary`'s argument.
    pub(crate) form: SummaryExport,
}

/// What the end-of-test text shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SummaryMode {
    /// Totals.
    #[default]
    Compact,
    /// Also by group and by scenario.
    Full,
    /// Nothing, and `handleSummary` is not called.
    Disabled,
}

/// Form of the summary as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SummaryExport {
    /// k6's since ever.
    #[default]
    Old,
    /// `--new-machine-readable-summary`
    New,
}
