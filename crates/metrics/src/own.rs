//! Self metrics that are counted off the hot path: handles of prometheus-client that outputs, log and reload hold, read into
//! the snapshot at the tick. So one number serves `/metrics`, remote write and the page.
//!
//! Self metrics of the hot path (start delay, loop lag) are ordinary series and not here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64};

use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{Kind, SeriesState, Snapshot, Totals, Value, metric};

/// A counter that anyone may add to.
pub type OwnCounter = Counter<f64, AtomicU64>;
/// A gauge that anyone may set.
pub type OwnGauge = Gauge<f64, AtomicU64>;
/// Labels of a self metric.
pub type OwnLabels = Vec<(String, String)>;
type Labels = OwnLabels;

/// One of loadd's own metrics off the hot path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnMetric {
    /// Name on the wire, without a counter's `_total`.
    pub name: &'static str,
    /// Counter or gauge.
    pub kind: Kind,
    /// Help text, one sentence without a full stop.
    pub help: &'static str,
}

const fn counter(name: &'static str, help: &'static str) -> OwnMetric {
    OwnMetric {
        name,
        kind: Kind::Counter,
        help,
    }
}

const fn gauge(name: &'static str, help: &'static str) -> OwnMetric {
    OwnMetric {
        name,
        kind: Kind::Gauge,
        help,
    }
}

/// All of them, beside those in [`metric::BUILTINS`].
pub const OWN_METRICS: &[OwnMetric] = &[
    counter(
        "loadd_remote_write_samples",
        "Samples that the receiver has accepted; a histogram is one",
    ),
    counter(
        "loadd_remote_write_samples_failed",
        "Samples refused for good, by reason",
    ),
    counter(
        "loadd_remote_write_samples_dropped",
        "Samples never offered, by reason: spool or queue full",
    ),
    gauge(
        "loadd_remote_write_pending_samples",
        "Samples in memory and spool that wait to be sent",
    ),
    counter(
        "loadd_remote_write_samples_recorded",
        "Samples that entered the spool: sent + failed + dropped + pending",
    ),
    counter("loadd_remote_write_retries", "Requests sent again"),
    counter(
        "loadd_remote_write_requests",
        "Requests by status code; 0 is no reply",
    ),
    counter(
        "loadd_remote_write_request_seconds",
        "Time spent in requests, in seconds",
    ),
    counter("loadd_remote_write_bytes", "Compressed bytes sent"),
    counter(
        "loadd_remote_write_fallbacks",
        "Falls from protocol version 2.0 to 1.0",
    ),
    gauge(
        "loadd_remote_write_highest_timestamp_seconds",
        "Time of the newest sample produced",
    ),
    gauge(
        "loadd_remote_write_highest_sent_timestamp_seconds",
        "Time of the newest sample acknowledged",
    ),
    gauge("loadd_spool_bytes", "Bytes in the spool"),
    gauge("loadd_spool_limit_bytes", "Bytes that the spool may hold"),
    counter(
        "loadd_spool_records_damaged",
        "Spool records skipped because their checksum is wrong",
    ),
    counter("loadd_spool_truncations", "Torn ends cut off the spool"),
    counter("loadd_spool_write_errors", "Spool writes that failed"),
    counter("loadd_spool_read_errors", "Spool reads that failed"),
    counter(
        "loadd_spool_records_thinned",
        "Spool records that made room for newer ones; counters in them are cumulative",
    ),
    counter(
        "loadd_checkpoint_write_errors",
        "Checkpoints that could not be written",
    ),
    counter("loadd_clock_steps", "Steps back of the wall clock"),
    counter("loadd_config_reloads", "Reloads of the config by result"),
    counter(
        "loadd_exemplars_dropped",
        "Exemplars left out: too many series have one",
    ),
    counter(
        "loadd_otlp_points",
        "Data points that the OTLP receiver has accepted",
    ),
    counter(
        "loadd_otlp_points_rejected",
        "Data points that the OTLP receiver has rejected",
    ),
    counter("loadd_otlp_retries", "OTLP requests sent again"),
    counter("loadd_spans", "Spans that the receiver of traces has taken"),
    counter(
        "loadd_spans_dropped",
        "Spans lost: the queue was full, or the receiver was away or refused them",
    ),
    counter(
        "loadd_tags_renamed",
        "Tags whose name met another one when made fit for the wire",
    ),
    counter(
        "loadd_tag_values_cut",
        "Tag values cut to the wire's length limit",
    ),
    gauge(
        "loadd_test_abort",
        "1 once the verdict has aborted the test",
    ),
    gauge("loadd_guard_state", "By guard: 0 ok, 1 acting"),
    gauge("loadd_sockets_open", "Open sockets of the generator"),
    gauge(
        "loadd_local_ports_used",
        "Local ports in use by the generator",
    ),
    counter("loadd_tcp_retransmits", "TCP segments sent again"),
    counter("loadd_network_bytes", "Bytes on the wire by direction"),
];

/// The self metrics of a process. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct SelfMetrics {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    registry: Registry,
    counters: Vec<Known<OwnCounter>>,
    gauges: Vec<Known<OwnGauge>>,
}

/// A metric in use: its family, and its handles by labels.
#[derive(Debug)]
struct Known<M> {
    name: &'static str,
    family: Family<Labels, M>,
    handles: Vec<(Labels, M)>,
}

impl<M> Known<M> {
    fn handle(&mut self, labels: &[(&str, &str)]) -> M
    where
        M: Clone + Default + 'static,
    {
        let same = |known: &Labels| {
            known
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .eq(labels.iter().copied())
        };
        if let Some((_, handle)) = self.handles.iter().find(|(known, _)| same(known)) {
            return handle.clone();
        }
        let labels: Labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let handle = self.family.get_or_create_owned(&labels);
        self.handles.push((labels, handle.clone()));
        handle
    }
}

impl SelfMetrics {
    /// No metric in use yet.
    #[must_use]
    pub fn new() -> SelfMetrics {
        SelfMetrics::default()
    }

    /// The counter of this name (without `_total`) and these labels. Keep the handle: this takes a lock.
    ///
    /// # Panics
    /// Where [`OWN_METRICS`] and the built-in metrics have no such counter: a slip of ours.
    #[must_use]
    pub fn counter(&self, name: &str, labels: &[(&str, &str)]) -> OwnCounter {
        let (name, help) = described(name, Kind::Counter);
        let mut inner = self.lock();
        let Inner {
            registry, counters, ..
        } = &mut *inner;
        known(registry, counters, name, help).handle(labels)
    }

    /// The gauge of this name and these labels. Keep the handle: this takes a lock.
    ///
    /// # Panics
    /// Where [`OWN_METRICS`] and the built-in metrics have no such gauge: a slip of ours.
    #[must_use]
    pub fn gauge(&self, name: &str, labels: &[(&str, &str)]) -> OwnGauge {
        let (name, help) = described(name, Kind::Gauge);
        let mut inner = self.lock();
        let Inner {
            registry, gauges, ..
        } = &mut *inner;
        known(registry, gauges, name, help).handle(labels)
    }

    /// Sets the totals' series to what the handles say now. To be called at each tick before the snapshot.
    pub fn read_into(&self, totals: &mut Totals) {
        for (name, labels, value) in self.values() {
            let labels: Vec<_> = labels
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect();
            totals.set_named(name, &labels, value);
        }
    }

    /// A snapshot with what the handles say now, for who looks at a run whose ticks are over. A series that has not been in
    /// any tick stays away.
    #[must_use]
    pub fn after(&self, snapshot: &Snapshot) -> Snapshot {
        let mut after = snapshot.clone();
        for (name, labels, value) in self.values() {
            let told = |series: &&mut SeriesState| {
                snapshot.metric(series.metric).name.as_ref() == name
                    && series.tags.iter().count() == labels.len()
                    && labels
                        .iter()
                        .all(|(name, value)| series.tags.get(name) == Some(value))
            };
            match after.series.iter_mut().find(told).map(|one| &mut one.value) {
                Some(Value::Counter(sum)) => *sum = value,
                Some(Value::Gauge(Some(gauge))) => gauge.last = value,
                _ => {}
            }
        }
        after
    }

    /// All values: name without `_total`, labels, value.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, OwnLabels, f64)> {
        let inner = self.lock();
        let counters = inner.counters.iter().flat_map(|known| {
            known
                .handles
                .iter()
                .map(|(labels, handle)| (known.name, labels.clone(), handle.get()))
        });
        let gauges = inner.gauges.iter().flat_map(|known| {
            known
                .handles
                .iter()
                .map(|(labels, handle)| (known.name, labels.clone(), handle.get()))
        });
        counters.chain(gauges).collect()
    }

    /// The metrics as OpenMetrics text.
    #[must_use]
    pub fn encode_text(&self) -> String {
        let mut encoded = String::new();
        let written = text::encode(&mut encoded, &self.lock().registry);
        debug_assert!(written.is_ok(), "writing to a String does not fail");
        encoded
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Handles are atomics: a panic elsewhere leaves nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn known<'a, M>(
    registry: &mut Registry,
    all: &'a mut Vec<Known<M>>,
    name: &'static str,
    help: &str,
) -> &'a mut Known<M>
where
    M: Clone + Default + 'static,
    Family<Labels, M>: prometheus_client::registry::Metric,
{
    let place = all
        .iter()
        .position(|known| known.name == name)
        .unwrap_or_else(|| {
            let family = Family::default();
            registry.register(name, help, family.clone());
            all.push(Known {
                name,
                family,
                handles: Vec::new(),
            });
            all.len() - 1
        });
    &mut all[place]
}

/// The metric's name and help from the tables.
fn described(name: &str, kind: Kind) -> (&'static str, &'static str) {
    let own = OWN_METRICS.iter().map(|own| (own.name, own.kind, own.help));
    let builtin = metric::BUILTINS
        .iter()
        .map(|builtin| (builtin.name, builtin.kind, builtin.help));
    let found = own
        .chain(builtin)
        .find(|(known, of, _)| *known == name && *of == kind);
    let (name, _, help) = found.expect("own metrics are used under names of the tables");
    (name, help)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{MetricsSettings, Value};

    #[test]
    fn handles_are_read_into_the_snapshot_under_the_names_of_the_text() {
        let own = SelfMetrics::new();
        let failed = own.counter(
            "loadd_remote_write_samples_failed",
            &[("reason", "rejected")],
        );
        own.clone()
            .counter(
                "loadd_remote_write_samples_failed",
                &[("reason", "rejected")],
            )
            .inc_by(2.0);
        failed.inc();
        own.gauge("loadd_spool_bytes", &[]).set(4096.0);
        own.counter("loadd_log_messages", &[("level", "warn")])
            .inc();
        let registry = crate::Registry::new(MetricsSettings::default());
        let mut totals = Totals::new(&registry);
        own.read_into(&mut totals);
        own.read_into(&mut totals);
        let snapshot = totals.snapshot(0, Duration::ZERO, false);
        let total = |name: &str| snapshot.total(snapshot.find(name).unwrap().id, |_| true);
        assert!(matches!(
            total("loadd_remote_write_samples_failed"),
            Some(Value::Counter(3.0))
        ));
        assert!(matches!(
            total("loadd_log_messages"),
            Some(Value::Counter(1.0))
        ));
        assert!(
            matches!(total("loadd_spool_bytes"), Some(Value::Gauge(Some(gauge))) if gauge.last == 4096.0)
        );
        assert_eq!(
            &*snapshot.find("loadd_spool_bytes").unwrap().help,
            "Bytes in the spool"
        );
        let text = own.encode_text();
        assert!(
            text.contains("loadd_remote_write_samples_failed_total{reason=\"rejected\"} 3.0\n"),
            "{text}"
        );
    }

    #[test]
    fn no_name_has_the_suffix_that_the_wire_adds_and_none_stands_twice() {
        let own = OWN_METRICS.iter().map(|own| own.name);
        let mut names: Vec<_> = own
            .chain(metric::BUILTINS.iter().map(|builtin| builtin.name))
            .collect();
        assert!(names.iter().all(|name| !name.ends_with("_total")));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
