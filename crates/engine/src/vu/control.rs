//! The handle by which a core steers one of its VUs: its mailbox, and the flags that cut it off or let it run out.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

/// What a VU is to do next.
#[derive(Debug)]
pub(crate) enum Job {
    /// One iteration whose intended start was at this instant of the run's clock.
    Iterate { scenario: usize, intended: u64 },
    /// Iteration after iteration, until the rule says no.
    Loop { scenario: usize, rule: LoopRule },
    /// End.
    Close,
}

/// When a looping VU may begin another iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoopRule {
    /// While the scenario and this VU's slot last.
    WhileRunning,
    /// This many more.
    Times(u64),
    /// As long as the scenario's common quota lasts.
    FromQuota,
}

/// The handle by which a core steers one of its VUs.
pub(crate) struct VuControl {
    pub(crate) id: u64,
    job: RefCell<Option<Job>>,
    pub(super) busy: Cell<bool>,
    /// Cut off what runs.
    pub(super) cancelled: Cell<bool>,
    /// Which slot of a ramp it runs; a VU that went back to the pool may have been given to another one.
    slot: Cell<usize>,
    /// Finish the iteration that runs, begin no other (ramp down).
    pub(super) retired: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl VuControl {
    pub(crate) fn new(id: u64) -> Rc<VuControl> {
        Rc::new(VuControl {
            id,
            job: RefCell::new(None),
            busy: Cell::new(false),
            cancelled: Cell::new(false),
            slot: Cell::new(usize::MAX),
            retired: Cell::new(false),
            waker: RefCell::new(None),
        })
    }

    /// Gives an idle VU its next job.
    pub(crate) fn assign(&self, job: Job) {
        self.cancelled.set(false);
        self.retired.set(false);
        self.busy.set(true);
        *self.job.borrow_mut() = Some(job);
        self.wake();
    }

    /// Cuts off what the VU is doing, if anything.
    pub(crate) fn cancel(&self) {
        if self.busy.get() {
            self.cancelled.set(true);
            self.wake();
        }
    }

    /// Lets the VU finish its iteration and begin no other.
    pub(crate) fn retire(&self) {
        self.retired.set(true);
        self.wake();
    }

    /// Takes a retirement back: the loop simply goes on.
    pub(crate) fn unretire(&self) {
        self.retired.set(false);
    }

    pub(crate) fn set_slot(&self, slot: usize) {
        self.slot.set(slot);
    }

    pub(crate) fn runs_slot(&self, slot: usize) -> bool {
        self.slot.get() == slot
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.busy.get()
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    pub(super) fn register(&self, waker: &Waker) {
        let mut slot = self.waker.borrow_mut();
        if !slot.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *slot = Some(waker.clone());
        }
    }

    pub(super) async fn next_job(&self) -> Job {
        poll_fn(|context| match self.job.borrow_mut().take() {
            Some(job) => Poll::Ready(job),
            None => {
                self.register(context.waker());
                Poll::Pending
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_vu_cannot_be_cancelled_by_mistake() {
        let control = VuControl::new(1);
        control.cancel();
        control.assign(Job::Close);
        assert!(!control.cancelled.get());
        assert!(control.is_busy());
    }
}
