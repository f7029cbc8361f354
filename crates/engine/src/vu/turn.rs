//! For how long a VU has had its core, and when it is the neighbours' turn.

use std::{task::Poll, time::Duration};

use tokio::task::coop;

/// A VU's turn: its iterations since it waited last.
#[derive(Debug, Default)]
pub(super) struct Turn {
    held: Duration,
    waited: bool,
}

impl Turn {
    /// Where it is pending, the running iteration waits, and whoever else is ready runs meanwhile.
    pub(super) fn waits_if<T>(&mut self, polled: Poll<T>) -> Poll<T> {
        self.waited |= polled.is_pending();
        polled
    }

    /// After an iteration that took so long; whether the VU has now held the core for a slice. One that never waits, and
    /// whose work the script engine's interrupt handler does not see (native loops, short iterations), would otherwise run
    /// a hundred times in a row.
    pub(super) fn is_over(&mut self, took: Duration, slice: Duration) -> bool {
        self.held = if self.waited {
            Duration::ZERO
        } else {
            self.held.saturating_add(took)
        };
        self.waited = false;
        let over = self.held >= slice;
        if over {
            self.held = Duration::ZERO;
        }
        over
    }

    /// Lets the others run where the turn is over; whether they did.
    pub(super) async fn pass_on(&mut self, took: Duration, slice: Duration) -> bool {
        if self.is_over(took, slice) || !coop::has_budget_remaining() {
            tokio::task::yield_now().await;
            return true;
        }
        coop::consume_budget().await;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLICE: Duration = Duration::from_millis(5);

    fn turns(iterations: &[(u64, bool)]) -> Vec<bool> {
        let mut turn = Turn::default();
        let one = |&(millis, waited): &(u64, bool)| {
            let polled = if waited {
                Poll::Pending
            } else {
                Poll::Ready(())
            };
            let _same = turn.waits_if(polled);
            turn.is_over(Duration::from_millis(millis), SLICE)
        };
        iterations.iter().map(one).collect()
    }

    #[test]
    fn short_iterations_without_a_wait_add_up_to_a_slice() {
        let each = [(2, false); 6];
        assert_eq!(turns(&each), [false, false, true, false, false, true]);
        assert_eq!(turns(&[(9, false), (1, false)]), [true, false]);
    }

    #[test]
    fn a_wait_begins_another_turn() {
        let iterations = [(4, false), (30, true), (4, false), (4, false)];
        assert_eq!(turns(&iterations), [false, false, false, true]);
    }
}
