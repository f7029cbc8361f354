//! What an answer means: done, again later, never again, or in two halves. Pure: outcomes and time go in, a decision
//! comes out. The table is that of the remote-write specification, with one deviation: 401 and 403 are tried again at the
//! slowest pace, since credentials rotate.

use std::time::Duration;

/// First wait after a failure.
pub(crate) const FIRST_WAIT: Duration = Duration::from_millis(30);
/// Longest wait of our own choice.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Longest wait that a receiver may ask for.
pub(crate) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// When an eternal 500 is a request's own fault: after this many replies over at least this long it is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// Replies 500.
    pub(crate) replies: u32,
    /// From the first to the last of them.
    pub(crate) time: Duration,
}

impl Patience {
    /// A receiver that restarts answers 500 for a while; two minutes are longer than that.
    pub(crate) const USUAL: Patience = Patience {
        replies: 8,
        time: Duration::from_secs(120),
    };
    /// With a half of a request that was given up: or the search for the one bad series would take hours.
    const SHORT: Patience = Patience {
        replies: 3,
        time: Duration::ZERO,
    };
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A whole reply over HTTP.
    Reply {
        /// Its status.
        status: u16,
        /// What `Retry-After` asks for.
        retry_after: Option<Duration>,
        /// Samples that the receiver says it took; `None` where it does not say.
        written: Option<u64>,
    },
    /// A whole reply over gRPC.
    Grpc {
        /// Its status.
        code: u16,
        /// What `RetryInfo` asks for.
        retry_after: Option<Duration>,
        /// As above.
        written: Option<u64>,
    },
    /// Refused, reset, timed out, garbage, half a reply.
    NoReply,
}

/// Whose rules a reply is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// All or nothing: a refused request is split.
    RemoteWrite1,
    /// The receiver keeps what is good and says how much that was.
    RemoteWrite2,
    /// OTLP: few statuses may be tried again, and 500 is not one of them.
    Otlp,
}

/// Why a request is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A 4xx.
    Rejected,
    /// An eternal 500.
    Poison,
    /// Accepted, but for a part.
    Partial,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Accepted.
    Sent,
    /// Done with, and so many were refused.
    Partly(u64, Reason),
    /// The same bytes after this long.
    Retry(Duration),
    /// New credentials first, then the same bytes after this long.
    Authorize(Duration),
    /// Never these bytes again, but in halves: one bad series costs all others of a request.
    Split(Reason),
    /// Never again.
    Drop(Reason),
    /// In halves, and later requests are to be smaller.
    TooLarge,
    /// The same samples in the version before.
    FallBack,
}

/// Backoff and poison guard of one request.
#[derive(Debug)]
pub(crate) struct Retry {
    wait: Duration,
    poison_replies: u32,
    poison_since: Option<Duration>,
    patience: Patience,
    rules: Rules,
    /// Samples in the request, as the receiver counts them.
    offered: u64,
}

impl Retry {
    /// For a new request with so many samples.
    pub(crate) fn new(patience: Patience, rules: Rules, offered: u64) -> Retry {
        Retry {
            wait: FIRST_WAIT,
            poison_replies: 0,
            poison_since: None,
            patience,
            rules,
            offered,
        }
    }

    /// For a half of a request that was given up as poisoned.
    pub(crate) fn suspect(rules: Rules, offered: u64) -> Retry {
        Retry::new(Patience::SHORT, rules, offered)
    }

    /// Decides. `now` is time on any clock that does not step back; `jitter` is a number in 0..1 from a seeded source.
    pub(crate) fn decide(&mut self, outcome: &Outcome, now: Duration, jitter: f64) -> Decision {
        match *outcome {
            Outcome::NoReply => Decision::Retry(self.back_off(None, jitter)),
            Outcome::Reply {
                status,
                retry_after,
                written,
            } => match self.rules {
                Rules::RemoteWrite1 => self.remote_write(status, retry_after, now, jitter),
                Rules::RemoteWrite2 => match (status, written) {
                    // An old receiver takes the body for an empty message of version 1.0, and is content.
                    (200..=299, None) | (415, _) => Decision::FallBack,
                    (200..=299, Some(written)) => self.less(written, Reason::Partial),
                    (401 | 403 | 408 | 413 | 429, _) => {
                        self.remote_write(status, retry_after, now, jitter)
                    }
                    (400..=499, Some(written)) => self.less(written, Reason::Rejected),
                    (400..=499, None) => Decision::Drop(Reason::Rejected),
                    _ => self.remote_write(status, retry_after, now, jitter),
                },
                Rules::Otlp => match status {
                    200..=299 => self.less(written.unwrap_or(self.offered), Reason::Partial),
                    401 | 403 => Decision::Authorize(jittered(LONGEST_WAIT, jitter)),
                    413 => Decision::TooLarge,
                    429 | 502..=504 => Decision::Retry(self.back_off(retry_after, jitter)),
                    400..=599 => Decision::Drop(Reason::Rejected),
                    _ => Decision::Retry(self.back_off(None, jitter)),
                },
            },
            Outcome::Grpc {
                code,
                retry_after,
                written,
            } => self.grpc(code, retry_after, written, jitter),
        }
    }

    /// Accepted but for what the receiver did not write.
    fn less(&self, written: u64, reason: Reason) -> Decision {
        match self.offered.saturating_sub(written) {
            0 if reason == Reason::Partial => Decision::Sent,
            missing => Decision::Partly(missing, reason),
        }
    }

    /// The codes that OTLP lets a client try again; exhausted resources only where the server says when.
    fn grpc(
        &mut self,
        code: u16,
        retry_after: Option<Duration>,
        written: Option<u64>,
        jitter: f64,
    ) -> Decision {
        match (code, retry_after) {
            (0, _) => self.less(written.unwrap_or(self.offered), Reason::Partial),
            (7 | 16, _) => Decision::Authorize(jittered(LONGEST_WAIT, jitter)),
            (1 | 4 | 10 | 11 | 14 | 15, _) | (8, Some(_)) => {
                Decision::Retry(self.back_off(retry_after, jitter))
            }
            _ => Decision::Drop(Reason::Rejected),
        }
    }

    fn remote_write(
        &mut self,
        status: u16,
        retry_after: Option<Duration>,
        now: Duration,
        jitter: f64,
    ) -> Decision {
        match status {
            200..=299 => Decision::Sent,
            401 | 403 => Decision::Authorize(jittered(LONGEST_WAIT, jitter)),
            413 => Decision::TooLarge,
            500 => self.count_poison(retry_after, now, jitter),
            // 1xx, 3xx and what no standard knows: the wrong server answers; what waits is kept until the right one does.
            408 | 429 | 501..=599 => Decision::Retry(self.back_off(retry_after, jitter)),
            400 | 422 => Decision::Split(Reason::Rejected),
            402..=499 => Decision::Drop(Reason::Rejected),
            _ => Decision::Retry(self.back_off(None, jitter)),
        }
    }

    fn count_poison(
        &mut self,
        retry_after: Option<Duration>,
        now: Duration,
        jitter: f64,
    ) -> Decision {
        self.poison_replies += 1;
        let since = *self.poison_since.get_or_insert(now);
        if self.poison_replies >= self.patience.replies
            && now.saturating_sub(since) >= self.patience.time
        {
            return Decision::Split(Reason::Poison);
        }
        Decision::Retry(self.back_off(retry_after, jitter))
    }

    fn back_off(&mut self, asked: Option<Duration>, jitter: f64) -> Duration {
        let own = jittered(self.wait, jitter);
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        asked.map_or(own, |asked| asked.min(LONGEST_RETRY_AFTER))
    }
}

/// 90 % to 110 % of a wait, never above [`LONGEST_WAIT`] and never so far apart that a doubled wait is shorter.
fn jittered(wait: Duration, jitter: f64) -> Duration {
    wait.mul_f64(0.9 + 0.2 * jitter.clamp(0.0, 1.0))
        .min(LONGEST_WAIT)
}

/// Numbers in 0..1 from a seed (splitmix64): waits differ between workers, and repeat with the seed.
#[derive(Debug)]
pub(crate) struct Jitter(pub(crate) u64);

impl Jitter {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(0);
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }
}

/// `Retry-After`: seconds, or an HTTP date measured against `now_unix` seconds.
pub(crate) fn retry_after(value: &str, now_unix: u64) -> Option<Duration> {
    let value = value.trim();
    let wait = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Duration::from_secs(http_date(value)?.saturating_sub(now_unix)),
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` as Unix seconds.
fn http_date(text: &str) -> Option<u64> {
    let mut parts = text.split_once(", ")?.1.split(' ');
    let day: u64 = parts.next()?.parse().ok()?;
    let month = parts.next()?;
    let year: u64 = parts.next()?.parse().ok()?;
    let mut clock = parts
        .next()?
        .split(':')
        .map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = u64::try_from(months.iter().position(|name| *name == month)?).ok()? + 1;
    if !(1970..=9999).contains(&year)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    // Days since the epoch by counting years from March, so that the leap day is a year's last one.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    Some((days.checked_sub(719_468)?) * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests;
