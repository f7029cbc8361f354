//! The bound of a VU's heap, and what makes a full one tell that it is full.
//!
//! A heap that is full has no room for the error that says so: the engine then throws an error without its message, or
//! `null`. Two things mend that. The error's shapes are kept alive ([`ErrorShapes`]), so that it needs a few bytes less;
//! and where it still does not fit, [`was_full`] knows. The engine looks for cyclic garbage when the heap passes a
//! threshold, and then sets the threshold to one and a half times what lives. That may be beyond the bound, where garbage
//! alone could fill the heap: [`look_for_garbage_in_time`] takes it back.

use rquickjs::{Ctx, Object, Persistent, Result, object::Property};

use crate::{
    state::State,
    sys::{memory::Heap, qjs},
};

/// The bound as the engine wants it; `usize::MAX`: none.
pub(crate) fn limit(state: &State) -> usize {
    match state.limits().memory_bytes {
        0 => usize::MAX,
        bytes => usize::try_from(bytes).unwrap_or(usize::MAX),
    }
}

/// Has the engine look for garbage halfway between what lives and the bound, where it would wait until after the bound.
/// Before each call, and at each interrupt.
pub(crate) fn look_for_garbage_in_time(heap: &Heap<'_>, state: &State) {
    let (limit, threshold) = (limit(state), heap.garbage_threshold());
    let latest = limit - limit / 16;
    if threshold > latest {
        let lives = (threshold / 3 * 2).min(limit);
        heap.set_garbage_threshold(lives.midpoint(limit).min(latest));
    }
}

/// Whether two thirds of the heap or more were in use when the engine last looked for garbage, in this call: it did so at
/// the latest when it made the error that did not fit, since no threshold is left in the last sixteenth of the heap.
pub(crate) fn was_full(ctx: &Ctx<'_>) -> bool {
    Heap::of(ctx).garbage_threshold() >= limit(qjs::state(ctx))
}

/// Keeps the shapes of an `InternalError` alive, without and with its message: the engine drops what no object has.
pub(crate) struct ErrorShapes {
    _bare: Persistent<Object<'static>>,
    _with_message: Persistent<Object<'static>>,
}

impl ErrorShapes {
    pub(crate) fn of(ctx: &Ctx<'_>) -> Result<ErrorShapes> {
        let constructor: Object = ctx.globals().get("InternalError")?;
        let prototype: Object = constructor.get("prototype")?;
        let bare = qjs::object_with_prototype(&prototype)?;
        let with_message = qjs::object_with_prototype(&prototype)?;
        with_message.prop("message", Property::from("").writable().configurable())?;
        Ok(ErrorShapes {
            _bare: Persistent::save(ctx, bare),
            _with_message: Persistent::save(ctx, with_message),
        })
    }
}
