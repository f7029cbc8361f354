//! Taking the port, and serving on a thread of its own.

use std::{
    cell::{Cell, RefCell},
    io,
    net::{SocketAddr, TcpListener as StdListener},
    rc::Rc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::spawn_local,
    time::{MissedTickBehavior, interval, sleep},
};

use crate::{
    access::{Allowance, Rules},
    live::Live,
    routes::{self, State},
    settings::{AdminSettings, is_loopback},
    sources::Sources,
};

/// Connections at once; more wait in the kernel's backlog.
const CONNECTIONS: usize = 256;
/// A head must be there within this time.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Largest head.
const HEAD_BYTES: usize = 16 * 1024;
/// Answers under way get this long after a stop.
const GRACE: Duration = Duration::from_millis(200);

/// Why the admin server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The settings are not acceptable: configuration error.
    #[error("admin: {0}")]
    Settings(String),
    /// The address is taken, or not ours.
    #[error("admin: listen on {listen}: {source}")]
    Listen {
        /// As it was set.
        listen: String,
        /// What the system says.
        source: io::Error,
    },
}

/// The admin server with its port taken: clients can connect, and wait.
#[derive(Debug)]
pub struct Admin {
    listener: StdListener,
    address: SocketAddr,
    rules: Rules,
}

impl Admin {
    /// Takes the port.
    ///
    /// # Errors
    /// [`BindError`].
    pub fn bind(settings: AdminSettings) -> Result<Admin, BindError> {
        settings.validate().map_err(BindError::Settings)?;
        let mut admin = Admin::listen(&settings)?;
        admin.rules = match (settings.read_only, settings.token_file) {
            (true, _) => Rules::ReadOnly,
            (false, Some(file)) => Rules::Token(file),
            (false, None) if is_loopback(admin.address.ip()) => Rules::Loopback,
            // "localhost" that is another machine: only a strange hosts file makes that.
            (false, None) => Rules::ReadOnly,
        };
        Ok(admin)
    }

    /// Takes the port for k6's open REST API (`loadd run --address`, the name `k6`): no token, for everybody who reaches it.
    /// Whoever calls this warns where [`Admin::is_exposed`].
    ///
    /// # Errors
    /// [`BindError::Listen`].
    pub fn bind_open(listen: &str) -> Result<Admin, BindError> {
        Admin::listen(&AdminSettings {
            listen: listen.to_owned(),
            ..AdminSettings::default()
        })
    }

    fn listen(settings: &AdminSettings) -> Result<Admin, BindError> {
        let bound = settings.addresses().and_then(|addresses| {
            let listener = StdListener::bind(&addresses[..])?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        });
        match bound {
            Ok((listener, address)) => Ok(Admin {
                listener,
                address,
                rules: Rules::Open,
            }),
            Err(source) => Err(BindError::Listen {
                listen: settings.listen.clone(),
                source,
            }),
        }
    }

    /// The address taken, with the port that the system chose.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Whether other machines can control the test without a token.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        self.rules == Rules::Open && !is_loopback(self.address.ip())
    }

    /// Serves on a thread of its own, from now on; dropping the handle ends it.
    ///
    /// # Errors
    /// The system refuses the thread.
    pub fn serve(self, sources: Sources) -> io::Result<AdminHandle> {
        let (stop, stopped) = watch::channel(false);
        let address = self.address;
        let thread = thread::Builder::new()
            .name("admin".to_owned())
            .spawn(move || run(self, sources, stopped))?;
        Ok(AdminHandle {
            address,
            stop,
            thread: Some(thread),
        })
    }
}

/// The running admin server.
#[derive(Debug)]
pub struct AdminHandle {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl AdminHandle {
    /// The address that is served.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Stops and waits for the end, a few hundred milliseconds at most.
    ///
    /// # Errors
    /// What ended the server before its time.
    pub fn stop(mut self) -> io::Result<()> {
        self.stop.send_replace(true);
        match self.thread.take() {
            Some(thread) => thread
                .join()
                .map_err(|_| io::Error::other("the admin server has panicked"))?,
            None => Ok(()),
        }
    }
}

impl Drop for AdminHandle {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

fn run(admin: Admin, sources: Sources, mut stop: watch::Receiver<bool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(Default::default())?;
    runtime.block_on(async move {
        let state = Rc::new(State {
            sources,
            rules: admin.rules,
            live: RefCell::new(Live::default()),
            allowance: RefCell::new(Allowance::new(Instant::now())),
        });
        let listener = TcpListener::from_std(admin.listener)?;
        let accepting = spawn_local(accept(listener, Rc::clone(&state)));
        let watching = spawn_local(watch(state));
        // An error: the handle is gone, which stops us, too.
        drop(stop.wait_for(|stop| *stop).await);
        watching.abort();
        accepting.abort();
        sleep(GRACE).await;
        Ok(())
    })
}

/// Looks at the run once a second, whether or not anybody watches: so that the past is there when somebody comes.
async fn watch(state: Rc<State>) {
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        seconds.tick().await;
        let run = state.run();
        state.live.borrow_mut().tick(&state.sources, run.as_ref());
    }
}

async fn accept(listener: TcpListener, state: Rc<State>) {
    let open = Rc::new(Cell::new(0_usize));
    loop {
        if open.get() >= CONNECTIONS {
            sleep(Duration::from_millis(20)).await;
            continue;
        }
        match listener.accept().await {
            Ok((stream, _)) => serve(stream, Rc::clone(&state), Opened::new(&open)),
            Err(error) => {
                tracing::debug!(%error, "admin_accept_failed");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Counts a connection as long as it lives.
struct Opened(Rc<Cell<usize>>);

impl Opened {
    fn new(open: &Rc<Cell<usize>>) -> Opened {
        open.set(open.get() + 1);
        Opened(Rc::clone(open))
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

fn serve(stream: TcpStream, state: Rc<State>, opened: Opened) {
    let service = service_fn(move |request| routes::answer(Rc::clone(&state), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    spawn_local(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "admin_connection_ended");
        }
        drop(opened);
    });
}
