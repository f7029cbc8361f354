//! What is judged after each fault: what the receiver accepted, point by point, and what the daemon says about itself.

use std::collections::{BTreeMap, HashMap};

use loadd_tests::{Receiver, messages::STALE};

/// One point's value, bit by bit: a float, or a histogram's count and sum.
type Bits = (u64, u64);

/// Everything that receivers accepted, series by series, in the order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Story {
    series: BTreeMap<String, Vec<(i64, Bits)>>,
}

impl Story {
    /// Adds what this receiver accepted to what others accepted before it.
    pub(crate) fn hear(&mut self, receiver: &Receiver) {
        for series in receiver.accepted() {
            let labels: Vec<String> = series
                .labels
                .iter()
                .map(|label| format!("{}={:?}", label.name, label.value))
                .collect();
            let points = self.series.entry(labels.join(",")).or_default();
            for sample in &series.samples {
                points.push((sample.timestamp, (sample.value.to_bits(), 0)));
            }
            for histogram in &series.histograms {
                points.push((
                    histogram.timestamp,
                    (histogram.sum.to_bits(), histogram.count),
                ));
            }
        }
    }

    /// Nothing out of order and nothing twice. A process that was killed between a receiver's answer and its cursor may
    /// say the same once more: then bit by bit the same.
    pub(crate) fn is_in_order(&self, killed: bool) {
        for (labels, points) in &self.series {
            let mut known: HashMap<i64, Bits> = HashMap::new();
            let mut newest = i64::MIN;
            for (time, bits) in points {
                match known.insert(*time, *bits) {
                    None => assert!(
                        *time > newest,
                        "{labels}: {time} comes after {newest}: out of order"
                    ),
                    Some(before) => assert!(
                        killed && before == *bits,
                        "{labels}: {time} comes twice: {before:?} and {bits:?}"
                    ),
                }
                newest = newest.max(*time);
            }
        }
    }

    /// The newest value of each series of a metric that has one.
    fn newest(&self, metric: &str) -> impl Iterator<Item = f64> {
        let name = format!("__name__={metric:?}");
        self.series
            .iter()
            .filter(move |(labels, _)| labels.split(',').any(|label| label == name))
            .filter_map(|(_, points)| {
                let values = points.iter().filter(|(_, (bits, _))| *bits != STALE);
                values.max_by_key(|(time, _)| *time)
            })
            .map(|(_, (bits, _))| f64::from_bits(*bits))
    }

    /// The sum over the newest values of a metric's series.
    pub(crate) fn total(&self, metric: &str) -> f64 {
        self.newest(metric).sum()
    }

    /// Every counter of k6 only rises, also over a kill.
    pub(crate) fn never_falls(&self) {
        for (labels, points) in &self.series {
            if !labels.contains("_total\"") || !labels.contains("__name__=\"k6_") {
                continue;
            }
            let mut points = points.clone();
            points.sort_by_key(|(time, _)| *time);
            let mut before = 0.0;
            for (time, (bits, _)) in points {
                let value = f64::from_bits(bits);
                if bits == STALE {
                    continue;
                }
                assert!(
                    value >= before,
                    "{labels}: {before}, then {value} at {time}"
                );
                before = value;
            }
        }
    }

    /// Whether every series has ended with its marker.
    pub(crate) fn has_ended(&self) -> bool {
        self.series.values().all(|points| {
            let newest = points.iter().max_by_key(|(time, _)| *time);
            newest.is_some_and(|(_, (bits, _))| *bits == STALE)
        })
    }
}

/// The self metrics of a page: sums over labels, by name.
#[derive(Debug)]
pub(crate) struct Page(HashMap<String, f64>);

impl Page {
    /// Reads Prometheus' text format.
    pub(crate) fn read(text: &str) -> Page {
        let mut sums = HashMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let name = name.split('{').next().unwrap_or(name).trim();
            *sums.entry(name.to_owned()).or_insert(0.0) += value.parse().unwrap_or(0.0);
        }
        Page(sums)
    }

    /// A metric's sum, 0 where it is not there.
    pub(crate) fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// recorded - (sent + failed + dropped + pending), which is 0 at every quiescent moment; and the pending ones.
    pub(crate) fn balance(&self) -> (f64, f64) {
        let of = |part: &str| self.get(&format!("loadd_remote_write_{part}"));
        let pending = of("pending_samples");
        let gone = of("samples_total")
            + of("samples_failed_total")
            + of("samples_dropped_total")
            + pending;
        (of("samples_recorded_total") - gone, pending)
    }
}
