//! systemd's notifications: ready once the VUs are made, alive while the engine's status moves. Nothing without systemd.

use std::time::Duration;

use loadd_engine::{EngineHandle, Phase};
use sd_notify::NotifyState;

/// Tells systemd that the load runs, then keeps its watchdog quiet for as long as the engine reports a status.
pub(crate) async fn keep_telling(engine: EngineHandle) {
    let mut statuses = engine.statuses();
    let mut ready = false;
    let watched = sd_notify::watchdog_enabled().is_some();
    loop {
        let status = statuses.borrow_and_update().clone();
        if !ready && status.phase >= Phase::Waiting {
            ready = true;
            tell(&[NotifyState::Ready, NotifyState::Status("running")]);
        }
        if watched {
            tell(&[NotifyState::Watchdog]);
        }
        if statuses.changed().await.is_err() {
            return;
        }
        // A status comes with each tick; more often than this nobody needs to hear of it.
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
}

/// Tells systemd that the process is on its way out.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}
