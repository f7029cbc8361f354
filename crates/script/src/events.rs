//! The event loop of one VU: promise jobs, timers, and operations that run beside the script.
//!
//! It runs after a function has returned, on the VU's own stack (rule 9): jobs first, then what is due, then it waits for
//! the world; it ends when nothing can happen any more.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rquickjs::{Ctx, Function, Persistent, Value, function::Args};

use crate::{
    Completion, Op, OpId, ScriptFailure,
    exception::Thrown,
    heap,
    state::{Ending, State},
    sys::{memory::Heap, qjs, stack::SCRIPT_STACK_BYTES},
};

/// How the message of a rejection begins that nobody has handled.
pub(crate) const UNHANDLED: &str = "Uncaught (in promise)";

type Callback = Persistent<Function<'static>>;
type StoredValue = Persistent<Value<'static>>;

/// Turns an operation's result into the value of its promise.
pub(crate) type Finish = for<'js> fn(&Ctx<'js>, &State, Completion) -> rquickjs::Result<Value<'js>>;

/// What is pending in one VU.
#[derive(Default)]
pub(crate) struct Events {
    timers: RefCell<BTreeMap<(Instant, u32), Timer>>,
    due_by_id: RefCell<BTreeMap<u32, Instant>>,
    last_timer: Cell<u32>,
    operations: RefCell<BTreeMap<OpId, Operation>>,
    last_operation: Cell<u64>,
    rejections: RefCell<Vec<(StoredValue, StoredValue)>>,
}

struct Timer {
    callback: Callback,
    arguments: Vec<StoredValue>,
    repeat: Option<Duration>,
}

struct Operation {
    resolve: Callback,
    reject: Callback,
    finish: Finish,
}

impl Events {
    /// Arms a timer and gives its id.
    pub(crate) fn start_timer<'js>(
        &self,
        ctx: &Ctx<'js>,
        callback: Function<'js>,
        arguments: Vec<Value<'js>>,
        delay: Duration,
        repeats: Repeats,
    ) -> u32 {
        let id = self.last_timer.get() + 1;
        self.last_timer.set(id);
        let timer = Timer {
            callback: Persistent::save(ctx, callback),
            arguments: arguments
                .into_iter()
                .map(|argument| Persistent::save(ctx, argument))
                .collect(),
            repeat: (repeats == Repeats::Yes).then_some(delay),
        };
        self.arm(Instant::now() + delay, id, timer);
        id
    }

    fn arm(&self, due: Instant, id: u32, timer: Timer) {
        self.timers.borrow_mut().insert((due, id), timer);
        self.due_by_id.borrow_mut().insert(id, due);
    }

    /// Disarms a timer; unknown ids are ignored, as everywhere in JavaScript.
    pub(crate) fn stop_timer(&self, id: u32) {
        let due = self.due_by_id.borrow_mut().remove(&id);
        let timer = due.and_then(|due| self.timers.borrow_mut().remove(&(due, id)));
        drop(timer);
    }

    /// Starts `op` beside the script and gives the promise of its result.
    pub(crate) fn start_operation<'js>(
        &self,
        ctx: &Ctx<'js>,
        state: &State,
        op: Op,
        finish: Finish,
    ) -> rquickjs::Result<Value<'js>> {
        let (promise, resolve, reject) = ctx.promise()?;
        let id = OpId(self.last_operation.get() + 1);
        self.last_operation.set(id.0);
        let operation = Operation {
            resolve: Persistent::save(ctx, resolve),
            reject: Persistent::save(ctx, reject),
            finish,
        };
        self.operations.borrow_mut().insert(id, operation);
        state.wait(ctx, Op::Start(id, Box::new(op)))?;
        Ok(promise.into_value())
    }

    /// A promise was rejected without a handler, or got one late.
    pub(crate) fn note_rejection<'js>(
        &self,
        ctx: &Ctx<'js>,
        promise: Value<'js>,
        reason: Value<'js>,
        handled: bool,
    ) {
        let promise = Persistent::save(ctx, promise);
        if handled {
            let dropped: Vec<_> = {
                let mut rejections = self.rejections.borrow_mut();
                let (kept, dropped) = rejections
                    .drain(..)
                    .partition(|(known, _)| *known != promise);
                *rejections = kept;
                dropped
            };
            drop(dropped);
        } else {
            self.rejections
                .borrow_mut()
                .push((promise, Persistent::save(ctx, reason)));
        }
    }

    /// The first rejection that nobody has handled.
    pub(crate) fn take_rejection<'js>(&self, ctx: &Ctx<'js>) -> Option<Value<'js>> {
        let rejections = std::mem::take(&mut *self.rejections.borrow_mut());
        let (_, reason) = rejections.into_iter().next()?;
        reason.restore(ctx).ok()
    }

    /// A rejection ends the call: timers that wait are dropped, and each is told.
    fn tell_dropped_timers(&self, state: &State) {
        let ids: Vec<u32> = self.timers.borrow().keys().map(|(_, id)| *id).collect();
        for id in ids {
            let text = format!("timer {id} was dropped: the iteration has ended");
            state.host.warn("a timer never fired", &text);
        }
    }

    /// Forgets everything that is pending. Must run before the context is freed: what is stored here keeps it alive.
    pub(crate) fn clear(&self) {
        let timers = std::mem::take(&mut *self.timers.borrow_mut());
        self.due_by_id.borrow_mut().clear();
        let operations = std::mem::take(&mut *self.operations.borrow_mut());
        let rejections = std::mem::take(&mut *self.rejections.borrow_mut());
        drop((timers, operations, rejections));
    }

    fn take_due_timer(&self) -> Option<(u32, Instant, Timer)> {
        let mut timers = self.timers.borrow_mut();
        let (&(due, id), _) = timers.first_key_value()?;
        if due > Instant::now() {
            return None;
        }
        let timer = timers.remove(&(due, id))?;
        self.due_by_id.borrow_mut().remove(&id);
        Some((id, due, timer))
    }
}

/// Whether a timer fires again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// `setInterval`
    Yes,
    /// `setTimeout`
    No,
}

/// Runs the VU until nothing is pending (rule 9).
///
/// # Errors
/// The exception of a callback, an unhandled rejection, or the reason why the call ends.
pub(crate) fn run_until_idle(ctx: &Ctx<'_>, state: &State) -> Result<(), ScriptFailure> {
    let events = &state.events;
    loop {
        run_jobs(ctx, state)?;
        if let Some(reason) = events.take_rejection(ctx) {
            let mut thrown = Thrown::of(ctx, &reason);
            thrown.message = format!("{UNHANDLED} {}", thrown.message);
            events.tell_dropped_timers(state);
            return Err(failure_of(state, thrown));
        }
        if let Some((id, due, timer)) = events.take_due_timer() {
            fire(ctx, state, id, due, timer)?;
            continue;
        }
        let until = events
            .timers
            .borrow()
            .first_key_value()
            .map(|((due, _), _)| *due);
        if until.is_none() && events.operations.borrow().is_empty() {
            return Ok(());
        }
        match state.wait_quietly(Op::Wait { until }) {
            Some(Completion::Finished(id, completion)) => settle(ctx, state, id, *completion)?,
            Some(
                Completion::Done
                | Completion::Http(_)
                | Completion::Batch(_)
                | Completion::Computed(_),
            ) => {}
            None => return Err(ended(state)),
        }
    }
}

/// Runs promise jobs until there are none. A job's own exception has already become a rejection.
fn run_jobs(ctx: &Ctx<'_>, state: &State) -> Result<(), ScriptFailure> {
    while !state.is_ending() && ctx.execute_pending_job() {}
    if state.is_ending() {
        Err(ended(state))
    } else {
        Ok(())
    }
}

fn fire(
    ctx: &Ctx<'_>,
    state: &State,
    id: u32,
    due: Instant,
    timer: Timer,
) -> Result<(), ScriptFailure> {
    let Timer {
        callback,
        arguments,
        repeat,
    } = timer;
    let run = || -> rquickjs::Result<()> {
        let function = callback.clone().restore(ctx)?;
        let mut call = Args::new(ctx.clone(), arguments.len());
        call.this(ctx.globals())?;
        for argument in &arguments {
            call.push_arg(argument.clone().restore(ctx)?)?;
        }
        if let Some(period) = repeat {
            // Armed before it runs, so that the callback can stop its own interval.
            let next = (due + period).max(Instant::now());
            state.events.arm(
                next,
                id,
                Timer {
                    callback: callback.clone(),
                    arguments: arguments.clone(),
                    repeat,
                },
            );
        }
        function.call_arg::<Value>(call).map(drop)
    };
    run().map_err(|error| failure(ctx, state, &error))
}

fn settle(
    ctx: &Ctx<'_>,
    state: &State,
    id: OpId,
    completion: Completion,
) -> Result<(), ScriptFailure> {
    let Some(operation) = state.events.operations.borrow_mut().remove(&id) else {
        return Ok(());
    };
    let run = || -> rquickjs::Result<()> {
        match (operation.finish)(ctx, state, completion) {
            Ok(value) => operation.resolve.restore(ctx)?.call::<_, ()>((value,)),
            Err(rquickjs::Error::Exception) => {
                operation.reject.restore(ctx)?.call::<_, ()>((ctx.catch(),))
            }
            Err(other) => Err(other),
        }
    };
    run().map_err(|error| failure(ctx, state, &error))
}

/// The failure that `error` means: the reason of the ending where there is one, else the pending exception.
pub(crate) fn failure(ctx: &Ctx<'_>, state: &State, error: &rquickjs::Error) -> ScriptFailure {
    if state.is_ending() {
        drop(ctx.catch());
        return ended(state);
    }
    failure_of(state, Thrown::take(ctx, error))
}

fn failure_of(state: &State, thrown: Thrown) -> ScriptFailure {
    // Describing the exception may itself have run script, and so have been cut off.
    if state.is_ending() {
        return ended(state);
    }
    thrown.into_failure(state)
}

fn ended(state: &State) -> ScriptFailure {
    state
        .take_ending()
        .map_or(ScriptFailure::Cancelled, ScriptFailure::from)
}

/// After a call that failed: nothing of it may run in the next one (rule 5: no job is drained after a cancel).
pub(crate) fn abandon(ctx: &Ctx<'_>, state: &State) {
    state.events.clear();
    qjs::discard_jobs(ctx, SCRIPT_STACK_BYTES);
    state.events.clear();
    if let Some(Ending::Broken(text)) = state.take_ending() {
        // Not lost: a panic while jobs were thrown away is still a fault of ours.
        state
            .host
            .warn("script engine fault while ending a call", &text);
    }
    Heap::of(ctx).set_limit(heap::limit(state));
}
