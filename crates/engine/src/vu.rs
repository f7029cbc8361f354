//! One VU's task: takes a job from its mailbox, runs iterations, drives the script through its suspensions.
//!
//! *Invariant:* a suspended script is never dropped. It is resumed with `Cancel`, returns, is shut down on its own stack,
//! and only then goes (engine rule 5).

mod control;
mod hooks;
mod turn;

use std::{
    future::poll_fn,
    pin::pin,
    rc::Rc,
    sync::atomic::Ordering,
    task::Poll,
    time::{Duration, Instant},
};

use loadd_metrics::{SeriesId, TagSetId, metric};
use loadd_script::{Call, Completion, Input, Op, ScriptFailure, ScriptVu, Step, VuSettings};

pub(crate) use control::{Job, LoopRule, VuControl};
use turn::Turn;

use crate::{
    core::{Core, DropReason},
    host::{IterationIds, VuHost},
    latency::VuLatency,
    ops::{Background, VuIo, perform},
};

/// The series that each iteration adds to; most VUs keep their tags for ever.
#[derive(Clone, Copy)]
struct IterationSeries {
    duration: SeriesId,
    iterations: SeriesId,
    sent: SeriesId,
    received: SeriesId,
}

/// A VU: script, connections, host.
pub(crate) struct Vu {
    pub(crate) control: Rc<VuControl>,
    core: Rc<Core>,
    script: ScriptVu,
    io: Rc<VuIo>,
    background: Background,
    turn: Turn,
    iterations: u64,
    iterations_in_scenario: u64,
    scenario: Option<usize>,
    series: Option<(TagSetId, IterationSeries)>,
    heap_bytes: u64,
    /// The script has had a fault of ours: nothing of it may run again.
    broken: bool,
}

/// Who a VU is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VuIdentity {
    /// `__VU`; 0 for setup, teardown and summary.
    pub(crate) id: u64,
    /// `vu.idInTest`.
    pub(crate) id_in_test: u64,
}

impl Vu {
    /// Makes a VU and runs its init code.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub(crate) async fn new(core: &Rc<Core>, identity: VuIdentity) -> Result<Vu, String> {
        let shared = &core.shared;
        let host = VuHost::new(core, identity.id, identity.id_in_test);
        let settings = VuSettings {
            number: identity.id,
            env: Rc::clone(&core.settings.env),
            limits: shared.settings.limits,
            seed: shared.settings.seed ^ identity.id_in_test.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            http: Rc::clone(&core.settings.http),
        };
        let mut script = ScriptVu::new(
            &shared.bundle,
            settings,
            Rc::clone(&host) as Rc<dyn loadd_script::Host>,
        )
        .map_err(|error| error.to_string())?;
        script.keep_cookies(shared.settings.client.no_cookies_reset);
        let session = loadd_client::Session::new(&shared.client, identity.id);
        let io = Rc::new(VuIo {
            core: Rc::clone(core),
            host,
            session,
            latency: VuLatency::default(),
        });
        let mut vu = Vu {
            control: VuControl::new(identity.id),
            core: Rc::clone(core),
            script,
            io,
            background: Background::default(),
            turn: Turn::default(),
            iterations: 0,
            iterations_in_scenario: 0,
            scenario: None,
            series: None,
            heap_bytes: 0,
            broken: false,
        };
        match vu.run(Input::Init).await {
            Ok(_) => {
                vu.account_heap();
                Ok(vu)
            }
            Err(failure) => {
                vu.shutdown();
                Err(describe(&failure))
            }
        }
    }

    /// The VU's life after init: job after job. Gives the VU back to its core after each.
    pub(crate) async fn live(mut self) {
        loop {
            let job = self.control.next_job().await;
            match job {
                Job::Iterate { scenario, intended } => {
                    let facts = &self.core.shared.scenarios[scenario];
                    facts.active.fetch_add(1, Ordering::Relaxed);
                    self.core.shared.vus.active.fetch_add(1, Ordering::Relaxed);
                    let begun = self.core.shared.now();
                    let ended = self.iteration(scenario, Some(intended), begun).await;
                    self.rest(scenario, begun, ended).await;
                    self.leave(scenario);
                }
                Job::Loop { scenario, rule } => {
                    let facts = &self.core.shared.scenarios[scenario];
                    facts.active.fetch_add(1, Ordering::Relaxed);
                    self.core.shared.vus.active.fetch_add(1, Ordering::Relaxed);
                    self.loop_iterations(scenario, rule).await;
                    self.leave(scenario);
                }
                Job::Close => break,
            }
            if self.broken {
                self.shutdown();
                let core = Rc::clone(&self.core);
                core.replace_broken(self.control.id);
                return;
            }
        }
        // The process is about to end, and with it all VUs at once.
        self.background.clear();
        self.script.leave_to_process_end();
    }

    fn leave(&mut self, scenario: usize) {
        let shared = &self.core.shared;
        shared.scenarios[scenario]
            .active
            .fetch_sub(1, Ordering::Relaxed);
        shared.vus.active.fetch_sub(1, Ordering::Relaxed);
        self.control.busy.set(false);
        self.control.cancelled.set(false);
        self.account_heap();
        if !self.broken {
            Core::vu_is_idle(&self.core, scenario, &self.control);
        }
    }

    async fn loop_iterations(&mut self, scenario: usize, rule: LoopRule) {
        let mut left = match rule {
            LoopRule::Times(times) => times,
            LoopRule::WhileRunning | LoopRule::FromQuota => u64::MAX,
        };
        let core = Rc::clone(&self.core);
        self.io.latency.loop_begins();
        // One reading of the clock per iteration: where the VU does not wait in between, its end is the next one's start.
        let mut now = core.shared.now();
        loop {
            while core.shared.paused.load(Ordering::Relaxed)
                && !self.control.cancelled.get()
                && core.scenarios[scenario].may_start(now)
            {
                core.resumed.notified().await;
                self.io.latency.loop_begins();
                now = core.shared.now();
            }
            if self.control.cancelled.get() || self.control.retired.get() || self.broken {
                break;
            }
            if !core.scenarios[scenario].may_start(now) {
                break;
            }
            if left == 0
                || (rule == LoopRule::FromQuota && !core.shared.scenarios[scenario].draw_quota())
            {
                break;
            }
            left -= 1;
            core.planned(scenario, 1);
            let ended = self.iteration(scenario, None, now).await;
            now = self.rest(scenario, now, ended).await;
        }
        if let LoopRule::Times(_) = rule {
            // As in k6, each VU says for itself what it had not begun.
            core.planned(scenario, left);
            core.dropped(scenario, left, DropReason::MaxDuration);
        }
    }

    /// Waits out `minIterationDuration`, and lets the neighbours run after an iteration that never waited. Gives the time
    /// at which it is done.
    async fn rest(&mut self, scenario: usize, begun: u64, ended: u64) -> u64 {
        let minimum = self.core.shared.settings.min_iteration_duration;
        let took = Duration::from_nanos(ended.saturating_sub(begun));
        if minimum <= took {
            let slice = self.core.shared.settings.limits.slice;
            if self.turn.pass_on(took, slice).await {
                return self.core.shared.now();
            }
            return ended;
        }
        let core = Rc::clone(&self.core);
        let control = Rc::clone(&self.control);
        let mut sleep = pin!(tokio::time::sleep(minimum - took));
        poll_fn(|context| {
            if control.cancelled.get() || !core.scenarios[scenario].may_start(core.shared.now()) {
                return Poll::Ready(());
            }
            control.register(context.waker());
            sleep.as_mut().poll(context)
        })
        .await;
        core.shared.now()
    }

    /// One iteration with all of its samples.
    /// `begun` and the result, its end: on the run's clock.
    async fn iteration(&mut self, scenario: usize, intended: Option<u64>, begun: u64) -> u64 {
        let core = Rc::clone(&self.core);
        let here = &core.scenarios[scenario];
        let facts = &core.shared.scenarios[scenario];
        let enters = self.scenario != Some(scenario);
        if enters {
            self.scenario = Some(scenario);
            self.iterations_in_scenario = 0;
            self.io.host.enter_scenario(scenario);
        }
        let (in_instance, in_test) = facts.draw_iteration();
        let ids = IterationIds {
            in_instance,
            in_test,
            of_vu: self.iterations,
            of_vu_in_scenario: self.iterations_in_scenario,
        };
        self.iterations += 1;
        self.iterations_in_scenario += 1;
        self.io.host.begin_iteration(ids);
        let delay = intended.map(|intended| begun.saturating_sub(intended));
        self.io.latency.begin(scenario, delay);
        if let Some(delay) = delay {
            core.recorder.borrow_mut().observe(here.start_delay, delay);
        }
        let call = Call {
            function: Rc::clone(&here.exec),
            data: core.setup_data.borrow().clone(),
            env: enters.then(|| Rc::clone(&here.env)),
            iteration: Some(ids.of_vu),
            want_result: false,
        };
        let result = self.run(Input::Call(call)).await;
        let ended = core.shared.now();
        self.finish_iteration(scenario, ended.saturating_sub(begun), &result);
        ended
    }

    fn finish_iteration(
        &mut self,
        scenario: usize,
        took: u64,
        result: &Result<Option<String>, ScriptFailure>,
    ) {
        if let Err(failure) = result {
            self.complain(scenario, failure);
        }
        self.record_bytes();
        self.io.session.iteration_ended();
        let series = self.series();
        let core = &self.core;
        let mut recorder = core.recorder.borrow_mut();
        self.io.host.stamp(&mut recorder);
        match result {
            Ok(_)
            | Err(
                ScriptFailure::Exception { .. }
                | ScriptFailure::Result(_)
                | ScriptFailure::Limit(_)
                | ScriptFailure::Aborted,
            ) => {
                recorder.observe(series.duration, took);
                recorder.count(series.iterations);
                if self.io.latency.is_open() {
                    let mut latency = core.scenarios[scenario].latency.borrow_mut();
                    latency.iteration(took);
                }
                core.shared.vus.completed[core.index].add();
            }
            // It was cut off.
            Err(ScriptFailure::Cancelled | ScriptFailure::Broken(_)) => {
                recorder.count(core.scenarios[scenario].interrupted);
                core.shared.vus.interrupted.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// `data_sent` and `data_received` since the last call.
    pub(crate) fn record_bytes(&mut self) {
        let (sent, received) = self.io.session.take_bytes();
        let series = self.series();
        let mut recorder = self.core.recorder.borrow_mut();
        self.io.host.stamp(&mut recorder);
        #[expect(
            clippy::cast_precision_loss,
            reason = "bytes of one iteration stay far below 2^53"
        )]
        {
            recorder.add(series.sent, sent as f64);
            recorder.add(series.received, received as f64);
        }
    }

    /// The series of an iteration's own samples, under the VU's tags as they are now.
    fn series(&mut self) -> IterationSeries {
        let tags = self.io.host.tag_set();
        if let Some((of, series)) = self.series
            && of == tags
        {
            return series;
        }
        let mut recorder = self.core.recorder.borrow_mut();
        let series = IterationSeries {
            duration: recorder.series(metric::ITERATION_DURATION, tags),
            iterations: recorder.series(metric::ITERATIONS, tags),
            sent: recorder.series(metric::DATA_SENT, tags),
            received: recorder.series(metric::DATA_RECEIVED, tags),
        };
        self.series = Some((tags, series));
        series
    }

    fn complain(&self, scenario: usize, failure: &ScriptFailure) {
        let core = &self.core;
        if !core.log_budget.allows(core.shared.now()) {
            return;
        }
        let plan = &self.core.shared.scenarios[scenario].plan;
        let (executor, scenario) = (plan.executor.type_name(), plan.name.as_str());
        match failure {
            ScriptFailure::Exception { message, stack } => tracing::error!(
                target: "loadd::script",
                executor,
                scenario,
                source = "stacktrace",
                hint = "script exception",
                "{message}\n{stack}"
            ),
            ScriptFailure::Limit(text) | ScriptFailure::Result(text) => {
                tracing::error!(target: "loadd::script", executor, scenario, hint = "script limit", "{text}");
            }
            ScriptFailure::Broken(text) => {
                tracing::error!(target: "loadd::script", executor, scenario, hint = "fault of loadd", "{text}");
            }
            ScriptFailure::Cancelled | ScriptFailure::Aborted => {}
        }
    }

    /// Drives the script from this input to its return.
    async fn run(&mut self, input: Input) -> Result<Option<String>, ScriptFailure> {
        let mut step = self.script.resume(input);
        loop {
            step = match step {
                Step::Suspended(op) => match self.wait(op).await {
                    Some(completion) => self.script.resume(Input::Complete(completion)),
                    None => {
                        self.background.clear();
                        self.script.resume(Input::Cancel)
                    }
                },
                Step::Ready | Step::Closed => return Ok(None),
                Step::Returned(result) => {
                    self.background.clear();
                    self.broken = matches!(result, Err(ScriptFailure::Broken(_)));
                    return result;
                }
            }
        }
    }

    /// Waits for what the script asks for; `None` where it is to be cut off instead.
    async fn wait(&mut self, op: Op) -> Option<Completion> {
        if self.control.cancelled.get() {
            return None;
        }
        match op {
            Op::Start(id, op) => {
                self.background.start(&self.io, id, *op);
                Some(Completion::Done)
            }
            Op::Wait { until } => self.wait_for_event(until).await,
            op @ (Op::Http(_) | Op::Batch(_) | Op::Sleep(_) | Op::Compute(_) | Op::Yield) => {
                let (control, background) = (&self.control, &mut self.background);
                let turn = &mut self.turn;
                let mut work = pin!(perform(&self.io, op));
                poll_fn(|context| {
                    if control.cancelled.get() {
                        return Poll::Ready(None);
                    }
                    control.register(context.waker());
                    if !background.is_idle() {
                        background.poll(context);
                    }
                    turn.waits_if(work.as_mut().poll(context)).map(Some)
                })
                .await
            }
        }
    }

    async fn wait_for_event(&mut self, until: Option<Instant>) -> Option<Completion> {
        let (control, background) = (&self.control, &mut self.background);
        let turn = &mut self.turn;
        if until.is_none() && background.is_idle() {
            // Nothing can ever come: an answer at once lets the script find that out.
            return Some(Completion::Done);
        }
        // With no timer the far future stands in; the operation that runs ends first.
        let deadline = until.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400 * 365));
        let mut timer = pin!(tokio::time::sleep_until(deadline.into()));
        poll_fn(|context| {
            if control.cancelled.get() {
                return Poll::Ready(None);
            }
            control.register(context.waker());
            background.poll(context);
            if let Some(finished) = background.take_finished() {
                return Poll::Ready(Some(finished));
            }
            turn.waits_if(timer.as_mut().poll(context))
                .map(|()| Some(Completion::Done))
        })
        .await
    }

    fn account_heap(&mut self) {
        let now = self.script.heap_bytes();
        let heap = &self.core.shared.vus.heap_bytes;
        heap.fetch_add(now.wrapping_sub(self.heap_bytes), Ordering::Relaxed);
        self.heap_bytes = now;
    }

    /// Frees the script's runtime on its own stack.
    pub(crate) fn shutdown(&mut self) {
        self.background.clear();
        self.core
            .shared
            .vus
            .heap_bytes
            .fetch_sub(self.heap_bytes, Ordering::Relaxed);
        self.heap_bytes = 0;
        let closed = self.script.resume(Input::Shutdown);
        debug_assert!(
            matches!(closed, Step::Closed),
            "a VU that runs nothing closes at once"
        );
    }
}

/// A failure in words, with its stack.
pub(crate) fn describe(failure: &ScriptFailure) -> String {
    match failure {
        ScriptFailure::Exception { message, stack } if stack.is_empty() => message.clone(),
        ScriptFailure::Exception { message, stack } => format!("{message}\n{stack}"),
        ScriptFailure::Cancelled => "cut off".to_owned(),
        ScriptFailure::Aborted => "test aborted".to_owned(),
        ScriptFailure::Limit(text) | ScriptFailure::Broken(text) | ScriptFailure::Result(text) => {
            text.clone()
        }
    }
}
