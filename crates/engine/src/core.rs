//! One event loop with its VUs: a thread, a current-thread runtime, and everything that only this core touches.

mod scenario;
mod thread;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{Arc, atomic::Ordering},
};

use loadd_metrics::{Recorder, SeriesId, Shelf, SystemTag, TagSet, TagSetId};
use tokio::sync::Notify;

pub(crate) use scenario::{CoreScenario, DropReason, Stop};
pub(crate) use thread::run;

use crate::{
    Hook, driver,
    lifecycle::Report,
    log_budget::LogBudget,
    pool::Free,
    record::HttpRecorder,
    settings::CoreSettings,
    shared::Shared,
    vu::{Job, Vu, VuControl, VuIdentity, describe},
};

/// What the life cycle and the other cores ask of a core.
#[derive(Debug)]
pub(crate) enum CoreCommand {
    /// Make these VUs and report each.
    MakeVus(Vec<VuIdentity>),
    /// Trade the full shelf for this one and send it.
    Tick(Shelf),
    /// Run `setup` or `teardown` in a VU of its own.
    Hook { hook: Hook, data: Option<Arc<str>> },
    /// Cut off the hook that runs.
    CancelHook,
    /// `setup`'s result.
    SetupData(Option<Arc<str>>),
    /// Run this core's part of a scenario; `vus` of the free VUs are its own from now on.
    StartScenario {
        scenario: usize,
        vus: u64,
        part: Part,
    },
    /// A start for which a neighbour has no VU: do it here, or pass it on, or drop it.
    Offer {
        scenario: usize,
        intended: u64,
        hops: usize,
    },
    /// A start that was dropped on a core without VUs: it waits in the virtual queue here.
    Missed {
        scenario: usize,
        intended: u64,
        hops: usize,
    },
    /// Wake what a pause holds.
    Resumed,
    /// End all scenarios: within their graceful stop, or at once.
    Stop { graceful: bool },
    /// Shut all VUs down and end the thread.
    Shutdown,
}

/// Which part of a worker's scenario a core does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) index: u64,
    pub(crate) of: u64,
    /// Where on the scenario's line this process joins it, in nanoseconds; the same on all cores.
    pub(crate) join: u64,
}

/// Everything that one event loop owns.
pub(crate) struct Core {
    pub(crate) index: usize,
    pub(crate) shared: Arc<Shared>,
    pub(crate) settings: CoreSettings,
    pub(crate) recorder: RefCell<Recorder>,
    pub(crate) http: RefCell<HttpRecorder>,
    pub(crate) scenarios: Vec<CoreScenario>,
    /// VUs that no scenario holds.
    pub(crate) free: Free,
    pub(crate) setup_data: RefCell<Option<Arc<str>>>,
    pub(crate) resumed: Notify,
    pub(crate) log_budget: LogBudget,
    /// Tasks that the core waits for at its end.
    tasks: Cell<usize>,
    task_ended: Notify,
    /// Shutting down: a VU that becomes idle ends.
    closing: Cell<bool>,
    hook: RefCell<Option<Rc<VuControl>>>,
    /// The hook is to be cut off, also where its VU is still being made.
    hook_cancelled: Cell<bool>,
}

impl Core {
    pub(crate) fn new(index: usize, shared: Arc<Shared>) -> Rc<Core> {
        let settings = &shared.settings;
        let mut recorder = Recorder::new(&shared.registry);
        shared.tap(&mut recorder);
        let run_tags: Vec<(&str, &str)> = settings
            .tags
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let run = recorder.extend(TagSetId::EMPTY, &run_tags);
        let scenarios = shared
            .scenarios
            .iter()
            .map(|scenario| scenario::scenario_of(&mut recorder, run, &shared, &scenario.plan))
            .collect();
        let core_settings = CoreSettings {
            env: Rc::new(settings.env.clone()),
            http: Rc::new(settings.http.clone()),
            options_json: Rc::from(&*settings.options_json),
        };
        let http = HttpRecorder::new(settings.system_tags, settings.url_templates.clone());
        Rc::new(Core {
            index,
            settings: core_settings,
            recorder: RefCell::new(recorder),
            http: RefCell::new(http),
            scenarios,
            free: Free::default(),
            setup_data: RefCell::new(None),
            resumed: Notify::new(),
            log_budget: LogBudget::default(),
            tasks: Cell::new(0),
            task_ended: Notify::new(),
            closing: Cell::new(false),
            hook: RefCell::new(None),
            hook_cancelled: Cell::new(false),
            shared,
        })
    }

    pub(crate) fn report(&self, report: Report) {
        // A failed send means that the life cycle is gone and the process is on its way out.
        drop(self.shared.reports.send(report));
    }

    /// Spawns a task that this core's end waits for.
    pub(crate) fn spawn(self: &Rc<Core>, task: impl Future<Output = ()> + 'static) {
        self.tasks.set(self.tasks.get() + 1);
        let core = Rc::clone(self);
        tokio::task::spawn_local(async move {
            task.await;
            core.tasks.set(core.tasks.get() - 1);
            core.task_ended.notify_waiters();
        });
    }

    /// Counts what the plan has asked of this core.
    pub(crate) fn planned(&self, scenario: usize, count: u64) {
        if count > 0 {
            self.add(self.scenarios[scenario].planned, count);
        }
    }

    /// Counts dropped starts, under k6's metric and under loadd's with the reason.
    pub(crate) fn dropped(&self, scenario: usize, count: u64, reason: DropReason) {
        if count == 0 {
            return;
        }
        let here = &self.scenarios[scenario];
        self.add(here.dropped, count);
        match reason {
            DropReason::NoVu => self.add(here.dropped_no_vu, count),
            DropReason::Stall => self.add(here.dropped_stall, count),
            DropReason::MaxDuration => self.add(here.dropped_max_duration, count),
        }
        self.shared.scenarios[scenario]
            .dropped
            .fetch_add(count, Ordering::Relaxed);
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of one step stay far below 2^53"
    )]
    fn add(&self, series: SeriesId, count: u64) {
        let mut recorder = self.recorder.borrow_mut();
        recorder.set_metadata(None);
        recorder.add(series, count as f64);
    }

    /// Starts one due iteration here, or offers it to the next core, or drops it.
    pub(crate) fn start_or_drop(self: &Rc<Core>, scenario: usize, intended: u64, hops: usize) {
        let here = &self.scenarios[scenario];
        if here.stopping.get() {
            // A neighbour's offer that came after the end.
            self.dropped(scenario, 1, DropReason::NoVu);
            self.missed(scenario, intended, 0);
            return;
        }
        self.use_idle_time(scenario);
        if let Some(vu) = here.pool.take() {
            vu.assign(Job::Iterate { scenario, intended });
            return;
        }
        let facts = &self.shared.scenarios[scenario];
        let cores = self.shared.cores.len();
        if hops + 1 < cores {
            let next = (self.index + 1) % cores;
            let offer = CoreCommand::Offer {
                scenario,
                intended,
                hops: hops + 1,
            };
            if self.shared.cores[next].send(offer).is_ok() {
                return;
            }
        }
        self.dropped(scenario, 1, DropReason::NoVu);
        self.missed(scenario, intended, 0);
        if !self.grow(scenario) && !facts.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "loadd::engine",
                scenario = %facts.plan.name,
                max_vus = facts.part.max_vus,
                "Insufficient VUs, reached {} active VUs and cannot initialize more: iterations are dropped (loadd_dropped_iterations_total); raise maxVUs",
                facts.part.max_vus
            );
        }
    }

    /// Makes one more VU in the background, unless the scenario has all it may have; whether one is being made.
    fn grow(self: &Rc<Core>, scenario: usize) -> bool {
        let facts = &self.shared.scenarios[scenario];
        if self.scenarios[scenario].pool.is_growing() {
            return true;
        }
        let room = facts
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                (held < facts.part.max_vus).then_some(held + 1)
            });
        if room.is_err() {
            return false;
        }
        self.scenarios[scenario].pool.set_growing(true);
        if let Some(spare) = self.free.take() {
            self.scenarios[scenario].pool.adopt(&spare);
            self.scenarios[scenario].pool.set_growing(false);
            self.report(Report::SpareTaken { core: self.index });
            return true;
        }
        let identity = self.shared.next_identity();
        let core = Rc::clone(self);
        self.spawn(async move {
            let made = Vu::new(&core, identity).await;
            core.scenarios[scenario].pool.set_growing(false);
            match made {
                Ok(vu) => {
                    core.shared.vus.initialized.fetch_add(1, Ordering::Relaxed);
                    core.scenarios[scenario].pool.adopt(&vu.control);
                    core.spawn(vu.live());
                }
                Err(text) => {
                    core.shared.scenarios[scenario]
                        .held
                        .fetch_sub(1, Ordering::Relaxed);
                    core.report(Report::VuFailed(text));
                }
            }
        });
        true
    }

    /// A VU has done its job: back to its scenario's pool, or to the free ones where the scenario is over.
    pub(crate) fn vu_is_idle(core: &Rc<Core>, scenario: usize, vu: &Rc<VuControl>) {
        let here = &core.scenarios[scenario];
        if core.closing.get() {
            vu.assign(Job::Close);
            return;
        }
        core.use_idle_time(scenario);
        here.pool.give_back(vu);
        if here.stopping.get() || here.pool.wants_news() {
            here.changed.notify_waiters();
        }
    }

    /// A VU whose script had a fault of ours is gone: its scenario holds one less; one more may be made.
    pub(crate) fn replace_broken(self: &Rc<Core>, id: u64) {
        for (scenario, here) in self.scenarios.iter().enumerate() {
            if here.pool.forget(id) {
                self.shared.scenarios[scenario]
                    .held
                    .fetch_sub(1, Ordering::Relaxed);
                self.shared.vus.initialized.fetch_sub(1, Ordering::Relaxed);
                here.changed.notify_waiters();
                if !here.stopping.get() {
                    self.grow(scenario);
                }
            }
        }
    }

    async fn make_vus(self: Rc<Core>, identities: Vec<VuIdentity>) {
        for identity in identities {
            match Vu::new(&self, identity).await {
                Ok(vu) => {
                    self.free.put(Rc::clone(&vu.control));
                    self.shared.vus.initialized.fetch_add(1, Ordering::Relaxed);
                    self.spawn(vu.live());
                    self.report(Report::VuMade);
                }
                Err(text) => {
                    self.report(Report::VuFailed(text));
                    return;
                }
            }
            // Making a VU takes a fifth of a millisecond: let ticks and neighbours in.
            tokio::task::yield_now().await;
        }
    }

    async fn run_hook(self: Rc<Core>, hook: Hook, data: Option<Arc<str>>) {
        let tags = self.hook_tags(hook.group());
        let result = match Vu::new(
            &self,
            VuIdentity {
                id: 0,
                id_in_test: 0,
            },
        )
        .await
        {
            Ok(mut vu) => {
                let control = vu.begin_hook();
                if self.hook_cancelled.get() {
                    control.cancel();
                }
                *self.hook.borrow_mut() = Some(control);
                let result = vu.call_hook(hook.function(), data, tags).await;
                *self.hook.borrow_mut() = None;
                vu.shutdown();
                result.map_err(|failure| (failure.clone(), describe(&failure)))
            }
            Err(text) => Err((
                loadd_script::ScriptFailure::Exception {
                    message: text.clone(),
                    stack: String::new(),
                },
                text,
            )),
        };
        self.report(Report::HookEnded(result));
    }

    fn hook_tags(&self, group: &'static str) -> (TagSetId, Arc<TagSet>) {
        let settings = &self.shared.settings;
        let mut tags: Vec<(&str, &str)> = settings
            .tags
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        if settings.system_tags.contains(SystemTag::Group) {
            tags.push(("group", group));
        }
        self.recorder
            .borrow_mut()
            .extend_held(TagSetId::EMPTY, &tags)
    }

    fn stop(&self, graceful: bool) {
        for here in &self.scenarios {
            let stop = if graceful && here.stop.get() != Some(Stop::Interrupt) {
                Stop::Graceful
            } else {
                Stop::Interrupt
            };
            here.stop.set(Some(stop));
            here.stopping.set(true);
            here.changed.notify_waiters();
            if stop == Stop::Interrupt {
                here.pool.cancel_busy();
            }
        }
        self.resumed.notify_waiters();
    }

    async fn shutdown(self: &Rc<Core>) {
        self.closing.set(true);
        for here in &self.scenarios {
            here.pool.cancel_busy();
            for vu in here.pool.take_all() {
                vu.assign(Job::Close);
            }
        }
        while let Some(vu) = self.free.take() {
            vu.assign(Job::Close);
        }
        while self.tasks.get() > 0 {
            let ended = self.task_ended.notified();
            if self.tasks.get() == 0 {
                break;
            }
            ended.await;
            for here in &self.scenarios {
                for vu in here.pool.take_all() {
                    vu.assign(Job::Close);
                }
            }
        }
    }
}

impl Core {
    /// Serves one command; `false` after the last one.
    async fn serve(self: &Rc<Core>, command: CoreCommand) -> bool {
        match command {
            CoreCommand::MakeVus(identities) => self.spawn(Rc::clone(self).make_vus(identities)),
            CoreCommand::Tick(spare) => {
                for scenario in 0..self.scenarios.len() {
                    self.use_idle_time(scenario);
                }
                let shelf = self.recorder.borrow_mut().swap(spare);
                self.report(Report::Shelf {
                    core: self.index,
                    shelf,
                });
            }
            CoreCommand::Hook { hook, data } => {
                self.hook_cancelled.set(false);
                self.spawn(Rc::clone(self).run_hook(hook, data));
            }
            CoreCommand::CancelHook => {
                self.hook_cancelled.set(true);
                if let Some(vu) = &*self.hook.borrow() {
                    vu.cancel();
                }
            }
            CoreCommand::SetupData(data) => *self.setup_data.borrow_mut() = data,
            CoreCommand::StartScenario {
                scenario,
                vus,
                part,
            } => {
                for _ in 0..vus {
                    if let Some(vu) = self.free.take() {
                        self.scenarios[scenario].pool.adopt(&vu);
                    }
                }
                self.spawn(driver::run(Rc::clone(self), scenario, part));
            }
            CoreCommand::Offer {
                scenario,
                intended,
                hops,
            } => self.start_or_drop(scenario, intended, hops),
            CoreCommand::Missed {
                scenario,
                intended,
                hops,
            } => self.missed(scenario, intended, hops),
            CoreCommand::Resumed => self.resumed.notify_waiters(),
            CoreCommand::Stop { graceful } => self.stop(graceful),
            CoreCommand::Shutdown => {
                self.shutdown().await;
                return false;
            }
        }
        true
    }
}
