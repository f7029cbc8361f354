//! While the run lives: signals, service manager, progress, and the start of what reads snapshots.

use std::pin::pin;

use loadd_engine::{Command, EngineHandle, Phase, StopReason};

use super::{Mode, fail};
use crate::{
    daemon::{
        notify,
        signals::{self, Listener},
    },
    terminal::{
        exit::Exit,
        progress::{self, Pace},
    },
};

/// Watches until the engine has ended. `at_start` is called once, when the start of the time line is known. Gives the code
/// to end with where something around the engine has failed; the run was stopped for it.
pub(super) fn until_over(
    mode: Mode,
    engine: &EngineHandle,
    listener: &Listener,
    at_start: impl FnMut(i64) -> Result<(), Exit>,
) -> Option<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let failed = match runtime {
        Ok(runtime) => runtime.block_on(watch(mode, engine, listener, at_start)),
        Err(error) => Some(fail(&format!("cannot watch the run: {error}"), Exit::Other)),
    };
    if failed.is_some() {
        engine.post(Command::Stop(StopReason::Signal));
    }
    failed
}

async fn watch(
    mode: Mode,
    engine: &EngineHandle,
    listener: &Listener,
    mut at_start: impl FnMut(i64) -> Result<(), Exit>,
) -> Option<Exit> {
    let pace = match mode {
        Mode::Daemon => Some(Pace::Daemon),
        Mode::Run { quiet: false } => Some(Pace::Run),
        Mode::Run { quiet: true } => None,
    };
    let mut signals = pin!(signals::pass_on(
        engine.clone(),
        first_signal(mode),
        listener.clone()
    ));
    let mut notify = pin!(notify::keep_telling(engine.clone()));
    let mut progress = pin!(shown(engine.clone(), pace));
    let mut statuses = engine.statuses();
    let (mut started, mut notifying, mut showing) = (false, true, true);
    loop {
        let status = statuses.borrow_and_update().clone();
        if let Some(line_start) = status.line_start_unix_nanos
            && !started
        {
            started = true;
            if let Err(exit) = at_start(line_start) {
                return Some(exit);
            }
        }
        if status.phase == Phase::Ended {
            if showing {
                progress.await;
            }
            return None;
        }
        tokio::select! {
            changed = statuses.changed() => {
                if changed.is_err() {
                    return None;
                }
            }
            failed = &mut signals => {
                let error = failed.err().map_or_else(String::new, |error| error.to_string());
                return Some(fail(&format!("cannot listen to signals: {error}"), Exit::Other));
            }
            () = &mut notify, if notifying => notifying = false,
            () = &mut progress, if showing => showing = false,
        }
    }
}

async fn shown(engine: EngineHandle, pace: Option<Pace>) {
    if let Some(pace) = pace {
        progress::show(engine, pace).await;
    }
}

/// Blocks until a signal comes (`linger`).
pub(super) fn linger(signals: &Listener) {
    tracing::info!("the test is over; staying up until a signal comes (linger)");
    signals.wait();
}

/// What the first signal asks for.
pub(super) fn first_signal(mode: Mode) -> StopReason {
    match mode {
        Mode::Daemon => StopReason::Graceful,
        Mode::Run { .. } => StopReason::Signal,
    }
}
