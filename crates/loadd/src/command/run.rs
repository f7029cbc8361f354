//! `loadd run`: one test in the foreground, by k6's flags.

use std::{collections::BTreeMap, io::Read, path::PathBuf};

use clap::Args;

use super::{
    daemon,
    flags::{OptionFlags, go_bool},
    global::GlobalFlags,
    refused_as_k6,
    runtime::{self, RuntimeFlags, SummaryModeFlag},
};
use crate::{
    config::{self, RunRequest, SummaryMode, Surroundings},
    terminal::exit::Exit,
    wire,
};

/// Flags of `run`.
#[derive(Debug, Args, Default)]
pub(super) struct RunArgs {
    /// Script or archive; `-` reads a script from standard input
    #[arg(value_name = "SCRIPT")]
    script: String,
    /// An output NAME[=ARGUMENT]: json, csv, experimental-prometheus-rw, web-dashboard; may be repeated
    #[arg(short = 'o', long = "out", value_name = "NAME[=ARG]")]
    outs: Vec<String>,
    /// Stay up after the end until interrupted
    #[arg(short = 'l', long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    linger: Option<bool>,
    /// k6's; nothing is ever reported
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    no_usage_report: Option<bool>,
    /// Experimental features of k6; may be repeated
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    features: Vec<String>,
    /// JSON file: module specifier -> file
    #[arg(long, value_name = "FILE")]
    import_map: Option<PathBuf>,
    #[command(flatten)]
    options: OptionFlags,
    #[command(flatten)]
    runtime: RuntimeFlags,
    #[command(flatten)]
    global: GlobalFlags,
}

/// What `run`, `archive` and `inspect` have in common, read from their flags. An error is one line.
pub(super) fn request(
    script: &str,
    options: Option<&OptionFlags>,
    of_script: &RuntimeFlags,
    global: &GlobalFlags,
) -> Result<RunRequest, String> {
    let traces = of_script.traces()?;
    let stdin = (script == "-").then(|| {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map(|_| text)
            .map_err(|error| format!("cannot read standard input: {error}"))
    });
    let (flags, flag_names) = options
        .map(OptionFlags::layer)
        .transpose()?
        .unwrap_or_default();
    Ok(RunRequest {
        script: script.to_owned(),
        stdin: stdin.transpose()?,
        flags,
        flag_names,
        secret_sources: global.secret_source.clone(),
        env: of_script.env.clone(),
        include_system_env: of_script.include_system_env_vars,
        no_thresholds: of_script.no_thresholds == Some(true),
        address: global.address(),
        address_may_fail: global.address.is_none(),
        config: global.config.clone(),
        summary_mode: match of_script.summary_mode.unwrap_or_default() {
            SummaryModeFlag::Compact => SummaryMode::Compact,
            SummaryModeFlag::Full => SummaryMode::Full,
            SummaryModeFlag::Disabled => SummaryMode::Disabled,
        },
        summary_export: of_script
            .summary_export
            .as_ref()
            .filter(|path| !path.is_empty())
            .map(PathBuf::from),
        kind: of_script.kind.map(|kind| match kind {
            runtime::FileKind::Js => config::FileKind::Script,
            runtime::FileKind::Archive => config::FileKind::Archive,
        }),
        without_global: of_script.compatibility_mode == Some(runtime::Compatibility::Base),
        new_summary: of_script.new_machine_readable_summary == Some(true),
        traces,
        ..RunRequest::default()
    })
}

impl RunArgs {
    /// What was asked for; an error is one line.
    pub(super) fn request(&self) -> Result<RunRequest, String> {
        let import_map = match &self.import_map {
            None => BTreeMap::new(),
            Some(path) => config::import_map(path)?,
        };
        let common = request(
            &self.script,
            Some(&self.options),
            &self.runtime,
            &self.global,
        )?;
        Ok(RunRequest {
            linger: self.linger,
            outs: self.outs.clone(),
            features: self.features.clone(),
            import_map,
            ..common
        })
    }
}

/// Runs the test.
pub(super) fn run(args: &RunArgs) -> Exit {
    let console = args.options.console_output.as_deref();
    let counts = match args.global.start_logs(console) {
        Ok(counts) => counts,
        Err(message) => return super::unusable(&message),
    };
    tracing::debug!(
        no_usage_report = args.no_usage_report == Some(true),
        "nothing is ever reported"
    );
    let request = match args.request() {
        Ok(request) => request,
        Err(message) => return super::unusable(&message),
    };
    let test = match config::run(&request, &Surroundings::look()) {
        Ok(test) => test,
        Err(refusal) => return refused_as_k6(&refusal),
    };
    daemon::say(&test);
    let quiet = args.global.quiet == Some(true);
    wire::run(&test, wire::Mode::Run { quiet }, &counts)
}
