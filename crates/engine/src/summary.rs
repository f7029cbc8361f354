//! `handleSummary`: one call in a VU of its own, after everything else; its samples count for nothing.

use std::{sync::Arc, time::Duration};

use loadd_metrics::Registry;
use loadd_script::Bundle;
use tokio::sync::mpsc;

use crate::{
    EngineSettings,
    core::Core,
    shared::Shared,
    vu::{Vu, VuIdentity, describe},
};

/// Runs init once more, and calls the script's `handleSummary`, if it has one, with this JSON text. Gives what it returned
/// as JSON text (`None`: nothing). Blocks.
///
/// # Errors
/// The exception, or that it took longer than `timeout`, in words.
pub fn handle_summary(
    mut settings: EngineSettings,
    bundle: Arc<Bundle>,
    registry: Arc<Registry>,
    data: Arc<str>,
    timeout: Duration,
) -> Result<Option<String>, String> {
    settings.tap = None;
    let has_one = bundle.functions.contains("handleSummary");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default())
        .map_err(|error| error.to_string())?;
    let (reports, _ignored) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared::new(settings, bundle, registry, reports, Vec::new()));
    let told = runtime.block_on(async move {
        let core = Core::new(0, shared);
        let mut vu = Vu::new(
            &core,
            VuIdentity {
                id: 0,
                id_in_test: 0,
            },
        )
        .await?;
        if !has_one {
            vu.shutdown();
            return Ok(None);
        }
        let control = vu.begin_hook();
        let watchdog = tokio::task::spawn_local(async move {
            tokio::time::sleep(timeout).await;
            control.cancel();
        });
        let result = vu.call_summary(data).await;
        let timed_out = watchdog.is_finished();
        watchdog.abort();
        vu.shutdown();
        match result {
            Err(_) if timed_out => Err(format!("handleSummary took longer than {timeout:?}")),
            other => other.map_err(|failure| describe(&failure)),
        }
    });
    runtime.shutdown_background();
    told
}
