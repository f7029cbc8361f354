//! The exit codes: k6's, and loadd's own three. Each code has one name here and no number anywhere else.

use loadd_engine::{Failure, Outcome, StopReason};

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All went well.
    Ok,
    /// A threshold is crossed.
    Thresholds,
    /// `setup()` took too long.
    SetupTimeout,
    /// `teardown()` took too long.
    TeardownTimeout,
    /// Stopped over REST.
    StoppedByRest,
    /// Invalid config or options.
    BadConfig,
    /// Stopped by a signal (`loadd run`).
    Signal,
    /// The admin server could not start.
    AdminPort,
    /// Exception in init, setup or teardown; syntax error; missing script or import.
    ScriptException,
    /// `exec.test.abort()`.
    ScriptAborted,
    /// The script engine itself has failed.
    EnginePanic,
    /// `exec.test.fail()`.
    MarkedFailed,
    /// Samples could not be delivered.
    Undelivered,
    /// The plan was over before this worker was started.
    PlanOver,
    /// The code with which this run was aborted earlier: it is not taken up again.
    Earlier(u8),
    /// Everything without a code of its own: command line, missing file of `run`.
    Other,
}

impl Exit {
    /// The code that the system sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Thresholds => 99,
            Exit::SetupTimeout => 100,
            Exit::TeardownTimeout => 101,
            Exit::StoppedByRest => 103,
            Exit::BadConfig => 104,
            Exit::Signal => 105,
            Exit::AdminPort => 106,
            Exit::ScriptException => 107,
            Exit::ScriptAborted => 108,
            Exit::EnginePanic => 109,
            Exit::MarkedFailed => 110,
            Exit::Undelivered => 121,
            Exit::PlanOver => 122,
            Exit::Earlier(code) => code,
            Exit::Other => 255,
        }
    }

    /// The code of a run that has ended. The first error decides: run error, then `test.fail()`, then thresholds.
    pub(crate) fn of(outcome: &Outcome) -> Exit {
        if let Some(failure) = &outcome.failure {
            return match failure {
                Failure::Exception(_) => Exit::ScriptException,
                Failure::SetupData(_) => Exit::Other,
                Failure::SetupTimeout => Exit::SetupTimeout,
                Failure::TeardownTimeout => Exit::TeardownTimeout,
                Failure::Aborted(_) => Exit::ScriptAborted,
                Failure::Broken(_) => Exit::EnginePanic,
            };
        }
        match outcome.stop {
            Some(StopReason::Signal) => return Exit::Signal,
            Some(StopReason::Rest) => return Exit::StoppedByRest,
            Some(StopReason::Threshold) => return Exit::Thresholds,
            Some(StopReason::Script) => return Exit::ScriptAborted,
            Some(StopReason::Graceful) | None => {}
        }
        if outcome.marked_failed {
            Exit::MarkedFailed
        } else if outcome.crossed.is_empty() {
            Exit::Ok
        } else {
            Exit::Thresholds
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit.code())
    }
}
