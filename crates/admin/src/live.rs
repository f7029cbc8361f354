//! What the page shows: a point a second, computed once from two snapshots and shared by all listeners, and how things stand
//! now. Keeps the points of the last 15 minutes, so that a page opened late shows the past.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use loadd_engine::{Phase, ScenarioPhase, ScenarioStatus, Status};
use loadd_metrics::{Histogram, MetricId, Snapshot, Value as Amount, metric};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::sources::{Delivery, Run, Sources};

/// Points kept: 15 minutes of seconds.
const POINTS: usize = 900;
/// Least distance of the two snapshots of a point.
const APART_MS: i64 = 400;
/// Pages that can listen at once; more get a 503 and poll.
const LISTENERS: usize = 64;
/// Events that may wait for a slow listener; then it is let go, and comes back by itself.
const BEHIND: usize = 16;

/// The past, the present and who listens.
#[derive(Debug, Default)]
pub(crate) struct Live {
    points: VecDeque<(i64, Arc<str>)>,
    now: Option<Arc<str>>,
    before: Option<Arc<Snapshot>>,
    listeners: Vec<mpsc::Sender<Bytes>>,
}

impl Live {
    /// Once a second: looks, keeps, tells.
    pub(crate) fn tick(&mut self, sources: &Sources, run: Option<&Run>) {
        let delivery = sources.delivery.as_ref().map(|ask| ask());
        let point = run.and_then(|run| self.point(run, delivery));
        let now: Arc<str> = now(sources, run, delivery).to_string().into();
        self.listeners.retain(|listener| !listener.is_closed());
        if !self.listeners.is_empty() {
            let point = point.as_deref().unwrap_or("null");
            let event = Bytes::from(format!("data: {{\"point\":{point},\"now\":{now}}}\n\n"));
            self.listeners
                .retain(|listener| listener.try_send(event.clone()).is_ok());
        }
        self.now = Some(now);
    }

    fn point(&mut self, run: &Run, delivery: Option<Delivery>) -> Option<Arc<str>> {
        let (snapshot, status) = (run.snapshot(), run.status());
        let before = match &self.before {
            // Two that lie too close together say nothing about a rate: wait for the next one.
            Some(before) if snapshot.time_ms - before.time_ms < APART_MS => return None,
            before => before.clone(),
        };
        self.before = Some(Arc::clone(&snapshot));
        let before = before?;
        let text: Arc<str> = point(&before, &snapshot, &status, delivery)
            .to_string()
            .into();
        self.points.push_back((snapshot.time_ms, Arc::clone(&text)));
        if self.points.len() > POINTS {
            self.points.pop_front();
        }
        Some(text)
    }

    /// The points later than an instant, and how things stand, as one JSON document.
    pub(crate) fn history(&self, after_ms: i64) -> String {
        let points: Vec<&str> = self
            .points
            .iter()
            .filter(|(time, _)| *time > after_ms)
            .map(|(_, point)| &**point)
            .collect();
        format!(
            "{{\"points\":[{}],\"now\":{}}}",
            points.join(","),
            self.now.as_deref().unwrap_or("null")
        )
    }

    /// A new listener; `None` where there are too many.
    pub(crate) fn listen(&mut self) -> Option<mpsc::Receiver<Bytes>> {
        self.listeners.retain(|listener| !listener.is_closed());
        if self.listeners.len() >= LISTENERS {
            return None;
        }
        let (sender, receiver) = mpsc::channel(BEHIND);
        // Tells the browser how soon to come back.
        sender
            .try_send(Bytes::from_static(b"retry: 2000\n\n"))
            .ok()?;
        self.listeners.push(sender);
        Some(receiver)
    }
}

/// Sums and differences of one second.
struct Span<'a> {
    before: &'a Snapshot,
    after: &'a Snapshot,
    seconds: f64,
}

impl Span<'_> {
    fn counter(&self, id: MetricId) -> f64 {
        let sum = |snapshot: &Snapshot| match snapshot.total(id, |_| true) {
            Some(Amount::Counter(sum)) => sum,
            _ => 0.0,
        };
        (sum(self.after) - sum(self.before)) / self.seconds
    }

    fn rate(&self, id: MetricId) -> (f64, f64) {
        let sums = |snapshot: &Snapshot| match snapshot.total(id, |_| true) {
            Some(Amount::Rate { nonzero, total }) => (nonzero as f64, total as f64),
            _ => (0.0, 0.0),
        };
        let ((nonzero, total), (nonzero_before, total_before)) =
            (sums(self.after), sums(self.before));
        (
            (nonzero - nonzero_before) / self.seconds,
            (total - total_before) / self.seconds,
        )
    }

    fn trend(&self, id: MetricId) -> Option<Histogram> {
        let Some(Amount::Trend(after)) = self.after.total(id, |_| true) else {
            return None;
        };
        let window = match self.before.total(id, |_| true) {
            Some(Amount::Trend(before)) => after.since(&before),
            _ => (*after).clone(),
        };
        (window.count() > 0).then_some(window)
    }
}

fn gauge(snapshot: &Snapshot, id: MetricId) -> Option<f64> {
    match snapshot.total(id, |_| true) {
        Some(Amount::Gauge(Some(gauge))) => Some(gauge.last),
        _ => None,
    }
}

fn point(
    before: &Snapshot,
    after: &Snapshot,
    status: &Status,
    delivery: Option<Delivery>,
) -> Value {
    let span = Span {
        before,
        after,
        seconds: (after.time_ms - before.time_ms) as f64 / 1e3,
    };
    let millis = |histogram: &Option<Histogram>, p: f64| {
        histogram
            .as_ref()
            .map(|histogram| round(histogram.percentile(p) * 1e3))
    };
    let durations = span.trend(metric::HTTP_REQ_DURATION);
    let (failed, _) = span.rate(metric::HTTP_REQ_FAILED);
    let (passed, checks) = span.rate(metric::CHECKS);
    json!({
        "t": after.time_ms,
        "rps": round(span.counter(metric::HTTP_REQS)),
        "fps": round(failed),
        "ips": round(span.counter(metric::ITERATIONS)),
        "dps": round(span.counter(metric::DROPPED_ITERATIONS)),
        "cfs": round(checks - passed),
        "p50": millis(&durations, 50.0), "p90": millis(&durations, 90.0),
        "p95": millis(&durations, 95.0), "p99": millis(&durations, 99.0),
        "vus": status.vus, "vmax": status.vus_max,
        "delay": millis(&span.trend(metric::START_DELAY), 99.0),
        "lag": millis(&span.trend(metric::EVENT_LOOP_LAG), 99.0),
        "cpu": round(span.counter(metric::CPU_SECONDS)),
        "cores": gauge(after, metric::CPU_CORES),
        "mem": gauge(after, metric::RESIDENT_MEMORY_BYTES),
        "recv": round(span.counter(metric::DATA_RECEIVED)), "sent": round(span.counter(metric::DATA_SENT)),
        "backlog": delivery.map(|delivery| delivery.pending),
    })
}

/// Four digits after the point are more than a page can show.
fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn now(sources: &Sources, run: Option<&Run>, delivery: Option<Delivery>) -> Value {
    let Some(run) = run else {
        return json!({ "phase": "starting", "test_id": sources.test_id, "instance": sources.instance });
    };
    let (status, snapshot) = (run.status(), run.snapshot());
    let thresholds: Vec<_> = run
        .thresholds
        .evaluate(&snapshot, snapshot.last)
        .into_iter()
        .map(|result| json!({ "key": result.key, "expr": result.expression, "value": result.value, "ok": result.ok }))
        .collect();
    let counter = |id| match snapshot.total(id, |_| true) {
        Some(Amount::Counter(sum)) => sum,
        _ => 0.0,
    };
    let rate = |id| match snapshot.total(id, |_| true) {
        Some(Amount::Rate { nonzero, total }) => json!([nonzero, total]),
        _ => Value::Null,
    };
    json!({
        "test_id": sources.test_id,
        "instance": sources.instance,
        "phase": phase(status.phase),
        "paused": status.paused,
        "stop": status.stop.map(|stop| format!("{stop:?}").to_lowercase()),
        "tainted": status.tainted,
        "elapsed": status.elapsed.as_secs_f64(),
        "total": status.total.map(|total| total.as_secs_f64()),
        "vus": status.vus, "vus_max": status.vus_max, "vus_planned": status.vus_planned,
        "iterations": status.iterations_completed, "interrupted": status.iterations_interrupted,
        "requests": counter(metric::HTTP_REQS),
        "dropped": counter(metric::DROPPED_ITERATIONS),
        "failed": rate(metric::HTTP_REQ_FAILED),
        "checks": rate(metric::CHECKS),
        "scenarios": status.scenarios.iter().map(scenario).collect::<Vec<_>>(),
        "thresholds": thresholds,
        "delivery": delivery.map(|d| json!({ "pending": d.pending, "failed": d.failed, "dropped": d.dropped })),
    })
}

pub(crate) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Created => "created",
        Phase::InitVus => "init",
        Phase::Waiting => "waiting",
        Phase::Setup => "setup",
        Phase::Running => "running",
        Phase::Teardown => "teardown",
        Phase::Ended => "ended",
    }
}

fn scenario(scenario: &ScenarioStatus) -> Value {
    let phase = match scenario.phase {
        ScenarioPhase::Waiting => "waiting",
        ScenarioPhase::Running => "running",
        ScenarioPhase::Stopping => "stopping",
        ScenarioPhase::Done => "done",
        ScenarioPhase::Interrupted => "interrupted",
    };
    json!({
        "name": scenario.name, "executor": scenario.executor, "phase": phase,
        "elapsed": scenario.elapsed.as_secs_f64(), "duration": scenario.duration.map(|d| d.as_secs_f64()),
        "starts_in": scenario.starts_in.as_secs_f64(), "vus": scenario.vus, "vus_max": scenario.vus_max,
        "rate": scenario.rate, "started": scenario.started, "dropped": scenario.dropped,
        "iterations": scenario.iterations, "progress": scenario.progress,
    })
}
