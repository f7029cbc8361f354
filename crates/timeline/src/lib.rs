//! Who does what when, as pure functions: segments, schedules, populations, steppers, plans.
//!
//! Everything here *takes* the time and *returns* what to do. The room knows no runtime, no randomness and no other room;
//! [`SystemClock`] in `clock.rs` is the only place that looks at a clock.
//!
//! The way through it: [`ScenarioSettings`] (text) -> [`resolve`] -> [`Plan`] (always the whole test) -> with a [`Share`]
//! (this worker's part) -> [`ArrivalSchedule`], [`Population`] or [`Quota`]. A schedule's two questions, "how many starts
//! are due before t" and "when is start k due", invert each other exactly; rejoining after a kill, catching up, sharing out
//! and simulating a thousand workers all follow from them.

mod clock;
mod duration;
mod offset;
mod plan;
mod population;
mod quota;
mod schedule;
mod segment;
mod settings;
mod share;
mod start;
mod stepper;
mod stripe;

pub use clock::{Clock, RunClock, SystemClock, VirtualClock};
pub use duration::{DurationError, DurationValue, parse_duration, parse_go_duration};
pub use offset::{Length, Offset};
pub use plan::{Executor, OnExhausted, Plan, ScenarioPlan, Stage};
pub use population::{Population, Span};
pub use quota::Quota;
pub use schedule::ArrivalSchedule;
pub use segment::{Segment, SegmentError, SegmentSequence};
pub use settings::{
    CountValue, Derived, LengthValue, PlanError, ScenarioSettings, Shortcuts, StageSettings,
    Unknown, resolve,
};
pub use share::Share;
pub use start::{StartAt, StartAtError};
pub use stepper::{OpenStep, OpenStepper};
pub use stripe::Stripe;
