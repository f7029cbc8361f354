//! A new connection: name, TCP, TLS, with the time that each took.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::{net::TcpStream, time::timeout_at};
use tokio_rustls::TlsConnector;

use crate::{
    ClientContext, RequestError, RequestUrl, Scheme, TlsInfo,
    socket::{
        marks::{ByteCount, Counted, Marks, Socket, now},
        tls,
    },
};

/// k6's limit for name and TCP together.
const DIAL_LIMIT: Duration = Duration::from_secs(30);
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// A connected stream and what it took.
pub(crate) struct Dialled {
    pub(crate) socket: Socket,
    pub(crate) marks: Rc<Marks>,
    pub(crate) remote: SocketAddr,
    pub(crate) tls: Option<Rc<TlsInfo>>,
    pub(crate) connecting: Duration,
    pub(crate) tls_handshaking: Duration,
}

/// Connects to the URL's host.
pub(crate) async fn dial(
    context: &Arc<ClientContext>,
    url: &RequestUrl,
    count: &Rc<ByteCount>,
) -> Result<Dialled, RequestError> {
    let limit = now() + DIAL_LIMIT;
    let address = within(limit, address_of(context, &url.host)).await??;
    let remote = SocketAddr::new(address, url.port);
    let began = now();
    let stream = match within(limit, TcpStream::connect(remote)).await? {
        Ok(stream) => stream,
        Err(error) => return Err(connect_failed(&error)),
    };
    let connected = now();
    prepare(&stream).map_err(|error| connect_failed(&error))?;

    let marks = Rc::new(Marks::default());
    let plain = matches!(url.scheme, Scheme::Http);
    let counted = Counted::new(stream, count, &marks, plain);
    let (socket, tls) = match url.scheme {
        Scheme::Http => (Socket::plain(counted, Rc::clone(&marks)), None),
        Scheme::Https => {
            let config = context.tls_config().await?;
            let name = server_name(&url.host)?;
            let stream = TlsConnector::from(config)
                .connect(name, counted)
                .await
                .map_err(|error| tls::handshake_failed(&error))?;
            let info = tls::info(stream.get_ref().1);
            (Socket::tls(stream, Rc::clone(&marks)), Some(info))
        }
    };
    let tls_handshaking = tls.as_ref().map_or(Duration::ZERO, |_| connected.elapsed());
    Ok(Dialled {
        socket,
        marks,
        remote,
        tls,
        connecting: connected - began,
        tls_handshaking,
    })
}

async fn within<F: Future>(limit: Instant, future: F) -> Result<F::Output, RequestError> {
    timeout_at(limit.into(), future)
        .await
        .map_err(|_elapsed| RequestError::new(1211, "dial: i/o timeout"))
}

async fn address_of(context: &Arc<ClientContext>, host: &str) -> Result<IpAddr, RequestError> {
    match host.parse() {
        Ok(address) => Ok(address),
        Err(_) => context.resolver().resolve(host).await,
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keep_alive = TcpKeepalive::new()
        .with_time(KEEP_ALIVE)
        .with_interval(KEEP_ALIVE);
    SockRef::from(stream).set_tcp_keepalive(&keep_alive)
}

fn server_name(host: &str) -> Result<ServerName<'static>, RequestError> {
    ServerName::try_from(host.to_owned())
        .map_err(|_invalid| RequestError::new(1311, "x509: certificate doesn't match hostname"))
}

fn connect_failed(error: &io::Error) -> RequestError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => RequestError::new(1212, "dial: connection refused"),
        io::ErrorKind::TimedOut => RequestError::new(1211, "dial: i/o timeout"),
        _ => match error.raw_os_error() {
            Some(errno) => RequestError::new(1213, RequestError::unknown_errno("dial", errno)),
            None => RequestError::new(1210, format!("dial: {error}")),
        },
    }
}
