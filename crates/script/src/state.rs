//! What a VU's host functions share: its host, its bundle, why it is ending, its timers and its HTTP defaults.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use rquickjs::{Ctx, Error};

use crate::{
    Completion, Host, Input, Limits, Op, ScriptFailure, Step, VuSettings,
    bundle::Shared,
    events::Events,
    heap::ErrorShapes,
    limits::{RunClock, Verdict},
    loader::commonjs::CommonJs,
    modules::{Builtins, http::HttpState},
    sys::{qjs, switch::SwitchSlot},
};

/// Variables as `__ENV` shows them.
type Variables = Rc<Vec<(String, String)>>;

/// Why the running call ends without its script having a say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// [`Input::Cancel`].
    Cancelled,
    /// `exec.test.abort()`.
    Aborted,
    /// A limit.
    Limit(String),
    /// A panic of ours.
    Broken(String),
}

impl From<Ending> for ScriptFailure {
    fn from(ending: Ending) -> ScriptFailure {
        match ending {
            Ending::Cancelled => ScriptFailure::Cancelled,
            Ending::Aborted => ScriptFailure::Aborted,
            Ending::Limit(text) => ScriptFailure::Limit(text),
            Ending::Broken(text) => ScriptFailure::Broken(text),
        }
    }
}

/// In which part of its life the script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Init code.
    Init,
    /// An exported function.
    Call,
}

/// One VU's state, shared by its host functions. Nothing here is borrowed over a suspension (rule 6): the methods that
/// suspend hold no borrow, and every other method ends its borrow before it returns.
pub(crate) struct State {
    pub(crate) switch: SwitchSlot,
    pub(crate) host: Rc<dyn Host>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) settings: VuSettings,
    pub(crate) phase: Cell<Phase>,
    pub(crate) events: Events,
    pub(crate) http: HttpState,
    pub(crate) commonjs: CommonJs,
    pub(crate) builtins: Builtins,
    pub(crate) error_shapes: RefCell<Option<ErrorShapes>>,
    pub(crate) clock: RunClock,
    /// Heap of the script engine when it was last measured.
    pub(crate) heap_bytes: Cell<u64>,
    /// Scenario's variables over the base ones.
    pub(crate) env_overlay: RefCell<Option<Variables>>,
    /// `vu.metrics.metadata`.
    pub(crate) metadata: RefCell<BTreeMap<Rc<str>, Rc<str>>>,
    /// State of `Math.random`.
    pub(crate) random: Cell<u64>,
    /// Whether array buffers and typed arrays have been made.
    pub(crate) has_typed_arrays: Cell<bool>,
    initialized: Cell<bool>,
    /// Whether all imports of the main module are resolved: from then on none may come.
    pub(crate) linked: Cell<bool>,
    ending: RefCell<Option<Ending>>,
    is_ending: Cell<bool>,
}

impl State {
    pub(crate) fn new(settings: VuSettings, host: Rc<dyn Host>, shared: Arc<Shared>) -> State {
        State {
            switch: SwitchSlot::default(),
            host,
            shared,
            phase: Cell::new(Phase::Init),
            events: Events::default(),
            http: HttpState::new(&settings.http),
            commonjs: CommonJs::default(),
            builtins: Builtins::default(),
            error_shapes: RefCell::default(),
            clock: RunClock::default(),
            heap_bytes: Cell::new(0),
            env_overlay: RefCell::new(None),
            metadata: RefCell::default(),
            random: Cell::new(settings.seed),
            has_typed_arrays: Cell::new(false),
            initialized: Cell::new(false),
            linked: Cell::new(false),
            ending: RefCell::new(None),
            is_ending: Cell::new(false),
            settings,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// Whether init code is through.
    pub(crate) fn is_initialized(&self) -> bool {
        self.initialized.get()
    }

    pub(crate) fn set_initialized(&self) {
        self.initialized.set(true);
        self.commonjs.clear();
        self.builtins.clear();
        self.phase.set(Phase::Call);
    }

    /// Whether the running call is being ended; then no further script code may run.
    pub(crate) fn is_ending(&self) -> bool {
        self.is_ending.get()
    }

    /// Ends the running call; the first reason counts.
    pub(crate) fn end(&self, ending: Ending) {
        self.is_ending.set(true);
        self.ending.borrow_mut().get_or_insert(ending);
    }

    /// Takes the reason, so that the next call can run.
    pub(crate) fn take_ending(&self) -> Option<Ending> {
        self.is_ending.set(false);
        self.ending.borrow_mut().take()
    }

    /// Waits for `op`; the error, where the call is cancelled meanwhile, is the uncatchable one and is to be passed up.
    pub(crate) fn wait(&self, ctx: &Ctx<'_>, op: Op) -> Result<Completion, Error> {
        self.wait_quietly(op)
            .ok_or_else(|| qjs::throw_uncatchable(ctx))
    }

    /// As [`State::wait`], where no script is on the stack that an error would have to unwind.
    pub(crate) fn wait_quietly(&self, op: Op) -> Option<Completion> {
        if self.is_ending() {
            return None;
        }
        let is_yield = matches!(op, Op::Yield);
        let completion = match self.switch.suspend(Step::Suspended(op)) {
            Input::Complete(completion) => Some(completion),
            // Rule 5: from here on everything unwinds without running script code.
            Input::Cancel | Input::Init | Input::Call(_) | Input::Shutdown => {
                self.end(Ending::Cancelled);
                None
            }
        };
        if is_yield {
            self.clock.resume_slice();
        } else {
            self.clock.restart();
        }
        completion
    }

    /// The interrupt handler (rule 7): true stops the script by an error that it cannot catch. Nothing on this thread has to
    /// set anything for it to act: the deadline lies in the clock, and a cancel comes back from its own suspension.
    pub(crate) fn interrupt(&self) -> bool {
        if self.is_ending() {
            return true;
        }
        match self.clock.ask(Instant::now(), self.limits()) {
            Verdict::Continue => false,
            Verdict::Yield => self.wait_quietly(Op::Yield).is_none(),
            Verdict::TimeIsUp => {
                let limit = self.limits().script_time.unwrap_or_default();
                self.end(Ending::Limit(format!(
                    "the script ran for {limit:?} without waiting for anything (limits.script_time)"
                )));
                true
            }
        }
    }

    /// Text for a script that has reached its heap limit.
    pub(crate) fn heap_limit_text(&self) -> String {
        format!(
            "the script's heap is full at {} MiB (limits.memory_per_vu)",
            self.limits().memory_bytes >> 20
        )
    }

    /// The next number of this VU's `Math.random`: splitmix64, 53 bits.
    pub(crate) fn next_random(&self) -> f64 {
        let seed = self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.random.set(seed);
        let mut bits = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let fraction = (bits >> 11) as f64 / (1u64 << 53) as f64;
        fraction
    }
}
