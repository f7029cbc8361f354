//! Servers behind TLS, HTTP/2 and HTTP/1.1 by ALPN, that keep every request with what they know of its connection.
//!
//! `/echo` gives back what came as JSON; `/text?TEXT` this text; `/big?N` so many bytes; `/redirect?URL` sends there;
//! `/cookie` sets a secure cookie; `/hang` never answers; over HTTP/2 `/reset?CODE` resets the stream and `/goaway?CODE` ends
//! the connection; everything else is answered with 200 and `ok`.

mod pki;

use std::{
    convert::Infallible,
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, server::WebPkiClientVerifier};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{background::Background, room::Room, wire::decode};
use pki::{Identity, Pki};

type Kind = fn(&Pki) -> ServerConfig;

/// What one of the listeners is like: the name of its variable, and its configuration.
const KINDS: [(&str, Kind); 5] = [
    ("TLS", |pki| {
        configured(
            &pki.server,
            &["h2", "http/1.1"],
            rustls::ALL_VERSIONS,
            false,
        )
    }),
    ("TLS_HTTP1", |pki| {
        configured(&pki.server, &["http/1.1"], rustls::ALL_VERSIONS, false)
    }),
    ("TLS_OLD", |pki| {
        configured(
            &pki.server,
            &["h2", "http/1.1"],
            &[&rustls::version::TLS12],
            false,
        )
    }),
    ("TLS_EXPIRED", |pki| {
        configured(&pki.expired, &["http/1.1"], rustls::ALL_VERSIONS, false)
    }),
    ("TLS_MUTUAL", |pki| {
        configured(&pki.server, &["http/1.1"], rustls::ALL_VERSIONS, true)
    }),
];

type Kept = Arc<Mutex<Vec<String>>>;

/// Running servers, one of each kind; they stop with their handle.
#[derive(Debug)]
pub struct Tls {
    addresses: Vec<(&'static str, SocketAddr)>,
    requests: Kept,
    _servers: Background,
}

impl Default for Tls {
    fn default() -> Self {
        Tls::start()
    }
}

impl Tls {
    /// Starts them on ports that the system chooses.
    ///
    /// # Panics
    /// When the loopback has none.
    #[must_use]
    pub fn start() -> Tls {
        let mut addresses = Vec::new();
        let mut listeners = Vec::new();
        for (name, config) in KINDS {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            listener
                .set_nonblocking(true)
                .expect("a socket can be made non-blocking");
            addresses.push((
                name,
                listener.local_addr().expect("a listener has an address"),
            ));
            listeners.push((listener, TlsAcceptor::from(Arc::new(config(Pki::shared())))));
        }
        let requests = Kept::default();
        let kept = Arc::clone(&requests);
        let connections = Arc::new(AtomicUsize::new(0));
        let servers = Background::run(|| async move {
            for (listener, acceptor) in listeners {
                let connections = Arc::clone(&connections);
                tokio::spawn(accept(listener, acceptor, Arc::clone(&kept), connections));
            }
            std::future::pending::<()>().await;
        });
        Tls {
            addresses,
            requests,
            _servers: servers,
        }
    }

    /// Variables that name them, each with `https://127.0.0.1:PORT`.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, String)> {
        let url =
            |(name, address): &(&'static str, SocketAddr)| (*name, format!("https://{address}"));
        self.addresses.iter().map(url)
    }

    /// Puts the authority (`ca.pem`), a client that it has signed (`client.pem`, `client.key`) and one that nobody has
    /// (`stranger.pem`, `stranger.key`) into a folder.
    pub fn write_certificates(&self, room: &Room) {
        let pki = Pki::shared();
        room.write("ca.pem", &pki.authority_pem());
        for (name, identity) in [("client", &pki.client), ("stranger", &pki.stranger)] {
            let (certificate, key) = identity.pem();
            room.write(&format!("{name}.pem"), &certificate);
            room.write(&format!("{name}.key"), &key);
        }
    }

    /// Each request so far: `[connection N, PROTOCOL, TLS, name asked for, client]`, then head and body.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn configured(
    identity: &Identity,
    protocols: &[&str],
    versions: &[&'static SupportedProtocolVersion],
    asks_for_client: bool,
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .expect("the provider knows them");
    let builder = if asks_for_client {
        let mut roots = RootCertStore::empty();
        roots
            .add(Pki::shared().authority.clone())
            .expect("it is an authority");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .expect("there is an authority");
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder
        .with_single_cert(vec![identity.certificate.clone()], identity.key())
        .expect("the key is the certificate's");
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    config
}

async fn accept(
    listener: std::net::TcpListener,
    acceptor: TlsAcceptor,
    kept: Kept,
    connections: Arc<AtomicUsize>,
) {
    let listener = TcpListener::from_std(listener).expect("a bound listener fits into a runtime");
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, kept) = (acceptor.clone(), Arc::clone(&kept));
        let connections = Arc::clone(&connections);
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let number = connections.fetch_add(1, Ordering::Relaxed) + 1;
            let (place, two) = described(&stream, number);
            if two {
                serve_two(stream, place, kept).await;
            } else {
                let service =
                    service_fn(move |request| one(request, place.clone(), Arc::clone(&kept)));
                let _ended = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            }
        });
    }
}

/// What is known of a connection, and whether HTTP/2 is spoken there.
fn described(stream: &TlsStream<TcpStream>, number: usize) -> (String, bool) {
    let session = stream.get_ref().1;
    let two = session.alpn_protocol() == Some(b"h2");
    let version = session
        .protocol_version()
        .map_or("none", |version| match version {
            rustls::ProtocolVersion::TLSv1_2 => "tls1.2",
            rustls::ProtocolVersion::TLSv1_3 => "tls1.3",
            _ => "other",
        });
    let name = session.server_name().unwrap_or("no name");
    let client = session.peer_certificates().and_then(<[_]>::first);
    let client = match client {
        None => "nobody",
        Some(certificate) if *certificate == Pki::shared().client.certificate => "client",
        Some(_) => "somebody else",
    };
    let protocol = if two { "h2" } else { "http/1.1" };
    (
        format!("[connection {number}, {protocol}, {version}, {name}, {client}]"),
        two,
    )
}

/// The request as text, kept; its body too.
fn keep(kept: &Kept, place: &str, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) {
    let mut text = format!("{place}\n{method} {uri}\n");
    for (name, value) in headers {
        let _ = writeln!(
            text,
            "{name}: {}",
            String::from_utf8_lossy(value.as_bytes())
        );
    }
    let _ = write!(text, "\n{}", String::from_utf8_lossy(body));
    kept.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(text);
}

fn answer(uri: &Uri, headers: &HeaderMap, place: &str, body: &Bytes) -> Response<Bytes> {
    let query = uri.query().unwrap_or_default();
    let text = String::from_utf8_lossy(&decode(query)).into_owned();
    let response = Response::builder().header("content-type", "text/plain");
    let response = match uri.path() {
        "/echo" => {
            let headers: serde_json::Map<String, serde_json::Value> = headers
                .iter()
                .map(|(name, value)| {
                    (
                        name.to_string(),
                        String::from_utf8_lossy(value.as_bytes()).into(),
                    )
                })
                .collect();
            let told = serde_json::json!({
                "place": place, "uri": uri.to_string(), "headers": headers, "body": String::from_utf8_lossy(body), "bytes": body.len(),
            });
            Response::builder()
                .header("content-type", "application/json")
                .body(told.to_string().into())
        }
        "/text" => response.body(text.into()),
        "/big" => response.body(vec![b'x'; text.parse().unwrap_or(0)].into()),
        "/redirect" => response
            .status(302)
            .header("location", text)
            .body(Bytes::new()),
        "/cookie" => response
            .header("set-cookie", "kept=here; Secure")
            .body("set".into()),
        _ => response.body("ok".into()),
    };
    response.expect("all parts of it are good")
}

async fn one(
    request: Request<Incoming>,
    place: String,
    kept: Kept,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    keep(&kept, &place, &head.method, &head.uri, &head.headers, &body);
    if head.uri.path() == "/hang" {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    Ok(answer(&head.uri, &head.headers, &place, &body).map(Full::new))
}

async fn serve_two(stream: TlsStream<TcpStream>, place: String, kept: Kept) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let code = || {
            request
                .uri()
                .query()
                .and_then(|code| code.parse().ok())
                .unwrap_or(0)
        };
        if request.uri().path() == "/goaway" {
            connection.abrupt_shutdown(h2::Reason::from(code()));
            let _ended = std::future::poll_fn(|context| connection.poll_closed(context)).await;
            return;
        }
        if request.uri().path() == "/reset" {
            respond.send_reset(h2::Reason::from(code()));
            continue;
        }
        let (place, kept) = (place.clone(), Arc::clone(&kept));
        tokio::spawn(async move {
            let (head, mut stream) = request.into_parts();
            let mut body = Vec::new();
            while let Some(Ok(data)) = stream.data().await {
                body.extend_from_slice(&data);
                let _left = stream.flow_control().release_capacity(data.len());
            }
            keep(&kept, &place, &head.method, &head.uri, &head.headers, &body);
            if head.uri.path() == "/hang" {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
            let (head, body) = answer(&head.uri, &head.headers, &place, &body.into()).into_parts();
            if let Ok(mut stream) = respond.send_response(Response::from_parts(head, ()), false) {
                let _gone = stream.send_data(body, true);
            }
        });
    }
}
