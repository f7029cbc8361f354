//! Join the run that the checkpoint knows, or begin a new one: contract section 4 as a pure function.

use super::format::{Checkpoint, Ending, RunState};

/// What the configuration says about the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartWish {
    /// `start_at` names an instant, Unix milliseconds. `over`: that plan's end has passed.
    At {
        /// The instant.
        start_ms: i64,
        /// Whether the plan that began there is over now.
        over: bool,
    },
    /// Absent or `next-minute`: resolved once, at the first start.
    Open,
}

/// What a start does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A new run, counting from 0.
    New,
    /// Take up the run of the checkpoint: its resolved start, its counts.
    Join {
        /// Its resolved start, Unix milliseconds.
        start_ms: i64,
        /// The earlier process ended without saying so (`loadd_unclean_restarts_total`).
        unclean: bool,
    },
    /// The run was aborted and is not taken up again: end with this code.
    Aborted {
        /// The exit code of the abort.
        code: u8,
    },
    /// The plan is over: exit 0 where this worker took part to its end, else 122.
    Over {
        /// Whether it did.
        took_part: bool,
    },
}

impl Decision {
    /// Decides by the checkpoint of the same test id and instance, if there is one.
    #[must_use]
    pub fn of(checkpoint: Option<&Checkpoint>, wish: StartWish, fingerprint: u64) -> Decision {
        match wish {
            StartWish::At { start_ms, over } => at(
                checkpoint.filter(|known| known.run.start_ms == start_ms),
                start_ms,
                over,
            ),
            StartWish::Open => match checkpoint {
                Some(known)
                    if known.state == RunState::Running && known.run.fingerprint == fingerprint =>
                {
                    Decision::Join {
                        start_ms: known.run.start_ms,
                        unclean: true,
                    }
                }
                Some(_) | None => Decision::New,
            },
        }
    }
}

/// With an explicit start the run is always the same one, whatever its plan looks like by now.
fn at(known: Option<&Checkpoint>, start_ms: i64, over: bool) -> Decision {
    match known.map(|known| known.state) {
        Some(RunState::Finished(Ending::Aborted { code })) => Decision::Aborted { code },
        state if over => Decision::Over {
            took_part: state == Some(RunState::Finished(Ending::Completed)),
        },
        Some(state) => Decision::Join {
            start_ms,
            unclean: state == RunState::Running,
        },
        None => Decision::New,
    }
}
