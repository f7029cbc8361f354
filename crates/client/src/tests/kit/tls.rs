//! Servers behind TLS: HTTP/1.1 by hand, HTTP/2 by the `h2` crate, so that a test decides each frame that matters.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use h2::{Reason, server::SendResponse};
use http::{Request, Response};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::spawn_local,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// What a server does with one request over HTTP/2.
#[derive(Clone)]
pub(in crate::tests) enum Answer {
    /// This status, header lines and body.
    Whole(u16, Vec<(&'static str, String)>, Bytes),
    /// The body after so long.
    After(Duration, &'static str),
    /// A reset of the stream.
    Reset(Reason),
    /// A GOAWAY that counts this stream as seen, then the end.
    GoAway(Reason),
    /// The end of the connection.
    Hangup,
    /// Head and half of a body, then a reset.
    Half(Reason),
    /// A body of this many bytes.
    Long(usize),
}

pub(in crate::tests) fn whole(body: &str) -> Answer {
    Answer::Whole(200, Vec::new(), Bytes::copy_from_slice(body.as_bytes()))
}

/// A server and what it saw.
pub(in crate::tests) struct TlsServer {
    pub(in crate::tests) address: SocketAddr,
    /// `METHOD URI` and the header lines, one text for each request; then the body.
    pub(in crate::tests) requests: Rc<Seen>,
    /// Handshakes that came about.
    pub(in crate::tests) accepted: Rc<Cell<usize>>,
}

impl TlsServer {
    pub(in crate::tests) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    pub(in crate::tests) fn seen(&self) -> usize {
        self.requests.borrow().len()
    }

    /// Speaks what ALPN gives; over HTTP/1.1 every answer is 200 with the body `secret`.
    pub(in crate::tests) async fn start(
        config: ServerConfig,
        answer: impl Fn(&str, usize) -> Answer + 'static,
    ) -> TlsServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = TlsServer {
            address: listener.local_addr().unwrap(),
            requests: Rc::default(),
            accepted: Rc::default(),
        };
        let requests = Rc::clone(&server.requests);
        let (accepted, answer) = (Rc::clone(&server.accepted), Rc::new(answer));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (requests, acceptor) = (Rc::clone(&requests), acceptor.clone());
                let (accepted, answer) = (Rc::clone(&accepted), Rc::clone(&answer));
                spawn_local(async move {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    accepted.set(accepted.get() + 1);
                    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                        serve_h2(stream, &requests, &*answer).await;
                    } else {
                        serve_h1(stream, &requests).await;
                    }
                });
            }
        });
        server
    }
}

type Seen = RefCell<Vec<(String, Vec<u8>)>>;

async fn serve_h1(mut stream: TlsStream<TcpStream>, requests: &Seen) {
    let mut head = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        head.push(byte);
        if head.ends_with(b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&head).into_owned();
            requests.borrow_mut().push((text, Vec::new()));
            head.clear();
            let reply = super::ok("secret");
            stream.write_all(&reply).await.unwrap();
            stream.flush().await.unwrap();
        }
    }
}

async fn serve_h2(
    stream: TlsStream<TcpStream>,
    requests: &Rc<Seen>,
    answer: &dyn Fn(&str, usize) -> Answer,
) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let text = text_of(&request);
        let at = {
            let mut requests = requests.borrow_mut();
            requests.push((text.clone(), Vec::new()));
            requests.len()
        };
        let reply = answer(&text, at);
        match reply {
            Answer::GoAway(reason) => {
                connection.abrupt_shutdown(reason);
                let _ended = futures_util::future::poll_fn(|cx| connection.poll_closed(cx)).await;
                return;
            }
            Answer::Hangup => return,
            reply => {
                let requests = Rc::clone(requests);
                spawn_local(async move {
                    let mut body = request.into_body();
                    while let Some(Ok(data)) = body.data().await {
                        requests.borrow_mut()[at - 1].1.extend_from_slice(&data);
                        let _left = body.flow_control().release_capacity(data.len());
                    }
                    respond_with(respond, reply).await;
                });
            }
        }
    }
}

fn text_of(request: &Request<h2::RecvStream>) -> String {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        text += &format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
    }
    text
}

async fn respond_with(mut respond: SendResponse<Bytes>, reply: Answer) {
    let ok = Response::new(());
    match reply {
        Answer::Whole(status, headers, body) => {
            let mut head = Response::builder().status(status);
            for (name, value) in headers {
                head = head.header(name, value);
            }
            let head = head.body(()).unwrap();
            let mut stream = respond.send_response(head, body.is_empty()).unwrap();
            if !body.is_empty() {
                stream.send_data(body, true).unwrap();
            }
        }
        Answer::After(pause, body) => {
            tokio::time::sleep(pause).await;
            let Ok(mut stream) = respond.send_response(ok, false) else {
                return;
            };
            let _sent = stream.send_data(Bytes::from_static(body.as_bytes()), true);
        }
        Answer::Half(reason) => {
            let mut stream = respond.send_response(ok, false).unwrap();
            stream
                .send_data(Bytes::from_static(b"half"), false)
                .unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            stream.send_reset(reason);
        }
        Answer::Long(bytes) => {
            let mut stream = respond.send_response(ok, false).unwrap();
            stream.send_data(vec![b'x'; bytes].into(), true).unwrap();
        }
        Answer::Reset(reason) => respond.send_reset(reason),
        Answer::GoAway(_) | Answer::Hangup => unreachable!("the connection's loop does that"),
    }
}

/// A certificate and its key.
pub(in crate::tests) struct Identity {
    pub(in crate::tests) cert: CertificateDer<'static>,
    pub(in crate::tests) cert_pem: String,
    pub(in crate::tests) key_pem: String,
    key: Vec<u8>,
}

impl Identity {
    /// Signed by itself.
    pub(in crate::tests) fn of(name: &str) -> Identity {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        Identity {
            cert: made.cert.der().clone(),
            cert_pem: pem("CERTIFICATE", made.cert.der()),
            key_pem: pem("PRIVATE KEY", &made.signing_key.serialize_der()),
            key: made.signing_key.serialize_der(),
        }
    }

    pub(in crate::tests) fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()))
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, der);
    format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n")
}

/// A CA, and a certificate of it for `name`.
pub(in crate::tests) fn signed(ca: &str, name: &str) -> (CertificateDer<'static>, Identity) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, ca);
    let issuer = rcgen::CertifiedIssuer::self_signed(params, &ca_key).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let own = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    let cert = own.signed_by(&key, &issuer).unwrap();
    let identity = Identity {
        cert: cert.der().clone(),
        cert_pem: pem("CERTIFICATE", cert.der()),
        key_pem: pem("PRIVATE KEY", &key.serialize_der()),
        key: key.serialize_der(),
    };
    (issuer.der().clone(), identity)
}

/// A server's configuration for 127.0.0.1 with these protocols.
pub(in crate::tests) fn config(alpn: &[&str]) -> ServerConfig {
    config_for(&Identity::of("127.0.0.1"), alpn)
}

pub(in crate::tests) fn config_for(identity: &Identity, alpn: &[&str]) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.cert.clone()], identity.key())
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}
