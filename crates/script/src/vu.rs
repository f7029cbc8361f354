//! One VU's script: a coroutine that owns its own engine runtime, can be called, suspended, resumed and cancelled.
//!
//! The owner drives it: `resume(Input::Init)` until [`Step::Ready`], then for each iteration `resume(Input::Call(..))`, and
//! for each [`Step::Suspended`] the awaited [`Completion`] by `resume(Input::Complete(..))`, until [`Step::Returned`].

use std::{rc::Rc, sync::Arc};

use crate::{Bundle, Completion, Host, Limits, Op};

/// A VU's script.
pub struct ScriptVu {
    _private: (),
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
    pub fn new(bundle: &Arc<Bundle>, settings: VuSettings, host: Rc<dyn Host>) -> Result<ScriptVu, crate::ScriptError> {
        let _ = (bundle, settings, host);
        todo!()
    }

    /// Runs the VU until it waits, is through or fails.
    ///
    /// # Panics
    /// On an input that does not fit the state: a fault of the caller.
    pub fn resume(&mut self, input: Input) -> Step {
        let _ = input;
        todo!()
    }

    /// Bytes of the script engine's heap, as of the last suspension.
    #[must_use]
    pub fn heap_bytes(&self) -> u64 {
        todo!()
    }
}
