//! The sender: takes the oldest record, encodes, posts, and stays with it until every series of it has been accepted or
//! refused for good. One request in flight, so each series' order is kept. What is spoken is the codec's business.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use tokio::sync::Notify;

use crate::{
    batch::{Batch, MAX_SERIES},
    clock::Clock,
    codec::Codec,
    counters::PipelineCounters,
    endpoint::{
        Endpoint,
        post::Reply,
        retry::{Decision, Jitter, Outcome, Patience, Reason, Retry},
    },
    spool::{Log, record::Record},
};

/// Fewest series in a request, however often the receiver calls it too large.
const MIN_SERIES: usize = 20;
/// One complaint of a kind in this long.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);
/// A receiver that did not understand the newer version is asked again after this long.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(3600);

/// State of the sender's task.
pub(crate) struct Sender {
    /// For logs.
    pub(crate) name: &'static str,
    pub(crate) log: Rc<RefCell<Log>>,
    pub(crate) new_record: Rc<Notify>,
    pub(crate) endpoint: Endpoint,
    pub(crate) codec: Box<dyn Codec + Send>,
    pub(crate) counters: Arc<PipelineCounters>,
    pub(crate) jitter: Jitter,
    pub(crate) clock: Clock,
    pub(crate) patience: Patience,
    pub(crate) max_series: usize,
    pub(crate) complained: [Option<Duration>; 4],
    /// When it fell back to the older version.
    pub(crate) fell_back: Option<Duration>,
}

/// A body on its way, and how it got there.
struct Task {
    batch: Batch,
    suspect: bool,
}

impl Sender {
    #[expect(clippy::too_many_arguments, reason = "all that it works with")]
    pub(crate) fn new(
        name: &'static str,
        log: Rc<RefCell<Log>>,
        new_record: Rc<Notify>,
        endpoint: Endpoint,
        codec: Box<dyn Codec + Send>,
        counters: Arc<PipelineCounters>,
        patience: Patience,
        seed: u64,
    ) -> Sender {
        Sender {
            name,
            log,
            new_record,
            endpoint,
            codec,
            counters,
            jitter: Jitter(seed),
            clock: Clock::start(),
            patience,
            max_series: MAX_SERIES,
            complained: [None; 4],
            fell_back: None,
        }
    }

    /// Sends for ever; dropped when the time is up.
    pub(crate) async fn run(&mut self, until_empty: impl Fn() -> bool) {
        loop {
            let next = self.log.borrow_mut().next();
            match next {
                Some(record) => {
                    self.send(&record).await;
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

    async fn send(&mut self, record: &Arc<Record>) {
        if self
            .fell_back
            .is_some_and(|then| self.clock.elapsed().saturating_sub(then) > ASK_AGAIN_AFTER)
        {
            self.fell_back = None;
            self.codec.restore();
        }
        let batches = Batch::cut(record, self.max_series, |points| self.codec.weigh(points));
        self.report_labels();
        for batch in batches {
            self.deliver(batch).await;
        }
    }

    fn report_labels(&mut self) {
        let changed = self.codec.changed();
        self.counters
            .label_collisions
            .fetch_add(changed.collisions, Relaxed);
        self.counters.labels_cut.fetch_add(changed.cut, Relaxed);
    }

    /// Stays with a request until nothing of it is open. A refused one is cut in halves, to lose only what is bad in it:
    /// at most 2·log2(n)+1 requests in all.
    async fn deliver(&mut self, request: Batch) {
        let mut splits = u64::from(usize::BITS - request.series().leading_zeros());
        let mut open = vec![Task {
            batch: request,
            suspect: false,
        }];
        while let Some(task) = open.pop() {
            match self.settle(&task).await {
                Decision::Sent => self.succeed(&task.batch, 0, Reason::Partial),
                Decision::Partly(missing, reason) => self.succeed(&task.batch, missing, reason),
                // Down to the fewest series each cut pays off, since later requests are as small; below that a receiver
                // that calls everything too large would be asked once for each series, so that the bound applies.
                Decision::TooLarge if task.batch.series() > MIN_SERIES || splits > 0 => {
                    if task.batch.series() <= MIN_SERIES {
                        splits -= 1;
                    }
                    self.max_series = (task.batch.series() / 2).max(MIN_SERIES);
                    self.split(&task.batch, false, Reason::Rejected, &mut open);
                }
                Decision::Split(reason) if splits > 0 => {
                    splits -= 1;
                    self.split(&task.batch, reason == Reason::Poison, reason, &mut open);
                }
                Decision::FallBack if self.fall_back() => open.push(task),
                Decision::Split(reason) | Decision::Drop(reason) => self.lose(&task.batch, reason),
                Decision::FallBack | Decision::TooLarge => {
                    self.lose(&task.batch, Reason::Rejected);
                }
                Decision::Retry(_) | Decision::Authorize(_) => open.push(task),
            }
        }
    }

    fn fall_back(&mut self) -> bool {
        let fell = self.codec.fall_back();
        if fell {
            self.fell_back = Some(self.clock.elapsed());
            self.counters.fallbacks.fetch_add(1, Relaxed);
            tracing::warn!("remote_write_fell_back_to_1.0");
        }
        fell
    }

    /// All accepted, but for so many.
    fn succeed(&mut self, batch: &Batch, missing: u64, reason: Reason) {
        let samples = batch.samples();
        let missing = missing.min(samples);
        self.counters.sent.fetch_add(samples - missing, Relaxed);
        self.counters.failed_for(reason).fetch_add(missing, Relaxed);
        self.log.borrow_mut().settle(samples);
    }

    fn split(&mut self, batch: &Batch, suspect: bool, reason: Reason, open: &mut Vec<Task>) {
        match batch.halves() {
            Some((first, second)) => {
                open.push(Task {
                    batch: second,
                    suspect,
                });
                open.push(Task {
                    batch: first,
                    suspect,
                });
            }
            None => self.lose(batch, reason),
        }
    }

    fn lose(&mut self, batch: &Batch, reason: Reason) {
        let samples = batch.samples();
        self.counters.failed_for(reason).fetch_add(samples, Relaxed);
        self.log.borrow_mut().settle(samples);
    }

    /// The same bytes until there is a decision about them.
    async fn settle(&mut self, task: &Task) -> Decision {
        let encoded = self.codec.encode(task.batch.points());
        if encoded.offered == 0 {
            return Decision::Sent;
        }
        let rules = self.codec.rules();
        let headers = self.codec.headers();
        let mut retry = if task.suspect {
            Retry::suspect(rules, encoded.offered)
        } else {
            Retry::new(self.patience, rules, encoded.offered)
        };
        loop {
            self.counters
                .bytes
                .fetch_add(encoded.bytes.len() as u64, Relaxed);
            let began = self.clock.elapsed();
            let mut reply = self.endpoint.post(encoded.bytes.clone(), headers).await;
            let took = self.clock.elapsed().saturating_sub(began);
            self.codec.read_reply(&mut reply.outcome, &reply.body);
            self.counters.count_request(status(&reply.outcome), took);
            let decision = retry.decide(&reply.outcome, self.clock.elapsed(), self.jitter.next());
            self.complain(decision, &reply);
            match decision {
                Decision::Retry(wait) => tokio::time::sleep(wait).await,
                Decision::Authorize(wait) => {
                    self.endpoint.refresh_credentials();
                    tokio::time::sleep(wait).await;
                }
                Decision::Sent
                | Decision::Partly(..)
                | Decision::Split(_)
                | Decision::Drop(_)
                | Decision::TooLarge
                | Decision::FallBack => return decision,
            }
            self.counters.retries.fetch_add(1, Relaxed);
        }
    }

    fn complain(&mut self, decision: Decision, reply: &Reply) {
        let (kind, event) = match decision {
            Decision::Sent | Decision::FallBack => return,
            Decision::Retry(_) => (0, "waiting"),
            Decision::Authorize(_) => (1, "unauthorized"),
            Decision::Split(_) | Decision::Drop(_) | Decision::TooLarge => (2, "refused"),
            Decision::Partly(..) => (3, "partly_refused"),
        };
        let now = self.clock.elapsed();
        if self.complained[kind].is_some_and(|last| now.saturating_sub(last) < COMPLAIN_EVERY) {
            return;
        }
        self.complained[kind] = Some(now);
        let status = status(&reply.outcome);
        let pending = self.log.borrow().pending_samples();
        tracing::warn!(event, status, pending, reply = reply.words, "{}", self.name);
    }
}

/// The reply's status; 0 is none. That of gRPC is its own code, an OK one 200.
fn status(outcome: &Outcome) -> u16 {
    match outcome {
        Outcome::Reply { status, .. } => *status,
        Outcome::Grpc { code: 0, .. } => 200,
        Outcome::Grpc { code, .. } => *code,
        Outcome::NoReply => 0,
    }
}
