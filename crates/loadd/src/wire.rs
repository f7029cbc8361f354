//! Builds every room and connects every channel: the only file that sees the whole.
//!
//! The order: port, folder and run first (what can refuse does so before any load), then the engine, then what reads its
//! snapshots; at the end the checkpoint, the last samples, the summary, the exit code.

mod clock;
mod ending;
mod files;
mod pipeline;
mod start;
mod traces;
mod watch;

use std::{collections::BTreeMap, sync::Arc};

use loadd_admin::{Admin, AdminHandle, AdminSettings, Run, Sources};
use loadd_engine::{Engine, EngineHandle, EngineSettings};
use loadd_metrics::SelfMetrics;
use loadd_outputs::{CheckpointWriter, RunFolder, RunKey, SampleFiles, Traces};
use loadd_target::{Target, TargetHandle};

use crate::{
    config::{self, ResolvedTest},
    daemon::signals::Listener,
    terminal::{exit::Exit, logs::LogCounts, progress, screen},
};
use pipeline::{Pipeline, Senders};
use start::Start;

/// How the process behaves around a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `loadd --config`: graceful stop, the daemon's exit codes.
    Daemon,
    /// `loadd run`: k6's ways.
    Run {
        /// `--quiet`: neither banner nor progress.
        quiet: bool,
    },
}

/// Runs a test to its end.
pub(crate) fn run(test: &ResolvedTest, mode: Mode, logs: &Arc<LogCounts>) -> Exit {
    match Wired::build(test, mode, logs) {
        Ok(wired) => wired.live(),
        Err(exit) => exit,
    }
}

/// A test with everything around it.
struct Wired<'a> {
    test: &'a ResolvedTest,
    mode: Mode,
    engine: Engine,
    handle: EngineHandle,
    settings: EngineSettings,
    pipeline: Arc<Pipeline>,
    folder: Option<RunFolder>,
    /// Since when the counts go on, where an earlier process began them.
    since_ms: Option<i64>,
    admin: Option<AdminHandle>,
    /// The same page for looking only.
    dashboard: Option<AdminHandle>,
    files: Option<SampleFiles>,
    traces: Option<Traces>,
    target: Option<TargetHandle>,
}

/// What reads snapshots and is to be ended in order.
#[derive(Default)]
struct Readers {
    senders: Senders,
    checkpoint: Option<CheckpointWriter>,
}

impl<'a> Wired<'a> {
    fn build(test: &'a ResolvedTest, mode: Mode, logs: &Arc<LogCounts>) -> Result<Wired<'a>, Exit> {
        let (tap, files) = files::start(test)?.unzip();
        let admin = bind_admin(test)?;
        let dashboard = bind_dashboard(test)?;
        let target = start_target(test)?;
        let folder = start::open_folder(test)?;
        let start = Start::decide(test, folder.as_ref())?;
        let pipeline = Arc::new(Pipeline::new(SelfMetrics::new(), Arc::clone(logs)));
        let since_ms = start.since_ms();
        let mut settings = start.engine_settings(test, &pipeline);
        settings.tap = tap;
        let (tracing, traces) = traces::start(test, &pipeline.exemplars())?.unzip();
        settings.tracing = tracing;
        pipeline.count_spans(traces.as_ref());
        let engine = Engine::start(
            settings.clone(),
            Arc::clone(&test.bundle),
            Arc::clone(&test.registry),
        )
        .map_err(|error| fail(&error.to_string(), Exit::Other))?;
        let handle = engine.handle();
        let admin = admin
            .map(|admin| serve(admin, test, &handle, &pipeline))
            .transpose()?;
        let dashboard = dashboard
            .map(|page| serve(page, test, &handle, &pipeline))
            .transpose()?;
        if mode == (Mode::Run { quiet: false }) {
            let page = dashboard.as_ref().map(AdminHandle::local_addr);
            screen::print(&progress::header(&test.bundle.display_name, test, page));
        }
        Ok(Wired {
            test,
            mode,
            engine,
            handle,
            settings,
            pipeline,
            folder,
            since_ms,
            admin,
            dashboard,
            files,
            traces,
            target,
        })
    }

    /// From the first VU to the exit code.
    fn live(self) -> Exit {
        let mut readers = Readers::default();
        let signals = match Listener::start(watch::first_signal(self.mode)) {
            Ok(signals) => signals,
            Err(error) => {
                return fail(&format!("cannot listen to signals: {error}"), Exit::Other);
            }
        };
        let failed = watch::until_over(self.mode, &self.handle, &signals, |line_start_nanos| {
            self.start_readers(line_start_nanos, &mut readers)
        });
        let Wired {
            test,
            mode,
            engine,
            handle,
            settings,
            pipeline,
            folder,
            admin,
            dashboard,
            files,
            traces,
            target,
            ..
        } = self;
        let outcome = match engine.join() {
            Ok(outcome) => outcome,
            Err(error) => return fail(&error.to_string(), Exit::EnginePanic),
        };
        signals.load_is_over();
        let exit = failed.unwrap_or_else(|| Exit::of(&outcome));
        let ended_well = failed.is_none() && outcome.stop.is_none();
        if test.linger && ended_well && mode != Mode::Daemon {
            // As in k6, what comes of the test is told after the waiting.
            screen::print("\nThe test is over; lingering until Ctrl+C or SIGTERM\n");
            watch::linger(&signals);
        }
        ending::write_checkpoint(readers.checkpoint, &outcome, exit);
        let exit = ending::flush(test, mode, readers.senders, exit);
        traces::finish(test, traces);
        pipeline.rest(&outcome.snapshot);
        if let Some(files) = files {
            // What is lost is said where it is found out; outputs never change the exit code of a run.
            let report = files.finish();
            tracing::debug!(
                written = report.written,
                lost = report.lost,
                failed = report.failed,
                "samples"
            );
        }
        drop(folder);
        ending::summarise(test, &settings, &outcome);
        if mode == (Mode::Run { quiet: false }) {
            screen::print(&progress::block(
                &handle.status(),
                screen::stdout_is_terminal(),
            ));
        }
        ending::say(&outcome, exit, signals.first());
        if test.linger && ended_well && mode == Mode::Daemon {
            watch::linger(&signals);
        }
        for server in admin.into_iter().chain(dashboard) {
            if let Err(error) = server.stop() {
                tracing::warn!(%error, "the admin server did not end well");
            }
        }
        if let Some(target) = target {
            target.stop();
        }
        exit
    }

    /// Starts what reads snapshots, as soon as the run's start is known.
    fn start_readers(&self, line_start_nanos: i64, readers: &mut Readers) -> Result<(), Exit> {
        let start_ms = line_start_nanos.div_euclid(1_000_000);
        let folder = self.folder.as_ref();
        let (senders, since_ms) = self.pipeline.start_senders(
            self.test,
            start_ms,
            self.since_ms,
            &self.handle,
            folder,
        )?;
        readers.senders = senders;
        if let Some(folder) = folder {
            let run = RunKey {
                test_id: self.test.test_id.clone(),
                instance: self.test.instance.clone(),
                start_ms,
                fingerprint: self.test.plan.fingerprint(),
            };
            let since_ms = u64::try_from(since_ms).unwrap_or(0);
            let keep = Box::new(move || BTreeMap::from([(start::SINCE.to_owned(), since_ms)]));
            let writer = CheckpointWriter::start(
                folder,
                run,
                self.handle.snapshots(),
                keep,
                self.pipeline.counters(),
            );
            readers.checkpoint =
                Some(writer.map_err(|error| fail(&error.to_string(), Exit::Other))?);
        }
        Ok(())
    }
}

/// Says what is wrong; gives the code to end with.
fn fail(message: &str, exit: Exit) -> Exit {
    tracing::error!("{message}");
    exit
}

fn bind_admin(test: &ResolvedTest) -> Result<Option<Admin>, Exit> {
    let Some(settings) = &test.admin else {
        return Ok(None);
    };
    let bound = match settings {
        config::Admin::Open(listen) => Admin::bind_open(listen),
        config::Admin::Guarded(settings) => Admin::bind(settings.clone()),
    };
    match bound {
        Ok(admin) => {
            if admin.is_exposed() {
                tracing::warn!(
                    listen = settings.listen(),
                    "anybody who reaches this address can stop the test"
                );
            }
            Ok(Some(admin))
        }
        Err(error) if test.admin_may_fail => {
            tracing::warn!(
                "admin server on {}: {error}; the test goes on without it",
                settings.listen()
            );
            Ok(None)
        }
        Err(error) => Err(fail(
            &format!("admin server on {}: {error}", settings.listen()),
            Exit::AdminPort,
        )),
    }
}

/// The page as k6's dashboard: anybody may look, nobody may change anything.
fn bind_dashboard(test: &ResolvedTest) -> Result<Option<Admin>, Exit> {
    let Some(listen) = &test.dashboard else {
        return Ok(None);
    };
    let settings = AdminSettings {
        listen: listen.clone(),
        read_only: true,
        ..AdminSettings::default()
    };
    Admin::bind(settings).map(Some).map_err(|error| {
        fail(
            &format!("output web-dashboard on {listen}: {error}"),
            Exit::Other,
        )
    })
}

fn serve(
    admin: Admin,
    test: &ResolvedTest,
    engine: &EngineHandle,
    pipeline: &Arc<Pipeline>,
) -> Result<AdminHandle, Exit> {
    let address = admin.local_addr();
    let run = Run::of(engine, Arc::new(test.thresholds.clone()));
    let delivery = Arc::clone(pipeline);
    let served = admin.serve(Sources {
        test_id: test.test_id.clone(),
        instance: test.instance.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        run: pipeline.show(run),
        registries: Vec::new(),
        test_metrics: test.remote_write.is_none(),
        delivery: (test.remote_write.is_some() || test.otlp.is_some())
            .then(|| Arc::new(move || delivery.delivery()) as Arc<_>),
    });
    match served {
        Ok(handle) => {
            tracing::info!(%address, "the live page is at http://{address}/");
            Ok(handle)
        }
        Err(error) => Err(fail(
            &format!("admin server on {address}: {error}"),
            Exit::AdminPort,
        )),
    }
}

fn start_target(test: &ResolvedTest) -> Result<Option<TargetHandle>, Exit> {
    let Some(settings) = &test.target else {
        return Ok(None);
    };
    match Target::bind(settings.clone()).and_then(Target::run_in_background) {
        Ok(handle) => {
            tracing::info!(address = %handle.local_addr(), "the demo target listens");
            Ok(Some(handle))
        }
        Err(error) => Err(fail(&format!("target.listen: {error}"), Exit::BadConfig)),
    }
}
