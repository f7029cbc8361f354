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
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout_at,
};
use tokio_rustls::TlsConnector;

use crate::{
    Cidr, ClientContext, RequestError, RequestUrl, Scheme, Session, TlsInfo,
    options::hosts::HostTarget,
    socket::{
        dns::no_such_host,
        marks::{Counted, Marks, Socket, now},
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
    /// When TCP was there.
    pub(crate) made: Instant,
}

/// Connects to the URL's host.
pub(crate) async fn dial(session: &Session, url: &RequestUrl) -> Result<Dialled, RequestError> {
    let limit = now() + DIAL_LIMIT;
    let context = session.context();
    let remote = within(limit, address_of(context, &url.host, url.port)).await??;
    let began = now();
    let stream = match within(limit, connect(remote, session.source())).await? {
        Ok(stream) => stream,
        Err(error) => return Err(connect_failed(&error)),
    };
    let connected = now();
    prepare(&stream).map_err(|error| connect_failed(&error))?;

    let marks = Rc::new(Marks::default());
    let plain = matches!(url.scheme, Scheme::Http);
    let counted = Counted::new(stream, session.count(), &marks, plain);
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
        made: connected,
    })
}

async fn within<F: Future>(limit: Instant, future: F) -> Result<F::Output, RequestError> {
    timeout_at(limit.into(), future)
        .await
        .map_err(|_elapsed| RequestError::new(1211, "dial: i/o timeout"))
}

/// Where a host is: its name may be blocked (a literal address has none), `hosts` may lead it elsewhere, the name service
/// says the rest, and the address that comes out may be forbidden.
async fn address_of(
    context: &Arc<ClientContext>,
    host: &str,
    port: u16,
) -> Result<SocketAddr, RequestError> {
    let settings = context.settings();
    let literal: Option<IpAddr> = host.parse().ok();
    if literal.is_none() && settings.block_hostnames.contains(host) {
        return Err(RequestError::new(1111, "hostname is blocked"));
    }
    let address = match (settings.hosts.find(host, port), literal) {
        (Some(HostTarget::Address(address, other)), _) => {
            SocketAddr::new(address, other.unwrap_or(port))
        }
        (Some(HostTarget::Nowhere), _) => return Err(no_such_host()),
        (None, Some(address)) => SocketAddr::new(address, port),
        (None, None) => SocketAddr::new(context.resolver().resolve(host).await?, port),
    };
    let forbidden = |block: &Cidr| block.contains(address.ip());
    if settings.blacklist_ips.iter().any(forbidden) {
        return Err(RequestError::new(1110, "ip is blacklisted"));
    }
    Ok(address)
}

async fn connect(remote: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let Some(source) = source else {
        return TcpStream::connect(remote).await;
    };
    let socket = match remote {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if source.is_ipv4() != remote.is_ipv4() {
        let text = format!("mismatched local address type {source}");
        return Err(io::Error::other(text));
    }
    socket.bind(SocketAddr::new(source, 0))?;
    socket.connect(remote).await
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
