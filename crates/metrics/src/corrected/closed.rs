//! The closed model: a loop that waits for a stalled answer does not send what it would have sent meanwhile.
//!
//! HdrHistogram's correction: an answer that took v, much longer than the interval E at which this VU repeats this request,
//! stands also for the requests that would have waited v-E, v-2E, ... It is an estimate: where answers have a heavy tail
//! without any stall it overstates.

use super::median::{Pace, RecentMedian};
use crate::{Recorder, SeriesId};

/// Requests told apart for one VU; beyond them the one looked at longest ago by number makes room.
const REQUESTS: usize = 32;

/// One VU's loop: how often it repeats each of its requests, and how long the answers take.
#[derive(Debug, Default)]
pub struct LoopLatency {
    requests: Vec<Repeated>,
    /// The request that comes next if the script does what it did before.
    expected: usize,
    victim: usize,
}

/// One request that comes again and again.
#[derive(Debug)]
struct Repeated {
    key: u64,
    asked: u64,
    answered: u64,
    intervals: Pace,
    responses: RecentMedian,
}

impl LoopLatency {
    /// Records an answer and what the loop has swallowed. `key` tells a VU's requests apart; `asked` and `answered` are
    /// instants in nanoseconds, `response` is `http_req_duration`.
    pub fn answered(
        &mut self,
        recorder: &mut Recorder,
        series: SeriesId,
        key: u64,
        (asked, answered): (u64, u64),
        response: u64,
    ) {
        recorder.observe_own(series, response);
        let of = self.request(key, asked);
        if let (Some(interval), Some(median)) = (of.intervals.get(), of.responses.get())
            && interval > 0
            && response > interval.saturating_mul(2)
            && response > median.saturating_mul(10)
        {
            let swallowed = (response - 1) / interval;
            recorder.observe_steps(series, response - interval, interval, swallowed);
        }
        // Of a batch that asks for the same several times, only the first request is a new turn of the loop.
        if asked >= of.answered {
            if of.answered > 0 {
                of.intervals.push(asked.saturating_sub(of.asked));
            }
            of.asked = asked;
        }
        of.answered = of.answered.max(answered);
        of.responses.push(response);
    }

    /// The loop has ended, or stood still: no interval reaches over the gap.
    pub fn pause(&mut self) {
        for request in &mut self.requests {
            request.answered = 0;
        }
    }

    fn request(&mut self, key: u64, asked: u64) -> &mut Repeated {
        let known = self
            .requests
            .get(self.expected)
            .is_some_and(|of| of.key == key);
        let place = if known {
            self.expected
        } else {
            match self.requests.iter().position(|of| of.key == key) {
                Some(place) => place,
                None => self.meet(key, asked),
            }
        };
        self.expected = if place + 1 < self.requests.len() {
            place + 1
        } else {
            0
        };
        &mut self.requests[place]
    }

    #[cold]
    fn meet(&mut self, key: u64, asked: u64) -> usize {
        let fresh = Repeated {
            key,
            asked,
            answered: 0,
            intervals: Pace::default(),
            responses: RecentMedian::default(),
        };
        if self.requests.len() < REQUESTS {
            self.requests.push(fresh);
            return self.requests.len() - 1;
        }
        self.victim = (self.victim + 1) % REQUESTS;
        self.requests[self.victim] = fresh;
        self.victim
    }
}
