//! The one place where what a script asks of the world becomes a future.

use std::{cell::RefCell, pin::Pin, rc::Rc};

use futures_util::{Stream, StreamExt, stream::FuturesUnordered};
use loadd_client::{Outcome, RequestUrl, Session};
use loadd_script::{Answered, Completion, Computation, HttpCall, Op, OpId};

use crate::{cohort::catch_up, core::Core, host::VuHost, latency::VuLatency, trace::CallTrace};

/// One VU's way to the world. Shared with the operations that run beside its script.
pub(crate) struct VuIo {
    pub(crate) core: Rc<Core>,
    pub(crate) host: Rc<VuHost>,
    pub(crate) session: Session,
    pub(crate) latency: VuLatency,
}

type BackgroundOp = Pin<Box<dyn Future<Output = (OpId, Completion)>>>;

/// Operations that run beside a VU's script (`http.asyncRequest`).
#[derive(Default)]
pub(crate) struct Background {
    running: FuturesUnordered<BackgroundOp>,
    finished: std::collections::VecDeque<(OpId, Completion)>,
}

impl Background {
    pub(crate) fn start(&mut self, io: &Rc<VuIo>, id: OpId, op: Op) {
        let io = Rc::clone(io);
        self.running
            .push(Box::pin(async move { (id, perform(&io, op).await) }));
    }

    /// Drives what runs, also while the script itself waits for something else.
    pub(crate) fn poll(&mut self, context: &mut std::task::Context<'_>) {
        while let std::task::Poll::Ready(Some(finished)) =
            Pin::new(&mut self.running).poll_next(context)
        {
            self.finished.push_back(finished);
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.running.is_empty() && self.finished.is_empty()
    }

    pub(crate) fn take_finished(&mut self) -> Option<Completion> {
        self.finished
            .pop_front()
            .map(|(id, completion)| Completion::Finished(id, Box::new(completion)))
    }

    /// Drops all of it: requests under way are cut off and counted as interrupted.
    pub(crate) fn clear(&mut self) {
        // Clearing makes a new queue, for each iteration of scripts that never start anything.
        if !self.running.is_empty() {
            self.running.clear();
        }
        self.finished.clear();
    }
}

/// Does what a script waits for. `Start` and `Wait` belong to the VU's own loop and never come here.
pub(crate) async fn perform(io: &Rc<VuIo>, op: Op) -> Completion {
    match op {
        Op::Http(call) => Completion::Http(http(io, call).await),
        Op::Batch(calls) => Completion::Batch(Box::pin(batch(io, calls)).await),
        Op::Sleep(duration) => {
            tokio::time::sleep(duration).await;
            Completion::Done
        }
        Op::Yield => {
            tokio::task::yield_now().await;
            Completion::Done
        }
        Op::Compute(computation) => compute(computation).await,
        Op::Start(..) | Op::Wait { .. } => Completion::Done,
    }
}

/// Work of at most so many VUs is done at once, over all cores: threads beyond the processors' number would only wait for
/// each other, and the event loops want theirs.
static COMPUTING: std::sync::LazyLock<tokio::sync::Semaphore> = std::sync::LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    tokio::sync::Semaphore::new(processors)
});

/// What only waits takes a thread all the same, but no processor.
static WAITING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(16);

async fn compute(computation: Computation) -> Completion {
    let lane = if computation.waits() {
        &WAITING
    } else {
        &*COMPUTING
    };
    let _permit = lane.acquire().await;
    match tokio::task::spawn_blocking(move || computation.run()).await {
        Ok(result) => Completion::Computed(result),
        // It panicked: the script is told that the operation has failed.
        Err(_) => Completion::Done,
    }
}

async fn http(io: &Rc<VuIo>, mut call: Box<HttpCall>) -> Answered {
    catch_up().await;
    let tracing = io.core.shared.settings.tracing.as_ref();
    let mut in_flight = InFlight {
        io,
        trace: tracing.map(|tracing| CallTrace::begin(tracing, io.host.place(), &mut call)),
        call: Some(call),
        outcome: None,
    };
    in_flight.outcome = Some(io.session.send(&in_flight.call().request).await);
    catch_up().await;
    in_flight.finish()
}

/// A request under way. Dropped before its end (its iteration is cut off), it is counted as interrupted; dropped behind its
/// end, as done.
struct InFlight<'a> {
    io: &'a Rc<VuIo>,
    /// Its spans, where traces are on.
    trace: Option<Rc<CallTrace>>,
    /// Taken at the end.
    call: Option<Box<HttpCall>>,
    /// Taken at the end.
    outcome: Option<Outcome>,
}

impl InFlight<'_> {
    fn call(&self) -> &HttpCall {
        self.call.as_ref().expect("`finish` consumes what takes it")
    }

    fn record(&self, call: &HttpCall, outcome: &Outcome) {
        let core = &self.io.core;
        let mut recorder = core.recorder.borrow_mut();
        self.io.host.stamp(&mut recorder);
        core.http.borrow_mut().record(
            &mut recorder,
            self.io.host.tag_set(),
            call,
            outcome,
            (&core.scenarios, &self.io.latency),
            self.trace.as_deref(),
        );
    }

    fn finish(&mut self) -> Answered {
        let call = self.call.take().expect("`finish` runs once");
        let outcome = self.outcome.take().expect("the call has been sent");
        self.record(&call, &outcome);
        if self.io.core.shared.settings.client.http_debug.is_some() {
            self.io.host.show_exchanges(&outcome);
        }
        if let Some(error) = &outcome.last.error
            && !call.throws
        {
            self.io.host.request_failed(error);
        }
        Answered { call, outcome }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        match (&self.call, &self.outcome) {
            (Some(call), Some(outcome)) => self.record(call, outcome),
            (Some(call), None) => {
                let core = &self.io.core;
                core.http.borrow().record_interrupted(
                    &mut core.recorder.borrow_mut(),
                    self.io.host.tag_set(),
                    call,
                );
            }
            (None, _) => {}
        }
    }
}

/// `http.batch`: at most `batch` requests at once, at most `batchPerHost` to one host, begun in the order given.
#[expect(clippy::vec_box, reason = "each call travels as the box that it is")]
async fn batch(io: &Rc<VuIo>, calls: Vec<Box<HttpCall>>) -> Vec<Answered> {
    let limits = io.core.shared.settings.batch;
    let hosts: Vec<Rc<RequestUrl>> = calls
        .iter()
        .map(|call| Rc::clone(&call.request.url))
        .collect();
    let results: RefCell<Vec<Option<Answered>>> =
        RefCell::new(calls.iter().map(|_| None).collect());
    let mut waiting: Vec<Option<Box<HttpCall>>> = calls.into_iter().map(Some).collect();
    let mut running = FuturesUnordered::new();
    let mut under_way: Vec<usize> = Vec::new();
    loop {
        for index in 0..waiting.len() {
            if under_way.len() >= limits.total {
                break;
            }
            let same_host = |other: &&usize| {
                let (a, b) = (&hosts[**other], &hosts[index]);
                a.host == b.host && a.port == b.port
            };
            if waiting[index].is_some()
                && under_way.iter().filter(same_host).count() < limits.per_host
            {
                let call = waiting[index].take();
                under_way.push(index);
                let results = &results;
                running.push(async move {
                    if let Some(call) = call {
                        let answered = http(io, call).await;
                        results.borrow_mut()[index] = Some(answered);
                    }
                    index
                });
            }
        }
        match running.next().await {
            Some(index) => under_way.retain(|other| *other != index),
            None => break,
        }
    }
    drop(running);
    results.into_inner().into_iter().flatten().collect()
}
