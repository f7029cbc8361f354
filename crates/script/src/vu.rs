//! One VU's script: a coroutine that owns its own engine runtime, can be called, suspended, resumed and cancelled.
//!
//! The owner drives it: `resume(Input::Init)` until [`Step::Ready`], then for each iteration `resume(Input::Call(..))`, and
//! for each [`Step::Suspended`] the awaited [`Completion`] by `resume(Input::Complete(..))`, until [`Step::Returned`].

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::Arc,
};

use crate::{
    Bundle, Completion, Host, Limits, Op, ScriptError,
    bundle::{Facts, Shared},
    state::State,
    sys::{qjs::panic_text, switch::Fiber},
};

mod body;

/// A VU's script.
pub struct ScriptVu {
    fiber: Fiber,
    state: Rc<State>,
    facts: Rc<RefCell<Option<Facts>>>,
    stage: Stage,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Init.
    Fresh,
    /// A call.
    Idle,
    /// A completion or a cancel.
    Suspended,
    /// Shutdown: init or the engine itself has failed.
    Failed,
    /// Nothing.
    Closed,
}

/// What a VU is made from.
#[derive(Clone)]
pub struct VuSettings {
    /// `__VU`: 0 for setup, teardown and summary.
    pub number: u64,
    /// `__ENV`: system variables, `env` of the config, `-e`.
    pub env: Rc<Vec<(String, String)>>,
    /// Heap, stack, script time, slice.
    pub limits: Limits,
    /// Seed of `Math.random`.
    pub seed: u64,
    /// Defaults that calls fall back on.
    pub http: Rc<HttpDefaults>,
}

/// Options that `k6/http` falls back on where a call says nothing.
#[derive(Debug, Clone)]
pub struct HttpDefaults {
    /// `userAgent`; empty: none sent.
    pub user_agent: String,
    /// `maxRedirects`.
    pub max_redirects: u32,
    /// `discardResponseBodies`.
    pub discard_response_bodies: bool,
    /// `throw`.
    pub throw: bool,
}

/// With what a VU is resumed.
#[derive(Debug)]
pub enum Input {
    /// Run the init code. First of all, once.
    Init,
    /// Run one exported function.
    Call(Call),
    /// The awaited operation has ended.
    Complete(Completion),
    /// End what is running, by an error that no script can catch: no `catch`, no `finally`. Only while suspended.
    Cancel,
    /// Free the runtime on its own stack. Only while nothing runs.
    Shutdown,
}

/// A call of one exported function.
#[derive(Debug, Clone)]
pub struct Call {
    /// Export's name.
    pub function: Rc<str>,
    /// Argument as JSON text (`setup`'s result, the summary's data); decoded once per VU for each new text. `None`: undefined.
    pub data: Option<Arc<str>>,
    /// Laid over `__ENV` when the VU enters another scenario; `None`: as it was.
    pub env: Option<Rc<Vec<(String, String)>>>,
    /// `__ITER`; `None`: undeclared (setup, teardown, summary).
    pub iteration: Option<u64>,
    /// Whether the result is wanted as JSON text (setup, handleSummary).
    pub want_result: bool,
}

/// How far a resumed VU came.
#[derive(Debug)]
pub enum Step {
    /// It waits for this.
    Suspended(Op),
    /// Init code is through.
    Ready,
    /// The call is over.
    Returned(Result<Option<String>, ScriptFailure>),
    /// The runtime is freed; nothing may follow.
    Closed,
}

/// Why a call did not return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptFailure {
    /// An exception left the function: message and stack with positions in the user's files.
    Exception {
        /// `Error: message`
        message: String,
        /// Stack, a line for each frame.
        stack: String,
    },
    /// Ended by [`Input::Cancel`].
    Cancelled,
    /// `exec.test.abort()`.
    Aborted,
    /// What the function returned cannot be passed on as JSON (`setup`).
    Result(String),
    /// A limit was reached (script time, heap): text says which and where to change it.
    Limit(String),
    /// A host function panicked: a fault of loadd. The VU must be shut down and replaced.
    Broken(String),
}

impl ScriptVu {
    /// Prepares a VU; nothing runs before [`Input::Init`].
    ///
    /// # Errors
    /// Where there is no stack left for it.
    pub fn new(
        bundle: &Arc<Bundle>,
        settings: VuSettings,
        host: Rc<dyn Host>,
    ) -> Result<ScriptVu, ScriptError> {
        ScriptVu::loading(&bundle.shared, settings, host)
    }

    pub(crate) fn loading(
        shared: &Arc<Shared>,
        settings: VuSettings,
        host: Rc<dyn Host>,
    ) -> Result<ScriptVu, ScriptError> {
        let state = Rc::new(State::new(settings, host, Arc::clone(shared)));
        let facts = Rc::new(RefCell::new(None));
        let (its_state, its_facts) = (Rc::clone(&state), Rc::clone(&facts));
        let fiber =
            Fiber::new(move |input, switch| body::run(&its_state, &its_facts, input, switch))
                .map_err(|error| ScriptError::new(error.to_string()))?;
        Ok(ScriptVu {
            fiber,
            state,
            facts,
            stage: Stage::Fresh,
        })
    }

    /// What the first load wants to know.
    pub(crate) fn take_facts(&mut self) -> Option<Facts> {
        self.facts.borrow_mut().take()
    }

    /// Whether cookies survive from one call to the next (`noCookiesReset`); otherwise each call begins with an empty jar.
    pub fn keep_cookies(&mut self, keep: bool) {
        self.state.http.keep_cookies.set(keep);
    }

    /// Runs the VU until it waits, is through or fails.
    ///
    /// Where init fails, the step is [`Step::Returned`] with the failure, and only [`Input::Shutdown`] may follow.
    ///
    /// # Panics
    /// On an input that does not fit the state: a fault of the caller.
    pub fn resume(&mut self, input: Input) -> Step {
        let fits = match (&input, self.stage) {
            (Input::Init, stage) => stage == Stage::Fresh,
            (Input::Call(_), stage) => stage == Stage::Idle,
            (Input::Complete(_) | Input::Cancel, stage) => stage == Stage::Suspended,
            (Input::Shutdown, stage) => matches!(stage, Stage::Fresh | Stage::Idle | Stage::Failed),
        };
        assert!(
            fits,
            "a VU that is {:?} was resumed with {input:?}",
            self.stage
        );
        if matches!(input, Input::Shutdown) && self.fiber.is_idle() {
            self.stage = Stage::Closed;
            return Step::Closed;
        }
        let first = self.stage == Stage::Fresh;
        let step = self.run(input);
        self.stage = match &step {
            Step::Suspended(_) => Stage::Suspended,
            Step::Ready => Stage::Idle,
            Step::Returned(Err(ScriptFailure::Broken(_))) => Stage::Failed,
            Step::Returned(_) if first || !self.state.is_initialized() => Stage::Failed,
            Step::Returned(_) => Stage::Idle,
            Step::Closed => Stage::Closed,
        };
        step
    }

    /// Rule 8, the last line of defence: a panic of the coroutine's own code (host functions have theirs) ends this VU only.
    fn run(&mut self, input: Input) -> Step {
        catch_unwind(AssertUnwindSafe(|| self.fiber.resume(input)))
            .unwrap_or_else(|panic| Step::Returned(Err(ScriptFailure::Broken(panic_text(&*panic)))))
    }

    /// Bytes of the script engine's heap when it was last measured: after 16, 32 ... 1024, then every 1024 calls, since
    /// measuring walks the whole heap. Before that: as many as the first VU of the bundle had after init.
    #[must_use]
    pub fn heap_bytes(&self) -> u64 {
        self.state.heap_bytes.get()
    }
}

impl ScriptVu {
    /// Leaves the runtime as it is instead of freeing it object by object, a quarter of what making a VU costs: for the end
    /// of the process, when the system takes all memory back at once.
    pub fn leave_to_process_end(self) {
        std::mem::forget(self);
    }
}

impl Drop for ScriptVu {
    /// Rule 5: a suspended coroutine is never dropped as it is. It is cancelled, unwinds by the uncatchable error, and frees
    /// its runtime on its own stack (rule 1).
    fn drop(&mut self) {
        if self.stage == Stage::Suspended {
            // After a cancel the body never suspends again before it returns.
            drop(self.resume(Input::Cancel));
        }
        if matches!(self.stage, Stage::Idle | Stage::Failed) {
            drop(self.resume(Input::Shutdown));
        }
    }
}
