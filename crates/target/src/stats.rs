//! What the service has done: counted by each worker in its own memory, added up when somebody asks.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use serde::Serialize;

use crate::histogram::Histogram;

/// Paths told apart; the rest is `(other)`, so that a client that makes paths up cannot fill the memory.
const PATHS: usize = 512;
/// A path longer than this counts as `(other)`.
const PATH_LENGTH: usize = 256;

/// Number of a path in one worker's table; 0 is `(other)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathId(usize);

/// One worker's counts. Plain memory: only its own thread touches it.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    pub(crate) begun: u64,
    pub(crate) served: u64,
    pub(crate) aborted: u64,
    pub(crate) in_flight: u64,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) accepted: u64,
    pub(crate) open: u64,
    delays: Histogram,
    durations: Histogram,
    statuses: Box<[u64; 1000]>,
    paths: Vec<(Box<str>, u64)>,
    ids: HashMap<Box<str>, usize>,
    last: usize,
}

impl Counts {
    pub(crate) fn new() -> Counts {
        Counts {
            begun: 0,
            served: 0,
            aborted: 0,
            in_flight: 0,
            received: 0,
            sent: 0,
            accepted: 0,
            open: 0,
            delays: Histogram::new(),
            durations: Histogram::new(),
            statuses: Box::new([0; 1000]),
            paths: vec![("(other)".into(), 0)],
            ids: HashMap::new(),
            last: 0,
        }
    }

    /// The number of a path. The path of the request before is found without a look-up.
    pub(crate) fn path(&mut self, path: &str) -> PathId {
        if self.last != 0 && *self.paths[self.last].0 == *path {
            return PathId(self.last);
        }
        let id = match self.ids.get(path) {
            Some(id) => *id,
            None if self.paths.len() > PATHS || path.len() > PATH_LENGTH => 0,
            None => {
                self.paths.push((path.into(), 0));
                self.ids.insert(path.into(), self.paths.len() - 1);
                self.paths.len() - 1
            }
        };
        self.last = id;
        PathId(id)
    }

    pub(crate) fn begin(&mut self) {
        self.begun += 1;
        self.in_flight += 1;
    }

    /// A response has been handed to the socket, to its last byte.
    pub(crate) fn serve(&mut self, path: PathId, status: u16, delay: Duration, duration: Duration) {
        self.in_flight -= 1;
        self.served += 1;
        self.paths[path.0].1 += 1;
        self.statuses[usize::from(status) % 1000] += 1;
        self.delays.record(nanos(delay));
        self.durations.record(nanos(duration));
    }

    pub(crate) fn abort(&mut self) {
        self.in_flight -= 1;
        self.aborted += 1;
    }

    /// Counts start again from 0; what is under way and open stays so. Path numbers stay valid.
    pub(crate) fn reset(&mut self) {
        let mut fresh = Counts::new();
        fresh.in_flight = self.in_flight;
        fresh.begun = self.in_flight;
        fresh.open = self.open;
        fresh.accepted = self.open;
        fresh.ids = std::mem::take(&mut self.ids);
        fresh.paths = std::mem::take(&mut self.paths);
        for (_, count) in &mut fresh.paths {
            *count = 0;
        }
        *self = fresh;
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What the service has done since its start or the last reset. `/stats` gives it as JSON. Requests to `/stats` and
/// `/metrics` are not in it, nor are their bytes and, while they ask for nothing else, their connections.
///
/// Always: begun = served + aborted + in_flight.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Seed of delays and errors.
    pub seed: u64,
    /// Worker threads.
    pub threads: usize,
    /// Since the start of the service, in seconds.
    pub uptime_seconds: f64,
    /// Requests whose head has been read.
    pub begun: u64,
    /// Requests whose whole response, head and body, has been handed to the socket.
    pub served: u64,
    /// Requests that ended without a whole response: the client went away, or `/drop` hung up on it.
    pub aborted: u64,
    /// Requests begun and not ended.
    pub in_flight: u64,
    /// Served requests by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Served requests by path; beyond 512 paths a thread `(other)`.
    pub by_path: BTreeMap<String, u64>,
    /// Bytes on the sockets.
    pub bytes: Bytes,
    /// Connections.
    pub connections: Connections,
    /// The waits that served requests asked for, stalls included: exactly what was drawn.
    pub delay_ms: Quantiles,
    /// From head read to the last byte handed to the socket, of served requests.
    pub duration_ms: Quantiles,
    #[serde(skip)]
    delays: Histogram,
    #[serde(skip)]
    durations: Histogram,
}

/// Bytes on the sockets, heads included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[non_exhaustive]
pub struct Bytes {
    /// From clients.
    pub received: u64,
    /// To clients.
    pub sent: u64,
}

/// Connections that carried a counted request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[non_exhaustive]
pub struct Connections {
    /// In all.
    pub accepted: u64,
    /// Still open.
    pub open: u64,
}

/// A distribution in milliseconds, exact to 0.1 %; all but the count are absent without values.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[non_exhaustive]
pub struct Quantiles {
    /// Values.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The least, exactly.
    pub min: Option<f64>,
    /// Half are not above this.
    pub p50: Option<f64>,
    /// Nine in ten are not above this.
    pub p90: Option<f64>,
    /// 95 % are not above this.
    pub p95: Option<f64>,
    /// 99 % are not above this.
    pub p99: Option<f64>,
    /// 99.9 % are not above this.
    pub p999: Option<f64>,
    /// The greatest, exactly.
    pub max: Option<f64>,
    /// Those asked for by `/stats?quantile=0.42,0.9999`, by their text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub quantiles: BTreeMap<String, Option<f64>>,
}

impl Stats {
    pub(crate) fn sum(seed: u64, uptime: Duration, all: &[Counts]) -> Stats {
        let (mut delays, mut durations) = (Histogram::new(), Histogram::new());
        let (mut by_status, mut by_path) = (BTreeMap::new(), BTreeMap::new());
        for counts in all {
            delays.merge(&counts.delays);
            durations.merge(&counts.durations);
            for (status, count) in (0..)
                .zip(counts.statuses.iter())
                .filter(|(_, count)| **count > 0)
            {
                *by_status.entry(status).or_default() += count;
            }
            for (path, count) in counts.paths.iter().filter(|(_, count)| *count > 0) {
                *by_path.entry(path.to_string()).or_default() += count;
            }
        }
        let sum = |field: fn(&Counts) -> u64| all.iter().map(field).sum();
        Stats {
            seed,
            threads: all.len(),
            uptime_seconds: uptime.as_secs_f64(),
            begun: sum(|c| c.begun),
            served: sum(|c| c.served),
            aborted: sum(|c| c.aborted),
            in_flight: sum(|c| c.in_flight),
            by_status,
            by_path,
            bytes: Bytes {
                received: sum(|c| c.received),
                sent: sum(|c| c.sent),
            },
            connections: Connections {
                accepted: sum(|c| c.accepted),
                open: sum(|c| c.open),
            },
            delay_ms: Quantiles::of(&delays),
            duration_ms: Quantiles::of(&durations),
            delays,
            durations,
        }
    }

    /// The nearest-rank quantile of the waits asked for, within 0.1 %; `None` before the first request.
    #[must_use]
    pub fn delay_quantile(&self, q: f64) -> Option<Duration> {
        self.delays.quantile(q)
    }

    /// The nearest-rank quantile of the durations, within 0.1 %; `None` before the first request.
    #[must_use]
    pub fn duration_quantile(&self, q: f64) -> Option<Duration> {
        self.durations.quantile(q)
    }

    pub(crate) fn durations(&self) -> &Histogram {
        &self.durations
    }

    /// Adds further quantiles to both distributions.
    pub(crate) fn ask(&mut self, text: &str, q: f64) {
        self.delay_ms
            .quantiles
            .insert(text.to_owned(), self.delays.quantile(q).map(millis));
        self.duration_ms
            .quantiles
            .insert(text.to_owned(), self.durations.quantile(q).map(millis));
    }
}

impl Quantiles {
    fn of(histogram: &Histogram) -> Quantiles {
        let at = |q| histogram.quantile(q).map(millis);
        Quantiles {
            count: histogram.count(),
            sum: histogram.sum_seconds() * 1e3,
            min: histogram.min().map(millis),
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
            max: histogram.max().map(millis),
            quantiles: BTreeMap::new(),
        }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_makes_paths_up_cannot_fill_the_memory() {
        let mut counts = Counts::new();
        for n in 0..10_000 {
            counts.begin();
            let path = counts.path(&format!("/{n}"));
            counts.serve(path, 200, Duration::ZERO, Duration::ZERO);
        }
        let stats = Stats::sum(1, Duration::ZERO, &[counts]);
        assert_eq!(stats.by_path.len(), PATHS + 1);
        assert_eq!(stats.by_path["(other)"], 10_000 - PATHS as u64);
        assert_eq!(stats.by_path.values().sum::<u64>(), stats.served);
    }

    #[test]
    fn a_reset_keeps_what_is_under_way() {
        let mut counts = Counts::new();
        counts.begin();
        counts.begin();
        let path = counts.path("/get");
        counts.serve(path, 200, Duration::ZERO, Duration::from_millis(1));
        counts.reset();
        counts.serve(path, 200, Duration::ZERO, Duration::from_millis(1));
        let stats = Stats::sum(1, Duration::ZERO, &[counts]);
        assert_eq!(
            (stats.begun, stats.served, stats.in_flight, stats.aborted),
            (1, 1, 0, 0)
        );
        assert_eq!(stats.by_path["/get"], 1);
    }
}
