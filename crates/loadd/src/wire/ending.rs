//! After the load: the checkpoint's last word, the last samples, the summary, and how it all ended.

use std::{sync::Arc, time::Duration};

use loadd_engine::{EngineSettings, Outcome, StopReason, handle_summary};
use loadd_metrics::{Summary, SummaryOptions, SystemTag};
use loadd_outputs::{CheckpointWriter, DeliveryHandle, Ending, FlushReport};

use super::{Mode, pipeline::Senders};
use crate::{
    config::{ResolvedTest, SummaryExport},
    terminal::{
        exit::Exit,
        screen,
        summary::{self, Paint, data, export},
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
pub(super) fn flush(test: &ResolvedTest, mode: Mode, senders: Senders, exit: Exit) -> Exit {
    let Senders { remote_write, otlp } = senders;
    let finish = |sender: Option<DeliveryHandle>, timeout: Option<Duration>| {
        sender.map_or_else(FlushReport::default, |sender| {
            sender.finish(timeout.unwrap_or_default())
        })
    };
    let of_remote_write = test.remote_write.as_ref();
    let of_remote_write = finish(
        remote_write,
        of_remote_write.map(|settings| settings.flush_timeout),
    );
    let of_otlp = test.otlp.as_ref().map(|settings| settings.flush_timeout);
    let report = of_remote_write.and(finish(otlp, of_otlp));
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

/// Prints k6's end-of-test summary, or writes what the script's `handleSummary` makes of it.
pub(super) fn summarise(test: &ResolvedTest, settings: &EngineSettings, outcome: &Outcome) {
    let Some(timeout) = test.handle_summary else {
        return;
    };
    let options = SummaryOptions {
        expected_response: test.system_tags.contains(SystemTag::ExpectedResponse),
        ..SummaryOptions::default()
    };
    // The texts were checked when the options were resolved.
    let options = options
        .clone()
        .with_trend_stats(&test.summary.trend_stats)
        .unwrap_or(options);
    let summary = Summary::of(&outcome.snapshot, &settings.thresholds, &options);
    let machine = |generated_at: &str| match test.summary.form {
        SummaryExport::Old => export::old(&summary, outcome.setup_data.as_deref()),
        SummaryExport::New => export::new(&summary, &test.bundle.display_name, generated_at),
    };
    if let Some(path) = &test.summary.export {
        let generated_at = jiff::Timestamp::now().to_string();
        if let Err(error) = std::fs::write(path, export::pretty(&machine(&generated_at))) {
            tracing::error!(
                "failed to handle the end-of-test summary: {}: {error}",
                path.display()
            );
        }
    }
    if handled(test, settings, outcome, &summary, timeout) {
        return;
    }
    let coloured = screen::stdout_is_terminal() && !screen::colours_refused();
    let paint = if coloured {
        Paint::Coloured
    } else {
        Paint::Plain
    };
    screen::print(&summary::text(&summary, &test.summary, paint));
}

/// Lets the script make the summary; `false` where the usual one is to be printed instead.
fn handled(
    test: &ResolvedTest,
    settings: &EngineSettings,
    outcome: &Outcome,
    summary: &Summary,
    timeout: Duration,
) -> bool {
    let argument = match test.summary.form {
        SummaryExport::Old => data::argument(summary, &test.summary, outcome.setup_data.as_deref()),
        SummaryExport::New => {
            let now = jiff::Timestamp::now().to_string();
            export::new(summary, &test.bundle.display_name, &now).to_string()
        }
    };
    let (bundle, registry) = (Arc::clone(&test.bundle), Arc::clone(&test.registry));
    match handle_summary(settings.clone(), bundle, registry, argument.into(), timeout) {
        Ok(None) => false,
        Ok(Some(returned)) if returned == "null" => false,
        Ok(Some(returned)) => {
            let written = data::outputs(&returned)
                .and_then(|outputs| data::write(&outputs).map_err(|error| error.to_string()));
            if let Err(error) = written {
                tracing::error!("failed to handle the end-of-test summary: {error}");
            }
            true
        }
        Err(error) => {
            tracing::error!("failed to handle the end-of-test summary: {error}");
            false
        }
    }
}

/// Says in one line how the run ended, where it did not end well. `signal`: the first one that came.
pub(super) fn say(outcome: &Outcome, exit: Exit, signal: Option<&str>) {
    match (outcome.stop, signal) {
        (Some(StopReason::Signal), Some(signal)) => {
            tracing::error!("test run was aborted because loadd received a '{signal}' signal");
        }
        (Some(StopReason::Rest), _) => {
            tracing::error!("test run was stopped over the REST API");
        }
        _ => {}
    }
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
