//! Signals. The first SIGTERM or SIGINT asks the engine to stop, the second one ends the process at once; SIGHUP will reload.

use std::{io, time::Duration};

use loadd_engine::{Command, EngineHandle, StopReason};
use tokio::signal::unix::{SignalKind, signal};

use crate::terminal::{complaint, exit::Exit};

/// Passes signals on to an engine for as long as it is polled. `first` is what the first one asks for.
///
/// # Errors
/// Where the system gives no signal handler.
pub(crate) async fn pass_on(engine: EngineHandle, first: StopReason) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut stopping = false;
    loop {
        let name = tokio::select! {
            _ = terminate.recv() => "terminated",
            _ = interrupt.recv() => "interrupt",
            _ = hangup.recv() => {
                if first != StopReason::Graceful {
                    // As k6: the terminal is gone, and so is the test.
                    std::process::exit(129);
                }
                tracing::warn!("SIGHUP: reload is not supported yet, the test goes on as it is");
                continue;
            }
        };
        if stopping {
            complaint::line(&format!(
                "a second signal ('{name}') ends loadd at once: no teardown, no summary"
            ));
            let exit = if first == StopReason::Graceful {
                Exit::Ok
            } else {
                Exit::Signal
            };
            std::process::exit(i32::from(exit.code()));
        }
        stopping = true;
        tracing::info!(
            signal = name,
            "stopping; a second signal ends loadd at once"
        );
        crate::daemon::notify::stopping();
        engine.post(Command::Stop(first));
    }
}

/// Waits for SIGTERM or SIGINT on a runtime of its own. For commands without an engine.
///
/// # Errors
/// Where the system gives no runtime or no signal handler.
pub(crate) fn wait_for_end() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let waited = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    });
    runtime.shutdown_timeout(Duration::ZERO);
    waited
}
