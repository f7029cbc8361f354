//! The end of the time that a call may take, with a sleeper that is used again.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use tokio::time::Sleep;

/// The end of the time that a call may take.
///
/// A timer of the runtime costs more than the rest of the bookkeeping of a request. So the session keeps its sleepers: one
/// that would wake too early is left as it is and set anew only if it ever does wake.
pub(crate) struct Deadline {
    at: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Deadline {
    pub(crate) fn new(at: Instant, spare: Option<Pin<Box<Sleep>>>) -> Self {
        let sleep = match spare {
            Some(mut sleep) => {
                let wakes = sleep.deadline();
                if wakes > at.into() || sleep.is_elapsed() {
                    sleep.as_mut().reset(at.into());
                }
                sleep
            }
            None => Box::pin(tokio::time::sleep_until(at.into())),
        };
        Deadline { at, sleep }
    }

    /// Whether time is up; else the task is woken when it is.
    pub(crate) fn poll_over(&mut self, cx: &mut Context<'_>) -> bool {
        while self.sleep.as_mut().poll(cx).is_ready() {
            if self.sleep.deadline() >= self.at.into() {
                return true;
            }
            self.sleep.as_mut().reset(self.at.into());
        }
        false
    }

    pub(crate) fn into_spare(self) -> Pin<Box<Sleep>> {
        self.sleep
    }
}

impl Future for Deadline {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_over(cx) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}
