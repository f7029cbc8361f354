//! After the load: the checkpoint's last word, the last samples, the summary, and how it all ended.

use loadd_engine::{EngineSettings, Outcome, StopReason};
use loadd_metrics::{Summary, SummaryOptions, SystemTag};
use loadd_outputs::{CheckpointWriter, Ending, RemoteWriteHandle};

use super::Mode;
use crate::{
    config::ResolvedTest,
    terminal::{
        exit::Exit,
        screen,
        summary::{self, Paint},
    },
};

/// Writes how the run ended.
pub(super) fn write_checkpoint(
    checkpoint: Option<CheckpointWriter>,
    outcome: &Outcome,
    exit: Exit,
) {
    let Some(checkpoint) = checkpoint else { return };
    let stopped = matches!(
        outcome.stop,
        Some(StopReason::Graceful | StopReason::Signal | StopReason::Rest)
    );
    checkpoint.finish(match exit {
        _ if stopped => Ending::Stopped,
        Exit::Ok | Exit::Thresholds | Exit::MarkedFailed if outcome.stop.is_none() => {
            Ending::Completed
        }
        other => Ending::Aborted { code: other.code() },
    });
}

/// Sends the last samples and staleness markers. The first of abort, 99, 121 that applies wins; `loadd run` keeps k6's
/// rule: outputs never change the exit code.
pub(super) fn flush(
    test: &ResolvedTest,
    mode: Mode,
    remote_write: Option<RemoteWriteHandle>,
    exit: Exit,
) -> Exit {
    let (Some(sender), Some(settings)) = (remote_write, &test.remote_write) else {
        return exit;
    };
    let report = sender.finish(settings.flush_timeout);
    if report.failed + report.dropped + report.pending == 0 {
        return exit;
    }
    tracing::error!(
        sent = report.sent,
        failed = report.failed,
        dropped = report.dropped,
        pending = report.pending,
        "not all samples were delivered; what is pending lies in the spool, where one is set"
    );
    match (mode, exit) {
        (Mode::Daemon, Exit::Ok) => Exit::Undelivered,
        (Mode::Daemon | Mode::Run { .. }, exit) => exit,
    }
}

/// Prints k6's end-of-test summary.
pub(super) fn summarise(test: &ResolvedTest, settings: &EngineSettings, outcome: &Outcome) {
    if test.handle_summary.is_none() {
        return;
    }
    let options = SummaryOptions {
        expected_response: test.system_tags.contains(SystemTag::ExpectedResponse),
        ..SummaryOptions::default()
    };
    // The texts were checked when the options were resolved.
    let options = options
        .clone()
        .with_trend_stats(&test.summary.trend_stats)
        .unwrap_or(options);
    let data = Summary::of(&outcome.snapshot, &settings.thresholds, &options);
    let coloured = screen::stdout_is_terminal() && !screen::colours_refused();
    let paint = if coloured {
        Paint::Coloured
    } else {
        Paint::Plain
    };
    screen::print(&summary::text(&data, &test.summary, paint));
}

/// Says in one line how the run ended, where it did not end well.
pub(super) fn say(outcome: &Outcome, exit: Exit) {
    if let Some(failure) = &outcome.failure {
        tracing::error!(exit_code = exit.code(), "{failure}");
    }
    if !outcome.crossed.is_empty() {
        tracing::error!(
            "thresholds on metrics '{}' have been crossed",
            outcome.crossed.join(", ")
        );
    }
}
