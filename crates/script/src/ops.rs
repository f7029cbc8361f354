//! What a script may ask of the world: one declared list.
//!
//! An [`Op`] is what a suspended VU waits for; a [`Completion`] is the answer with which it is resumed. Both are owned:
//! nothing on the coroutine's stack is borrowed over a suspension (engine rule 6).

use std::{
    any::Any,
    fmt,
    rc::Rc,
    time::{Duration, Instant},
};

use loadd_client::{HttpRequest, Outcome};

/// Names an operation that runs beside the script until its promise settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(pub u64);

/// What a VU asks for while it is suspended.
#[derive(Debug)]
pub enum Op {
    /// `http.get` and friends. Answer: [`Completion::Http`].
    Http(Box<HttpCall>),
    /// `http.batch`. Answer: [`Completion::Batch`], in the order of the calls.
    Batch(Vec<Box<HttpCall>>),
    /// `sleep`. Answer: [`Completion::Done`].
    Sleep(Duration),
    /// Work for the processor that would hold up the event loop: done on another thread. Answer: [`Completion::Computed`].
    Compute(Computation),
    /// Starts an operation beside the script (`http.asyncRequest`). Answer: [`Completion::Done`] at once; the result
    /// comes with a later [`Op::Wait`].
    Start(OpId, Box<Op>),
    /// The script has nothing to do until a started operation ends or the earliest timer is due. Answer:
    /// [`Completion::Finished`] for one operation, or [`Completion::Done`] when `until` has come.
    Wait {
        /// When the earliest timer is due.
        until: Option<Instant>,
    },
    /// The script has run for a whole slice: let the neighbours run, then go on. Answer: [`Completion::Done`].
    Yield,
}

/// The answer to an [`Op`].
#[derive(Debug)]
pub enum Completion {
    /// It is done; there is nothing to tell.
    Done,
    /// Result of [`Op::Http`].
    Http(Answered),
    /// Results of [`Op::Batch`].
    Batch(Vec<Answered>),
    /// Result of [`Op::Compute`].
    Computed(Computed),
    /// A started operation has ended with this result.
    Finished(OpId, Box<Completion>),
}

/// Work without JavaScript in it, for any thread.
pub struct Computation {
    work: Box<dyn FnOnce() -> Computed + Send>,
    waits: bool,
}

/// What came of a [`Computation`].
pub struct Computed(Box<dyn Any + Send>);

impl Computation {
    pub(crate) fn new<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Computation {
        Computation {
            work: Box::new(move || Computed(Box::new(work()))),
            waits: false,
        }
    }

    /// Work that waits for the world, and needs no processor meanwhile.
    pub(crate) fn waiting<T: Send + 'static>(
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Computation {
        Computation {
            waits: true,
            ..Computation::new(work)
        }
    }

    /// Whether it waits rather than works.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// Does it. May take seconds.
    #[must_use]
    pub fn run(self) -> Computed {
        (self.work)()
    }
}

impl Computed {
    /// The result, where it has this type.
    pub(crate) fn take<T: 'static>(self) -> Option<T> {
        self.0.downcast().ok().map(|result| *result)
    }
}

impl fmt::Debug for Computation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Computation")
    }
}

impl fmt::Debug for Computed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Computed")
    }
}

/// A call and what came of it. The call comes back as it went out: the response shows it, so nothing of it is copied.
#[derive(Debug)]
pub struct Answered {
    /// The call.
    pub call: Box<HttpCall>,
    /// All its hops.
    pub outcome: Outcome,
}

/// One HTTP call with what its samples need.
#[derive(Debug)]
pub struct HttpCall {
    /// What goes out.
    pub request: HttpRequest,
    /// The `name` tag (which then replaces the `url` tag too), from `params.tags.name` or the `http.url` template.
    pub name: Option<Rc<str>>,
    /// `params.tags` without `name`.
    pub tags: Vec<(Rc<str>, Rc<str>)>,
    /// What counts as expected.
    pub expected: Expected,
    /// Whether the script gets network errors as exceptions (`throw`).
    pub throws: bool,
    /// Whether the call has a limit of redirects of its own, which is kept in silence.
    pub own_redirect_limit: bool,
}

/// The response callback: which statuses count as expected (`http_req_failed`, tag `expected_response`).
#[derive(Debug, Clone, Default)]
pub enum Expected {
    /// 200 to 399.
    #[default]
    Default,
    /// The inclusive ranges of `http.expectedStatuses`.
    Statuses(Rc<[(u16, u16)]>),
    /// `responseCallback: null`: neither the sample nor the tag.
    Off,
}

impl Expected {
    /// Whether `status` (0: no response) is expected; `None` where nobody asks.
    #[must_use]
    pub fn judge(&self, status: u16) -> Option<bool> {
        match self {
            Expected::Default => Some((200..=399).contains(&status)),
            Expected::Statuses(ranges) => Some(
                ranges
                    .iter()
                    .any(|&(low, high)| (low..=high).contains(&status)),
            ),
            Expected::Off => None,
        }
    }
}
