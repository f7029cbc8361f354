//! The thread of one core, and its end.

use std::{rc::Rc, sync::Arc};

use loadd_metrics::Shelf;
use tokio::sync::mpsc;

use super::{Core, CoreCommand};
use crate::{health, lifecycle::Report, shared::Shared};

/// Serves commands until the core is shut down.
pub(crate) fn run(
    index: usize,
    shared: Arc<Shared>,
    mut commands: mpsc::UnboundedReceiver<CoreCommand>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(Default::default())
    {
        Ok(runtime) => runtime,
        Err(error) => {
            drop(
                shared
                    .reports
                    .send(Report::CoreFailed(format!("event loop {index}: {error}"))),
            );
            return;
        }
    };
    runtime.block_on(async move {
        let core = Core::new(index, shared);
        tokio::task::spawn_local(health::watch_lag(Rc::clone(&core)));
        while let Some(command) = commands.recv().await {
            if !core.serve(command).await {
                break;
            }
        }
        let shelf = core.recorder.borrow_mut().swap(Shelf::default());
        core.report(Report::CoreEnded { core: index, shelf });
    });
    // A name that is still looked up, or a secret that does not come, holds nobody up.
    runtime.shutdown_background();
}
