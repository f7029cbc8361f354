//! Switching between the event loop's stack and a VU's own.

use std::{cell::Cell, ptr};

use corosensei::{Coroutine, CoroutineResult, Yielder};

use super::{slab::SlabError, stack::SlabStack};
use crate::{Input, Step};

/// A VU's coroutine: resumed with an [`Input`], it runs until it has the next [`Step`].
pub(crate) struct Fiber {
    coroutine: Coroutine<Input, Step, Step, SlabStack>,
}

impl Fiber {
    /// A coroutine that will run `body` on a stack of its own. `body` returns only for [`Input::Shutdown`].
    pub(crate) fn new(
        body: impl FnOnce(Input, &Switch) -> Step + 'static,
    ) -> Result<Fiber, SlabError> {
        let stack = SlabStack::take()?;
        let coroutine =
            Coroutine::with_stack(stack, move |yielder: &Yielder<Input, Step>, input| {
                let switch = Switch {
                    yielder: Cell::new(ptr::from_ref(yielder)),
                };
                let step = body(input, &switch);
                switch.yielder.set(ptr::null());
                step
            });
        Ok(Fiber { coroutine })
    }

    /// Whether the body has never been entered or has returned, so that dropping unwinds nothing (rule 5).
    pub(crate) fn is_idle(&self) -> bool {
        !self.coroutine.started() || self.coroutine.done()
    }

    /// Runs the body until it suspends or returns.
    pub(crate) fn resume(&mut self, input: Input) -> Step {
        match self.coroutine.resume(input) {
            CoroutineResult::Yield(step) | CoroutineResult::Return(step) => step,
        }
    }
}

/// The way back to the event loop. Lives on the coroutine's stack for as long as its body runs.
pub(crate) struct Switch {
    yielder: Cell<*const Yielder<Input, Step>>,
}

impl Switch {
    /// Leaves the coroutine with `step` and returns with what it is resumed with. Rule 6: whoever calls this holds no borrow,
    /// guard or lock. Rule 4: any JavaScript may run afterwards, this runtime's frames are untouched meanwhile (rule 2).
    pub(crate) fn suspend(&self, step: Step) -> Input {
        let yielder = self.yielder.get();
        assert!(!yielder.is_null(), "suspended outside of the coroutine");
        // SAFETY: `Fiber::new` sets the pointer to the yielder that outlives the body, and clears it when the body is over.
        // A `Switch` is neither `Send` nor reachable from another coroutine (rule 3).
        unsafe { (*yielder).suspend(step) }
    }
}

/// A [`Switch`] that a VU's state can hold while its body runs.
#[derive(Default)]
pub(crate) struct SwitchSlot {
    switch: Cell<Option<ptr::NonNull<Switch>>>,
}

impl SwitchSlot {
    /// Makes `switch` the one that [`SwitchSlot::suspend`] uses while `run` runs.
    pub(crate) fn with<R>(&self, switch: &Switch, run: impl FnOnce() -> R) -> R {
        struct Clear<'a>(&'a SwitchSlot);
        impl Drop for Clear<'_> {
            fn drop(&mut self) {
                self.0.switch.set(None);
            }
        }
        self.switch.set(Some(ptr::NonNull::from(switch)));
        let _clear = Clear(self);
        run()
    }

    /// See [`Switch::suspend`].
    pub(crate) fn suspend(&self, step: Step) -> Input {
        let switch = self
            .switch
            .get()
            .expect("only the coroutine's own code suspends, and it runs inside `with`");
        // SAFETY: `with` borrows the switch for as long as the pointer is here.
        unsafe { switch.as_ref() }.suspend(step)
    }
}
