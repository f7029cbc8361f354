//! Signals. The first SIGTERM or SIGINT asks the engine to stop, the second one ends the process at once; SIGHUP will reload.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use loadd_engine::{Command, EngineHandle, StopReason};
use tokio::signal::unix::{SignalKind, signal};

use crate::terminal::{complaint, exit::Exit};

/// Passes signals on to an engine for as long as it is polled. `first` is what the first one asks for. The listener hears
/// of it from here, too: its own thread may not have come to it when the load is over.
///
/// # Errors
/// Where the system gives no signal handler.
pub(crate) async fn pass_on(
    engine: EngineHandle,
    first: StopReason,
    listener: Listener,
) -> io::Result<()> {
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
            end_at_once(name, first);
        }
        stopping = true;
        listener.lock().first.get_or_insert(name);
        tracing::info!(
            signal = name,
            "stopping; a second signal ends loadd at once"
        );
        crate::daemon::notify::stopping();
        engine.post(Command::Stop(first));
    }
}

fn end_at_once(name: &str, first: StopReason) -> ! {
    complaint::line(&format!(
        "a second signal ('{name}') ends loadd at once: no teardown, no summary"
    ));
    let exit = if first == StopReason::Graceful {
        Exit::Ok
    } else {
        Exit::Signal
    };
    std::process::exit(i32::from(exit.code()))
}

/// Hears signals from the first VU to the end of the process, also while the last samples are sent and nobody polls
/// [`pass_on`] any more: a signal between the load's end and the waiting of `linger` must not be lost, and the second one
/// ends a flush that takes its time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listener(Arc<(Mutex<Heard>, Condvar)>);

#[derive(Debug, Default)]
struct Heard {
    signals: u32,
    first: Option<&'static str>,
    load_is_over: bool,
}

impl Listener {
    /// Listens on a thread of its own.
    ///
    /// # Errors
    /// Where the system gives no thread, runtime or signal handler.
    pub(crate) fn start(first: StopReason) -> io::Result<Listener> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (mut terminate, mut interrupt) = {
            let _context = runtime.enter();
            (
                signal(SignalKind::terminate())?,
                signal(SignalKind::interrupt())?,
            )
        };
        let listener = Listener::default();
        let told = listener.clone();
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    loop {
                        let name = tokio::select! {
                            _ = terminate.recv() => "terminated",
                            _ = interrupt.recv() => "interrupt",
                        };
                        told.hear(name, first);
                    }
                });
            })?;
        Ok(listener)
    }

    fn hear(&self, name: &'static str, first: StopReason) {
        let mut heard = self.lock();
        heard.signals += 1;
        heard.first.get_or_insert(name);
        if heard.load_is_over && heard.signals > 1 {
            end_at_once(name, first);
        }
        self.0.1.notify_all();
    }

    /// The first signal, by Go's name for it.
    pub(crate) fn first(&self) -> Option<&'static str> {
        self.lock().first
    }

    /// From now on the second signal ends the process here.
    pub(crate) fn load_is_over(&self) {
        self.lock().load_is_over = true;
    }

    /// Blocks until there has been a signal.
    pub(crate) fn wait(&self) {
        let mut heard = self.lock();
        while heard.signals == 0 {
            heard = self.0.1.wait(heard).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
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
