//! Exemplars: for each series of times the slowest of the latest requests whose trace is recorded.
//!
//! Only sampled requests come here, so a lock may stand before them; with traces off nobody does.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use crate::SeriesId;

/// How long a slow request stands before any later one takes its place.
const STANDS_MS: i64 = 5_000;
/// Series with an exemplar at most: what a script makes new for each request must not grow it.
const SERIES: usize = 10_000;

/// One observation and the span in which it was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar {
    /// W3C trace ID.
    pub trace_id: u128,
    /// W3C span ID.
    pub span_id: u64,
    /// The value in the unit of the histogram: seconds.
    pub value: f64,
    /// When, in Unix milliseconds.
    pub time_ms: i64,
}

impl Exemplar {
    /// Its labels, as Prometheus and Grafana name them, sorted.
    #[must_use]
    pub fn labels(&self) -> [(&'static str, String); 2] {
        [
            ("span_id", format!("{:016x}", self.span_id)),
            ("trace_id", format!("{:032x}", self.trace_id)),
        ]
    }
}

/// The exemplars of a run, shared by its cores and outputs.
#[derive(Debug, Default)]
pub struct Exemplars {
    // A std mutex: held for a look-up, by sampled requests and once a push.
    latest: Mutex<HashMap<SeriesId, Exemplar>>,
    dropped: AtomicU64,
}

impl Exemplars {
    /// Offers an observation: it is kept where it is slower than the one that stands, or that one has stood long enough.
    pub fn offer(&self, series: SeriesId, offered: Exemplar) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stands) = latest.get_mut(&series) {
            let slower = offered.value > stands.value && offered.time_ms > stands.time_ms;
            if slower || offered.time_ms - stands.time_ms >= STANDS_MS {
                *stands = offered;
            }
        } else if latest.len() < SERIES {
            latest.insert(series, offered);
        } else {
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    /// Those that had no room: `loadd_exemplars_dropped_total`.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// The one that stands, of each series that has one.
    #[must_use]
    pub fn latest(&self) -> HashMap<SeriesId, Exemplar> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time_ms: i64, value: f64) -> Exemplar {
        Exemplar {
            trace_id: 0xabc,
            span_id: 7,
            value,
            time_ms,
        }
    }

    fn stands(offers: &[(i64, f64)]) -> (i64, f64) {
        let exemplars = Exemplars::default();
        for (time_ms, value) in offers {
            exemplars.offer(SeriesId(3), at(*time_ms, *value));
        }
        let kept = exemplars.latest()[&SeriesId(3)];
        (kept.time_ms, kept.value)
    }

    #[test]
    fn the_slowest_of_the_latest_requests_stands() {
        assert_eq!(stands(&[(1, 0.2), (2, 0.9), (3, 0.5)]), (2, 0.9));
        assert_eq!(
            stands(&[(1, 0.9), (5_000, 0.1), (5_001, 0.2)]),
            (5_001, 0.2)
        );
        assert_eq!(stands(&[(5, 0.2), (4, 0.9)]), (5, 0.2), "times only rise");
    }

    #[test]
    fn labels_are_whole_hexadecimal_numbers() {
        let [span, trace] = at(0, 1.0).labels();
        assert_eq!(trace, ("trace_id", format!("{:0>32}", "abc")));
        assert_eq!(span, ("span_id", format!("{:0>16}", "7")));
    }

    #[test]
    fn series_without_end_do_not_grow_it() {
        let exemplars = Exemplars::default();
        for number in 0..2 * u32::try_from(SERIES).unwrap() {
            exemplars.offer(SeriesId(number), at(1, 1.0));
        }
        assert_eq!(exemplars.latest().len(), SERIES);
        assert_eq!(exemplars.dropped(), SERIES as u64);
    }
}
