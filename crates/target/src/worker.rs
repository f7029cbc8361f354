//! One worker thread: serves its connections on a current-thread runtime and answers questions about its counts.

use std::{
    cell::{Cell, RefCell},
    io,
    net::{SocketAddr, TcpStream as StdStream},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hyper::{server::conn::http1, service::service_fn};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot, watch},
    task::spawn_local,
    time::{sleep, timeout},
};

use crate::{
    link::{Link, Socket},
    random::Random,
    routes,
    stats::{Counts, Stats},
};

/// Answers under way get this long to finish after a stop.
const GRACE: Duration = Duration::from_secs(1);
/// Messages that may wait for a worker; beyond that the accept loop waits, and then the kernel's backlog.
pub(crate) const INBOX: usize = 1024;

/// What a worker can be sent.
#[derive(Debug)]
pub(crate) enum Message {
    Connection(StdStream, SocketAddr),
    Report(oneshot::Sender<Counts>),
    Reset(oneshot::Sender<()>),
}

/// What all workers share; nothing in it changes.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) seed: u64,
    pub(crate) started: Instant,
    /// Time since the epoch at `started`: the anchor of stalls.
    epoch: Duration,
    inboxes: Vec<mpsc::Sender<Message>>,
}

impl Shared {
    pub(crate) fn new(seed: u64, inboxes: Vec<mpsc::Sender<Message>>) -> Shared {
        let epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Shared {
            seed,
            started: Instant::now(),
            epoch,
            inboxes,
        }
    }

    /// Time since the epoch by the monotonic clock: a step of the wall clock moves no stall.
    pub(crate) fn now(&self) -> Duration {
        self.epoch + self.started.elapsed()
    }

    /// Everybody's counts, added up. `None` once the service stops.
    pub(crate) async fn stats(&self) -> Option<Stats> {
        let mut replies = Vec::with_capacity(self.inboxes.len());
        for inbox in &self.inboxes {
            let (reply, counts) = oneshot::channel();
            inbox.send(Message::Report(reply)).await.ok()?;
            replies.push(counts);
        }
        let mut all = Vec::with_capacity(replies.len());
        for counts in replies {
            all.push(counts.await.ok()?);
        }
        Some(Stats::sum(self.seed, self.started.elapsed(), &all))
    }

    /// The same from a thread without a runtime.
    pub(crate) fn blocking_stats(&self) -> Option<Stats> {
        let ask = |inbox: &mpsc::Sender<Message>| {
            let (reply, counts) = oneshot::channel();
            inbox.blocking_send(Message::Report(reply)).ok()?;
            counts.blocking_recv().ok()
        };
        let all = self.inboxes.iter().map(ask).collect::<Option<Vec<_>>>()?;
        Some(Stats::sum(self.seed, self.started.elapsed(), &all))
    }

    /// Everybody starts counting again.
    pub(crate) async fn reset(&self) -> Option<()> {
        for inbox in &self.inboxes {
            let (reply, done) = oneshot::channel();
            inbox.send(Message::Reset(reply)).await.ok()?;
            done.await.ok()?;
        }
        Some(())
    }
}

/// A worker's own state; never leaves its thread.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) counts: RefCell<Counts>,
    pub(crate) random: RefCell<Random>,
    /// Answers say that the connection will be closed.
    pub(crate) stopping: Cell<bool>,
}

/// A worker's thread, to its end; gives its last counts. The one with the listener accepts for all.
pub(crate) fn work(
    number: usize,
    shared: &Arc<Shared>,
    mut inbox: mpsc::Receiver<Message>,
    listener: Option<std::net::TcpListener>,
    mut stop: watch::Receiver<bool>,
) -> io::Result<Counts> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(Default::default())?;
    let worker = Rc::new(Worker {
        shared: Arc::clone(shared),
        counts: RefCell::new(Counts::new()),
        random: RefCell::new(Random::new(shared.seed, number as u64)),
        stopping: Cell::new(false),
    });
    let mine = Rc::clone(&worker);
    runtime.block_on(async move {
        let accepting = match listener {
            Some(listener) => Some(spawn_local(accept(
                TcpListener::from_std(listener)?,
                Rc::clone(&mine),
            ))),
            None => None,
        };
        loop {
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(message) => mine.take(message),
                    None => break,
                },
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        mine.stopping.set(true);
        if let Some(accepting) = accepting {
            accepting.abort();
        }
        let idle = async {
            while mine.counts.borrow().in_flight > 0 {
                sleep(Duration::from_millis(2)).await;
            }
        };
        // Over or not: what is still under way now is cut off, and counted as aborted.
        drop(timeout(GRACE, idle).await);
        io::Result::Ok(())
    })?;
    drop(runtime);
    Ok(worker.counts.borrow().clone())
}

/// Deals connections out in turn: few connections, too, must keep all threads busy.
async fn accept(listener: TcpListener, worker: Rc<Worker>) {
    let mut turn = 0;
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(_) => {
                // Out of descriptors, or the client was gone again: neither is cured by trying at once.
                sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        let inboxes = &worker.shared.inboxes;
        turn = (turn + 1) % inboxes.len();
        if turn == 0 {
            worker.serve(stream, peer);
        } else if let Ok(stream) = stream.into_std() {
            // A failed send means that the service stops.
            drop(inboxes[turn].send(Message::Connection(stream, peer)).await);
        }
    }
}

impl Worker {
    fn take(self: &Rc<Self>, message: Message) {
        match message {
            Message::Connection(stream, peer) => {
                if let Ok(stream) = TcpStream::from_std(stream) {
                    self.serve(stream, peer);
                }
            }
            // Whoever asked may have gone.
            Message::Report(reply) => drop(reply.send(self.counts.borrow().clone())),
            Message::Reset(reply) => {
                self.counts.borrow_mut().reset();
                let _asker_gone = reply.send(()).is_err();
            }
        }
    }

    fn serve(self: &Rc<Self>, stream: TcpStream, peer: SocketAddr) {
        // Without it the worst is a late packet.
        drop(stream.set_nodelay(true));
        let link = Link::new(Rc::clone(self), peer);
        let socket = Socket::new(stream, Rc::clone(&link));
        let service = service_fn(move |request| routes::answer(Rc::clone(&link), request));
        let connection = http1::Builder::new().serve_connection(socket, service);
        spawn_local(async move {
            // How a connection ends is the client's business, or what it asked for; the counts tell.
            drop(connection.await);
        });
    }
}
