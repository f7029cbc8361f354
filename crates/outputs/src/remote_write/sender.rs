//! The sender: takes the oldest record, encodes, posts, and stays with it until every series of it has been accepted or
//! refused for good. One request in flight, so each series' order is kept.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::Notify;

use super::encode::{Body, Encoder, MAX_SERIES};
use crate::{
    clock::Clock,
    counters::PipelineCounters,
    endpoint::{
        Endpoint,
        post::Reply,
        retry::{Decision, Jitter, Outcome, Patience, Reason, Retry},
    },
    spool::Log,
};

/// Fewest series in a request, however often the receiver calls it too large.
const MIN_SERIES: usize = 20;
/// One complaint of a kind in this long.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// State of the sender's task.
pub(crate) struct Sender {
    pub(crate) log: Rc<RefCell<Log>>,
    pub(crate) new_record: Rc<Notify>,
    pub(crate) endpoint: Endpoint,
    pub(crate) encoder: Encoder,
    pub(crate) counters: Arc<PipelineCounters>,
    pub(crate) jitter: Jitter,
    pub(crate) clock: Clock,
    pub(crate) patience: Patience,
    pub(crate) max_series: usize,
    pub(crate) complained: [Option<Duration>; 3],
}

/// A body on its way, and how it got there.
struct Task {
    body: Body,
    suspect: bool,
}

impl Sender {
    pub(crate) fn new(
        log: Rc<RefCell<Log>>,
        new_record: Rc<Notify>,
        endpoint: Endpoint,
        encoder: Encoder,
        counters: Arc<PipelineCounters>,
        patience: Patience,
        seed: u64,
    ) -> Sender {
        Sender {
            log,
            new_record,
            endpoint,
            encoder,
            counters,
            jitter: Jitter(seed),
            clock: Clock::start(),
            patience,
            max_series: MAX_SERIES,
            complained: [None; 3],
        }
    }

    /// Sends for ever; dropped when the time is up.
    pub(crate) async fn run(&mut self, until_empty: impl Fn() -> bool) {
        loop {
            let next = self.log.borrow_mut().next();
            match next {
                Some(record) => {
                    let body = self.encoder.encode(&record);
                    self.report_labels();
                    debug_assert_eq!(
                        body.samples(),
                        record.samples(),
                        "each point is counted as the encoder sends it"
                    );
                    for request in body.cut(self.max_series) {
                        self.deliver(request).await;
                    }
                    self.counters
                        .highest_sent_timestamp_ms
                        .fetch_max(record.time_ms, Relaxed);
                    self.log.borrow_mut().ack(record.seq);
                }
                None if until_empty() => return,
                None => self.new_record.notified().await,
            }
        }
    }

    fn report_labels(&mut self) {
        let changes = std::mem::take(&mut self.encoder.changes);
        self.counters
            .label_collisions
            .fetch_add(changes.collisions, Relaxed);
        self.counters.labels_cut.fetch_add(changes.cut, Relaxed);
    }

    /// Stays with a request until nothing of it is open. A refused one is cut in halves, to lose only what is bad in it:
    /// at most 2·log2(n)+1 requests in all.
    async fn deliver(&mut self, request: Body) {
        let mut splits = u64::from(usize::BITS - request.pieces.len().leading_zeros());
        let mut open = vec![Task {
            body: request,
            suspect: false,
        }];
        while let Some(task) = open.pop() {
            match self.settle(&task).await {
                Decision::Sent => {
                    self.counters.sent.fetch_add(task.body.samples(), Relaxed);
                    self.log.borrow_mut().settle(task.body.samples());
                }
                Decision::TooLarge => {
                    self.max_series = (self.max_series / 2).max(MIN_SERIES);
                    self.split(&task.body, false, Reason::Rejected, &mut open);
                }
                Decision::Split(reason) if splits > 0 => {
                    splits -= 1;
                    self.split(&task.body, reason == Reason::Poison, reason, &mut open);
                }
                Decision::Split(reason) | Decision::Drop(reason) => self.lose(&task.body, reason),
                Decision::Retry(_) | Decision::Authorize(_) => open.push(task),
            }
        }
    }

    fn split(&mut self, body: &Body, suspect: bool, reason: Reason, open: &mut Vec<Task>) {
        match body.halves() {
            Some((first, second)) => {
                open.push(Task {
                    body: second,
                    suspect,
                });
                open.push(Task {
                    body: first,
                    suspect,
                });
            }
            None => self.lose(body, reason),
        }
    }

    fn lose(&mut self, body: &Body, reason: Reason) {
        let counter = match reason {
            Reason::Rejected => &self.counters.failed_rejected,
            Reason::Poison => &self.counters.failed_poison,
        };
        counter.fetch_add(body.samples(), Relaxed);
        self.log.borrow_mut().settle(body.samples());
    }

    /// The same bytes until there is a decision about them.
    async fn settle(&mut self, task: &Task) -> Decision {
        let bytes = compress(&task.body.bytes);
        let mut retry = if task.suspect {
            Retry::suspect()
        } else {
            Retry::new(self.patience)
        };
        loop {
            self.counters.bytes.fetch_add(bytes.len() as u64, Relaxed);
            let reply = self.endpoint.post(bytes.clone()).await;
            self.counters.count_request(match reply.outcome {
                Outcome::Reply { status, .. } => status,
                Outcome::NoReply => 0,
            });
            let decision = retry.decide(&reply.outcome, self.clock.elapsed(), self.jitter.next());
            self.complain(decision, &reply);
            match decision {
                Decision::Retry(wait) => tokio::time::sleep(wait).await,
                Decision::Authorize(wait) => {
                    self.endpoint.refresh_credentials();
                    tokio::time::sleep(wait).await;
                }
                Decision::Sent | Decision::Split(_) | Decision::Drop(_) | Decision::TooLarge => {
                    return decision;
                }
            }
            self.counters.retries.fetch_add(1, Relaxed);
        }
    }

    fn complain(&mut self, decision: Decision, reply: &Reply) {
        let (kind, event) = match decision {
            Decision::Sent => return,
            Decision::Retry(_) => (0, "remote_write_waiting"),
            Decision::Authorize(_) => (1, "remote_write_unauthorized"),
            Decision::Split(_) | Decision::Drop(_) | Decision::TooLarge => {
                (2, "remote_write_refused")
            }
        };
        let now = self.clock.elapsed();
        if self.complained[kind].is_some_and(|last| now.saturating_sub(last) < COMPLAIN_EVERY) {
            return;
        }
        self.complained[kind] = Some(now);
        let status = match reply.outcome {
            Outcome::Reply { status, .. } => status,
            Outcome::NoReply => 0,
        };
        let pending = self.log.borrow().pending_samples();
        tracing::warn!(event, status, pending, reply = reply.words, "remote_write");
    }
}

/// Snappy's block format, never the framed one.
pub(crate) fn compress(bytes: &[u8]) -> Bytes {
    snap::raw::Encoder::new()
        .compress_vec(bytes)
        .expect("a request of at most a few MiB is below snappy's 4 GiB")
        .into()
}
