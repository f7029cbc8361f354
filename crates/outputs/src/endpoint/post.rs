//! POST over one kept connection: a body out, an [`Outcome`] back. Never two requests at a time, no redirects followed.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::ServerName;
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};
use tokio_rustls::TlsConnector;

use super::{
    auth::{Auth, Freshness},
    grpc,
    retry::{Outcome, retry_after},
    tls::client_config,
};
use crate::{
    clock::unix_seconds,
    error::Error,
    settings::{EndpointSettings, TlsSettings, Transport},
};

/// A request may take this long, reply included: Prometheus' own default.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a reply that are read; a longer one costs the connection.
const REPLY_LIMIT: usize = 64 << 10;
/// Bytes of a reply that are kept for the log.
const EXCERPT: usize = 1024;

/// A reply, or the lack of one.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) outcome: Outcome,
    /// The beginning of the body, or what went wrong.
    pub(crate) words: String,
    /// The body.
    pub(crate) body: Bytes,
}

/// One receiver and the connection to it.
#[derive(Debug)]
pub(crate) struct Endpoint {
    uri: Uri,
    transport: Transport,
    host: String,
    port: u16,
    /// `Some` for https.
    tls: Option<TlsSettings>,
    headers: HeaderMap,
    auth: Auth,
    fresh: Freshness,
    connection: Option<Connection>,
    /// How long a request may take, reply included.
    pub(crate) timeout: Duration,
}

#[derive(Debug)]
struct Connection {
    send: Send,
    driver: JoinHandle<()>,
}

#[derive(Debug)]
enum Send {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Send {
    async fn ready(&mut self) -> hyper::Result<()> {
        match self {
            Send::Http1(send) => send.ready().await,
            Send::Http2(send) => send.ready().await,
        }
    }

    async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> hyper::Result<http::Response<hyper::body::Incoming>> {
        match self {
            Send::Http1(send) => send.send_request(request).await,
            Send::Http2(send) => send.send_request(request).await,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Endpoint {
    /// Checks everything that can be checked without a connection.
    pub(crate) fn new(settings: &EndpointSettings) -> Result<Endpoint, Error> {
        let unusable = |what: String| Error::Endpoint(format!("{}: {what}", settings.url));
        let uri: Uri = settings
            .url
            .parse()
            .map_err(|error: http::uri::InvalidUri| unusable(error.to_string()))?;
        let secure = uri.scheme_str() == Some("https");
        let host = uri
            .host()
            .ok_or_else(|| unusable("names no host".to_owned()))?;
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let tls = secure.then(|| settings.tls.clone());
        if let Some(tls) = &tls {
            client_config(tls).map_err(Error::Tls)?;
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &settings.headers {
            let parsed = (name.parse::<HeaderName>(), value.parse::<HeaderValue>());
            let (Ok(name), Ok(value)) = parsed else {
                return Err(unusable(format!("header {name} is not valid")));
            };
            headers.insert(name, value);
        }
        let authority = uri
            .authority()
            .ok_or_else(|| unusable("names no host".to_owned()))?;
        let authority = HeaderValue::from_str(authority.as_str())
            .map_err(|error| unusable(error.to_string()))?;
        headers.insert(header::HOST, authority);
        headers.insert(
            header::USER_AGENT,
            HeaderValue::from_static(concat!("loadd/", env!("CARGO_PKG_VERSION"))),
        );
        let auth =
            Auth::new(settings).map_err(|(path, error)| Error::Credentials { path, error })?;
        Ok(Endpoint {
            uri,
            transport: settings.transport,
            host,
            port,
            tls,
            headers,
            auth,
            fresh: Freshness::Usual,
            connection: None,
            timeout: TIMEOUT,
        })
    }

    /// The credentials were refused: read them again before the next request.
    pub(crate) fn refresh_credentials(&mut self) {
        self.fresh = Freshness::Refused;
    }

    /// Sends a body and waits for the reply.
    pub(crate) async fn post(
        &mut self,
        body: Bytes,
        headers: &'static [(&'static str, &'static str)],
    ) -> Reply {
        let fault = match timeout(self.timeout, self.exchange(body, headers)).await {
            Ok(Ok(reply)) => return reply,
            Ok(Err(fault)) => fault,
            Err(_elapsed) => format!("no reply within {:?}", self.timeout),
        };
        self.connection = None;
        Reply {
            outcome: Outcome::NoReply,
            words: fault,
            body: Bytes::new(),
        }
    }

    async fn exchange(
        &mut self,
        body: Bytes,
        headers: &'static [(&'static str, &'static str)],
    ) -> Result<Reply, String> {
        let ready = match &mut self.connection {
            Some(connection) => connection.send.ready().await.is_ok(),
            None => false,
        };
        if !ready {
            self.connection = None;
            self.connection = Some(self.connect().await?);
        }
        let request = self.request(body, headers)?;
        let Some(connection) = &mut self.connection else {
            return Err("not connected".to_owned());
        };
        let response = connection
            .send
            .send(request)
            .await
            .map_err(|error| chain(&error))?;
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let after = head
            .headers
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok());
        let retry_after = after.and_then(|value| retry_after(value, unix_seconds()));
        let written = written(&head.headers);
        let mut trailers = None;
        let body = match Limited::new(body, REPLY_LIMIT).collect().await {
            Ok(whole) => {
                trailers = whole.trailers().cloned();
                whole.to_bytes()
            }
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                self.connection = None;
                Bytes::from_static(b"(a reply longer than 64 KiB)")
            }
            // Half a reply: nobody knows what the receiver did, and sending again does no harm.
            Err(error) => {
                return Err(format!(
                    "status {status}, then the reply broke off: {error}"
                ));
            }
        };
        if self.transport == Transport::Grpc {
            return Ok(Reply {
                outcome: grpc::outcome(status, &head.headers, trailers.as_ref()),
                words: grpc::words(&head.headers, trailers.as_ref()),
                body: grpc::unframed(&body),
            });
        }
        Ok(Reply {
            outcome: Outcome::Reply {
                status,
                retry_after,
                written,
            },
            words: excerpt(&body),
            body,
        })
    }

    fn request(
        &mut self,
        body: Bytes,
        headers: &'static [(&'static str, &'static str)],
    ) -> Result<Request<Full<Bytes>>, String> {
        let target = match self.transport {
            Transport::Post => {
                let path = self.uri.path_and_query();
                let path = path.map_or("/", http::uri::PathAndQuery::as_str);
                path.parse::<Uri>().map_err(|error| error.to_string())?
            }
            Transport::Grpc => self.method()?,
        };
        let mut request = Request::post(target)
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        *request.headers_mut() = self.headers.clone();
        if self.transport == Transport::Grpc {
            // HTTP/2 has a pseudo header for it.
            request.headers_mut().remove(header::HOST);
        }
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(*name, HeaderValue::from_static(value));
        }
        if let Some(value) = self.auth.header(self.fresh) {
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        self.fresh = Freshness::Usual;
        Ok(request)
    }

    /// A URL's path goes before the method's, as gRPC libraries have it.
    fn method(&self) -> Result<Uri, String> {
        let before = self.uri.path().trim_end_matches('/');
        let mut parts = self.uri.clone().into_parts();
        let path = format!("{before}{}", grpc::EXPORT);
        parts.path_and_query = Some(
            path.parse()
                .map_err(|error: http::uri::InvalidUri| error.to_string())?,
        );
        Uri::from_parts(parts).map_err(|error| error.to_string())
    }

    async fn connect(&self) -> Result<Connection, String> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| format!("connect to {}:{}: {error}", self.host, self.port))?;
        stream
            .set_nodelay(true)
            .map_err(|error| error.to_string())?;
        let Some(tls) = &self.tls else {
            return shake_hands(stream, self.transport).await;
        };
        let mut config = client_config(tls)?;
        if self.transport == Transport::Grpc {
            Arc::make_mut(&mut config).alpn_protocols = vec![b"h2".to_vec()];
        }
        let connector = TlsConnector::from(config);
        let name = ServerName::try_from(self.host.clone()).map_err(|error| error.to_string())?;
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| format!("TLS with {}: {error}", self.host))?;
        shake_hands(stream, self.transport).await
    }
}

async fn shake_hands<S>(stream: S, transport: Transport) -> Result<Connection, String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + std::marker::Send + Unpin + 'static,
{
    let io = TokioIo::new(stream);
    match transport {
        Transport::Post => {
            let (send, connection) = http1::handshake(io).await.map_err(|error| chain(&error))?;
            Ok(Connection {
                send: Send::Http1(send),
                driver: tokio::spawn(drive(connection)),
            })
        }
        Transport::Grpc => {
            let (send, connection) = http2::handshake(TokioExecutor::new(), io)
                .await
                .map_err(|error| chain(&error))?;
            Ok(Connection {
                send: Send::Http2(send),
                driver: tokio::spawn(drive(connection)),
            })
        }
    }
}

async fn drive(connection: impl Future<Output = hyper::Result<()>>) {
    if let Err(error) = connection.await {
        // The request that it breaks gets its own error; between requests a closed connection is no event.
        tracing::debug!(error = %error, "output_connection_ended");
    }
}

/// How many samples a receiver of version 2.0 says it has written.
fn written(headers: &HeaderMap) -> Option<u64> {
    let count = |kind: &str| -> Option<u64> {
        let name = format!("x-prometheus-remote-write-{kind}-written");
        headers.get(name)?.to_str().ok()?.trim().parse().ok()
    };
    let (samples, histograms) = (count("samples"), count("histograms"));
    (samples.is_some() || histograms.is_some() || count("exemplars").is_some())
        .then(|| samples.unwrap_or(0) + histograms.unwrap_or(0))
}

/// An error with its causes: hyper's own text alone does not say "connection reset".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(EXCERPT)]);
    text.trim_end().escape_debug().to_string()
}
