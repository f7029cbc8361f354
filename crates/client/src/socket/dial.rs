//! A new connection: name, TCP, TLS, with the time that each took.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use http::HeaderValue;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout_at,
};
use tokio_rustls::client::TlsStream;

use crate::{
    Cidr, ClientContext, RequestError, RequestUrl, Scheme, Session, TlsInfo,
    options::{
        hosts::HostTarget,
        proxy::{Proxy, ProxyKind},
    },
    socket::{
        dns::no_such_host,
        marks::{Counted, Duplex, Marks, Socket, now},
        tls::Alpn,
        tunnel,
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
    /// What ALPN gave.
    pub(crate) http2: bool,
    /// Set where a proxy forwards: requests name the whole URL.
    pub(crate) forward: Option<Rc<Forward>>,
    pub(crate) connecting: Duration,
    pub(crate) tls_handshaking: Duration,
    /// When TCP was there.
    pub(crate) made: Instant,
}

/// What a request to a forwarding proxy says beside the whole URL.
#[derive(Debug)]
pub(crate) struct Forward {
    pub(crate) authorization: Option<HeaderValue>,
}

/// Connects to the URL's host, by its proxy where it has one.
pub(crate) async fn dial(session: &Session, url: &RequestUrl) -> Result<Dialled, RequestError> {
    let limit = now() + DIAL_LIMIT;
    let context = session.context();
    let proxy = context.settings().proxies.of(url);
    let (host, port) = proxy.map_or((&*url.host, url.port), |proxy| (&proxy.host, proxy.port));
    let remote = within(limit, address_of(context, host, port)).await??;
    // Made once, and slow then: no part of the first handshake.
    let setup = match url.scheme {
        Scheme::Http => None,
        Scheme::Https => Some(context.tls().await?),
    };
    let began = now();
    let stream = match within(limit, connect(remote, session.source())).await? {
        Ok(stream) => stream,
        Err(error) => return Err(connect_failed(&error)),
    };
    let mut connected = now();
    let connecting = connected - began;
    prepare(&stream).map_err(|error| connect_failed(&error))?;

    let marks = Rc::new(Marks::default());
    let plain = proxy.is_none() && url.scheme == Scheme::Http;
    let counted = Counted::new(stream, session.count(), &marks, plain);
    let made = |stream: Stream| match stream {
        Stream::Direct(counted) => Socket::plain(counted, Rc::clone(&marks)),
        Stream::Proxied(carrier) => Socket::nested(carrier, Rc::clone(&marks)),
    };
    let (stream, forward) = match proxy {
        None => (Stream::Direct(counted), None),
        Some(proxy) => {
            let (carrier, forward) = by_proxy(context, proxy, url, counted).await?;
            connected = now();
            (Stream::Proxied(carrier), forward)
        }
    };
    let (socket, tls, http2) = match (setup, stream) {
        (None, stream) => (made(stream), None, false),
        (Some(setup), Stream::Direct(counted)) => {
            let (stream, info) = setup.connect(&url.host, counted, Alpn::Offered).await?;
            let http2 = is_http2(&stream);
            (Socket::tls(stream, Rc::clone(&marks)), Some(info), http2)
        }
        (Some(setup), Stream::Proxied(carrier)) => {
            let (stream, info) = setup.connect(&url.host, carrier, Alpn::Offered).await?;
            let http2 = is_http2(&stream);
            (made(Stream::Proxied(Box::new(stream))), Some(info), http2)
        }
    };
    let tls_handshaking = tls.as_ref().map_or(Duration::ZERO, |_| connected.elapsed());
    Ok(Dialled {
        socket,
        marks,
        remote,
        tls,
        http2,
        forward,
        connecting,
        tls_handshaking,
        made: connected,
    })
}

enum Stream {
    Direct(Counted),
    Proxied(Box<dyn Duplex>),
}

fn is_http2<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(b"h2")
}

/// A plain request is forwarded by an HTTP proxy; everything else gets a tunnel.
async fn by_proxy(
    context: &Arc<ClientContext>,
    proxy: &Proxy,
    url: &RequestUrl,
    counted: Counted,
) -> Result<(Box<dyn Duplex>, Option<Rc<Forward>>), RequestError> {
    let mut carrier: Box<dyn Duplex> = match proxy.kind {
        ProxyKind::Http | ProxyKind::Socks5 => Box::new(counted),
        ProxyKind::Https => {
            let setup = context.tls().await?;
            let (stream, _) = setup.connect(&proxy.host, counted, Alpn::Http1).await?;
            Box::new(stream)
        }
    };
    if url.scheme == Scheme::Http && proxy.kind != ProxyKind::Socks5 {
        let authorization = proxy.authorization();
        return Ok((carrier, Some(Rc::new(Forward { authorization }))));
    }
    tunnel::open(&mut *carrier, proxy, url).await?;
    Ok((carrier, None))
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
