//! Raw calls of the script engine about its heap.

use std::{marker::PhantomData, mem::MaybeUninit, ptr::NonNull};

use rquickjs::{Context, Ctx, Runtime, qjs};

/// The heap of one VU's script engine.
pub(crate) struct Heap<'a> {
    runtime: NonNull<qjs::JSRuntime>,
    lent: PhantomData<&'a ()>,
}

impl<'a> Heap<'a> {
    pub(crate) fn of(ctx: &'a Ctx<'_>) -> Heap<'a> {
        // SAFETY: a live context has a runtime, which lives as long as the context is lent.
        let runtime = unsafe { NonNull::new_unchecked(qjs::JS_GetRuntime(ctx.as_raw().as_ptr())) };
        Heap {
            runtime,
            lent: PhantomData,
        }
    }

    /// Its bound; `usize::MAX`: none.
    pub(crate) fn set_limit(&self, bytes: usize) {
        // SAFETY: a plain setter on the runtime that this coroutine owns (rule 2).
        unsafe { qjs::JS_SetMemoryLimit(self.runtime.as_ptr(), bytes as _) };
    }

    /// Bytes in use at which garbage is collected next.
    pub(crate) fn garbage_threshold(&self) -> usize {
        // SAFETY: a plain getter on the runtime that this coroutine owns (rule 2).
        let bytes = unsafe { qjs::JS_GetGCThreshold(self.runtime.as_ptr()) };
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    pub(crate) fn set_garbage_threshold(&self, bytes: usize) {
        // SAFETY: a plain setter on the runtime that this coroutine owns (rule 2).
        unsafe { qjs::JS_SetGCThreshold(self.runtime.as_ptr(), bytes as _) };
    }

    /// Bytes in use. Walks all objects: for rare calls.
    pub(crate) fn in_use(&self) -> u64 {
        let mut usage = MaybeUninit::<qjs::JSMemoryUsage>::uninit();
        // SAFETY: the engine fills the whole struct.
        let usage = unsafe {
            qjs::JS_ComputeMemoryUsage(self.runtime.as_ptr(), usage.as_mut_ptr());
            usage.assume_init()
        };
        u64::try_from(usage.malloc_size).unwrap_or(0)
    }
}

/// Sets the interrupt handler, and lends it the heap of the runtime that calls it.
pub(crate) fn on_interrupt(
    runtime: &Runtime,
    context: &Context,
    mut handler: impl FnMut(&Heap<'_>) -> bool + 'static,
) {
    let heap: Heap<'static> = context.with(|ctx| Heap {
        runtime: Heap::of(&ctx).runtime,
        // The runtime owns the handler, which owns this, and calls it only while it lives; it is lent for each call alone.
        lent: PhantomData,
    });
    runtime.set_interrupt_handler(Some(Box::new(move || handler(&heap))));
}
