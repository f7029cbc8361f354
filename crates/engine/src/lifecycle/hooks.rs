//! Setup and teardown: each once, in a VU of its own, within its time limit.

use std::{sync::atomic::Ordering, time::Duration};

use loadd_script::ScriptFailure;

use super::{HookResult, Life};
use crate::{Failure, Hook, Phase, core::CoreCommand};

impl Life {
    pub(super) async fn run_setup(&mut self) {
        let settings = &self.shared.settings;
        let hook = settings.setup;
        self.shared
            .began
            .store(self.shared.now(), Ordering::Relaxed);
        if !hook.enabled || !self.has(Hook::Setup) || self.is_over() {
            return;
        }
        self.enter(Phase::Setup);
        match self.call_hook(Hook::Setup, hook.timeout).await {
            Some(Ok(data)) => {
                self.take_setup_data(data.map(Into::into));
            }
            Some(Err((failure, text))) => self.hook_failed(&failure, text),
            None => self.fail(Failure::SetupTimeout),
        }
    }

    fn hook_failed(&mut self, failure: &ScriptFailure, text: String) {
        match failure {
            // Aborting and cutting off have set what they are already.
            ScriptFailure::Cancelled | ScriptFailure::Aborted => {}
            ScriptFailure::Exception { .. } | ScriptFailure::Limit(_) => {
                self.fail(Failure::Exception(text));
            }
            ScriptFailure::Result(_) => self.fail(Failure::SetupData(text)),
            ScriptFailure::Broken(_) => self.fail(Failure::Broken(text)),
        }
    }

    /// `None`: timed out.
    async fn call_hook(&mut self, hook: Hook, timeout: Duration) -> Option<HookResult> {
        self.hold_asked().await;
        self.hook = None;
        self.call(hook);
        let deadline = tokio::time::Instant::now() + timeout;
        let in_setup = self.phase == Phase::Setup;
        self.wait(Some(deadline), |life| {
            life.hook.is_some() || (in_setup && life.is_over())
        })
        .await;
        if self.hook.is_none() {
            drop(self.shared.cores[0].send(CoreCommand::CancelHook));
            self.wait(None, |life| life.hook.is_some()).await;
            if !(in_setup && self.is_over()) {
                return None;
            }
        }
        self.hook.take()
    }

    pub(super) async fn run_teardown(&mut self) {
        let hook = self.shared.settings.teardown;
        let ran = self.line_start.is_some();
        let skipped = matches!(
            self.failure,
            Some(
                Failure::Exception(_)
                    | Failure::SetupData(_)
                    | Failure::SetupTimeout
                    | Failure::Broken(_)
                    | Failure::Aborted(_)
            )
        ) && !ran;
        if !hook.enabled || !ran || skipped || !self.has(Hook::Teardown) {
            return;
        }
        self.enter(Phase::Teardown);
        match self.call_hook(Hook::Teardown, hook.timeout).await {
            Some(Ok(_)) => {}
            Some(Err((failure, text))) => self.hook_failed(&failure, text),
            None => self.fail(Failure::TeardownTimeout),
        }
    }
}
