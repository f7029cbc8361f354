//! Bounds repeated log lines: a dead target at 10,000 requests a second must not turn the log into the load.

use std::cell::Cell;

/// Lines of one core in one second.
const LINES_PER_SECOND: u32 = 100;
const SECOND: u64 = 1_000_000_000;

/// What one core may still log in this second.
#[derive(Debug, Default)]
pub(crate) struct LogBudget {
    second: Cell<u64>,
    lines: Cell<u32>,
    left_out: Cell<u64>,
}

impl LogBudget {
    /// Whether a line may be logged at this instant. What was left out in the seconds before is said first.
    pub(crate) fn allows(&self, now: u64) -> bool {
        let second = now / SECOND;
        if second != self.second.get() {
            self.second.set(second);
            self.lines.set(0);
            let left_out = self.left_out.take();
            if left_out > 0 {
                tracing::warn!(target: "loadd::engine", lines = left_out, "further lines like these were left out");
            }
        }
        let allowed = self.lines.get() < LINES_PER_SECOND;
        if allowed {
            self.lines.set(self.lines.get() + 1);
        } else {
            self.left_out.set(self.left_out.get() + 1);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_a_hundred_lines_and_the_next_one_too() {
        let budget = LogBudget::default();
        let allowed = |now: u64| (0..250).filter(|_| budget.allows(now)).count();
        assert_eq!(allowed(5 * SECOND), 100);
        assert_eq!(budget.left_out.get(), 150);
        assert_eq!(allowed(6 * SECOND), 100);
    }
}
