//! A deep stack for native code that recurses over what others wrote (parsers of HTML and CSS): a coroutine's own stack is
//! small, and much of it may be the script's by then.

use std::cell::Cell;

use corosensei::stack::DefaultStack;

/// What the deepest input that is let through needs, many times over.
const DEEP_BYTES: usize = 4 << 20;

thread_local! {
    /// Shared by all VUs of a core: nothing that runs on it suspends. Made at its first use.
    static DEEP: Cell<Option<DefaultStack>> = const { Cell::new(None) };
}

/// Runs `work` on the deep stack. It must neither suspend nor run script: both would leave the stack in use.
pub(crate) fn on_deep_stack<R>(work: impl FnOnce() -> R) -> R {
    let kept = DEEP.with(Cell::take);
    let Some(mut stack) = kept.or_else(|| DefaultStack::new(DEEP_BYTES).ok()) else {
        // No memory for it: the stack that is there has to do.
        return work();
    };
    let result = corosensei::on_stack(&mut stack, work);
    DEEP.with(|kept| kept.set(Some(stack)));
    result
}

#[cfg(test)]
mod tests {
    use super::on_deep_stack;

    fn depth(levels: u32) -> u32 {
        let frame = std::hint::black_box([0u8; 1024]);
        if levels == 0 {
            return u32::from(frame[0]);
        }
        depth(levels - 1) + 1
    }

    #[test]
    fn work_gets_more_stack_than_its_caller_has_also_when_nested_and_after_a_panic() {
        let small = std::thread::Builder::new().stack_size(128 << 10);
        let worker = small.spawn(|| {
            let caught = std::panic::catch_unwind(|| on_deep_stack(|| panic!("of the work")));
            assert!(caught.is_err());
            on_deep_stack(|| depth(1000) + on_deep_stack(|| depth(1000)))
        });
        assert_eq!(worker.unwrap().join().unwrap(), 2000);
    }
}
