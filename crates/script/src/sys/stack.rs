//! A slot of the slab as a coroutine's stack.

use corosensei::stack::{Stack, StackPointer};

use super::slab::{self, GUARD_BYTES, SLOT_BYTES, SlabError};

/// What is left of a stack below the limit that the script engine keeps: C and Rust code between two of its checks runs
/// here, a panic hook that prints a backtrace among it (rule 1).
const RESERVE_BYTES: usize = 64 << 10;

/// Stack that scripts may use; the rest is [`RESERVE_BYTES`] and the guard page.
pub(crate) const SCRIPT_STACK_BYTES: usize = SLOT_BYTES - GUARD_BYTES - RESERVE_BYTES;

/// One slot, given back when dropped.
pub(crate) struct SlabStack {
    slot: usize,
}

impl SlabStack {
    pub(crate) fn take() -> Result<SlabStack, SlabError> {
        slab::take().map(|slot| SlabStack { slot })
    }
}

impl Drop for SlabStack {
    fn drop(&mut self) {
        slab::give_back(self.slot);
    }
}

// SAFETY: the slot is a private, page-aligned piece of a mapping that lives as long as the process; its lowest page is a
// guard page (rule 10) and it is far larger than `MIN_STACK_SIZE`.
unsafe impl Stack for SlabStack {
    fn base(&self) -> StackPointer {
        StackPointer::new(self.slot + SLOT_BYTES).expect("the end of a mapping is not address 0")
    }

    fn limit(&self) -> StackPointer {
        StackPointer::new(self.slot).expect("the kernel maps nothing at address 0")
    }
}
