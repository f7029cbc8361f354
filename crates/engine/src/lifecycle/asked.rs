//! Setup and teardown when somebody asks for them (k6's REST API), and setup data from outside. One hook at a time: those
//! of the plan and those asked for take turns.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{HookResult, Life};
use crate::{Hook, HookCall, core::CoreCommand};

/// Most calls that wait for their turn.
const LONGEST_QUEUE: usize = 16;

/// The calls asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    waiting: VecDeque<HookCall>,
    calling: Option<Calling>,
    /// Nothing of what is asked for begins: a hook of the plan is under way, or the run is over.
    held: bool,
}

#[derive(Debug)]
struct Calling {
    call: HookCall,
    deadline: Instant,
    cut_off: bool,
}

impl Asked {
    /// Whether a call asked for is under way.
    pub(super) fn is_calling(&self) -> bool {
        self.calling.is_some()
    }
}

impl Life {
    /// Whether the script has this hook.
    pub(super) fn has(&self, hook: Hook) -> bool {
        self.shared.bundle.functions.contains(hook.function())
    }

    /// Has the first core call a hook.
    pub(super) fn call(&self, hook: Hook) {
        let data = match hook {
            Hook::Setup => None,
            Hook::Teardown => self.setup_data.clone(),
        };
        drop(self.shared.cores[0].send(CoreCommand::Hook { hook, data }));
    }

    /// What iterations get as their argument from now on.
    pub(super) fn take_setup_data(&mut self, data: Option<Arc<str>>) {
        self.setup_data = data;
        self.tell_all(|| CoreCommand::SetupData(self.setup_data.clone()));
    }

    /// Takes a call up, or refuses it.
    pub(super) fn ask(&mut self, call: HookCall) {
        if self.asked.waiting.len() >= LONGEST_QUEUE {
            answer(call, Err("too many calls wait already".to_owned()));
            return;
        }
        self.asked.waiting.push_back(call);
        self.next_asked();
    }

    fn next_asked(&mut self) {
        while !self.asked.held && self.asked.calling.is_none() {
            let Some(call) = self.asked.waiting.pop_front() else {
                return;
            };
            if !self.has(call.hook) {
                answer(call, Ok(()));
                continue;
            }
            self.call(call.hook);
            self.asked.calling = Some(Calling {
                deadline: Instant::now() + self.timeout(call.hook),
                call,
                cut_off: false,
            });
        }
    }

    fn timeout(&self, hook: Hook) -> Duration {
        match hook {
            Hook::Setup => self.shared.settings.setup.timeout,
            Hook::Teardown => self.shared.settings.teardown.timeout,
        }
    }

    /// A hook has ended: one of the plan, or one asked for.
    pub(super) fn hook_ended(&mut self, result: HookResult) {
        let Some(Calling { call, cut_off, .. }) = self.asked.calling.take() else {
            self.asked.held = false;
            self.hook = Some(result);
            self.next_asked();
            return;
        };
        let said = match result {
            Err(_) if cut_off => Err(format!("{}() took too long", call.hook.function())),
            Err((_, text)) => Err(text),
            Ok(data) => {
                if call.hook == Hook::Setup {
                    self.take_setup_data(data.map(Into::into));
                }
                Ok(())
            }
        };
        self.publish_status();
        answer(call, said);
        self.next_asked();
    }

    /// Cuts a call off that has run out of its time.
    pub(super) fn cut_asked_off_in_time(&mut self) {
        let now = Instant::now();
        if let Some(calling) = &mut self.asked.calling
            && !calling.cut_off
            && calling.deadline <= now
        {
            calling.cut_off = true;
            drop(self.shared.cores[0].send(CoreCommand::CancelHook));
        }
    }

    /// Makes way for a hook of the plan: it comes before all that waits, and after what is under way, unless the run is to
    /// stop, which cuts that off.
    pub(super) async fn hold_asked(&mut self) {
        self.asked.held = true;
        self.wait(None, |life| !life.asked.is_calling() || life.is_over())
            .await;
        self.cut_asked_off().await;
    }

    /// The run is over: what is under way is cut off, and what waits goes with the run.
    pub(super) async fn end_asked(&mut self) {
        self.asked.held = true;
        self.cut_asked_off().await;
    }

    async fn cut_asked_off(&mut self) {
        if self.asked.is_calling() {
            drop(self.shared.cores[0].send(CoreCommand::CancelHook));
            self.wait(None, |life| !life.asked.is_calling()).await;
        }
    }
}

fn answer(call: HookCall, said: Result<(), String>) {
    // Whoever asked may have gone away.
    let _asker_gone = call.done.send(said).is_err();
}
