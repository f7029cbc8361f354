//! Servers of a few lines: each reads request heads (and bodies of a stated length) and answers as the test says.

pub(super) mod tls;

use std::{cell::RefCell, future::Future, net::SocketAddr, rc::Rc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{LocalSet, spawn_local},
};

use crate::{
    Auth, BodyData, ClientContext, ClientSettings, CookieJar, HttpRequest, Outcome, RequestUrl,
    ResponseType, Session,
};

/// What a server does with one request.
#[derive(Clone)]
pub(super) enum Reply {
    /// These bytes; the connection stays open.
    Keep(Vec<u8>),
    /// These bytes, then the end of the connection.
    Close(Vec<u8>),
    /// A reset instead of an answer.
    Reset,
    /// Nothing, for ever.
    Silence,
}

/// A server and what it saw.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// Request heads and bodies, in order of arrival.
    pub(super) requests: Rc<RefCell<Vec<String>>>,
    /// How many connections it has accepted.
    pub(super) accepted: Rc<RefCell<usize>>,
    /// Connections that ended.
    pub(super) ended: Rc<RefCell<usize>>,
}

impl Server {
    pub(super) async fn start(answer: impl Fn(&str, usize) -> Reply + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server {
            address: listener.local_addr().unwrap(),
            requests: Rc::default(),
            accepted: Rc::default(),
            ended: Rc::default(),
        };
        let (requests, accepted) = (Rc::clone(&server.requests), Rc::clone(&server.accepted));
        let ended = Rc::clone(&server.ended);
        let answer = Rc::new(answer);
        spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *accepted.borrow_mut() += 1;
                let (requests, answer) = (Rc::clone(&requests), Rc::clone(&answer));
                let ended = Rc::clone(&ended);
                spawn_local(async move {
                    serve(stream, &requests, &*answer).await;
                    *ended.borrow_mut() += 1;
                });
            }
        });
        server
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn seen(&self) -> usize {
        self.requests.borrow().len()
    }
}

async fn serve(
    mut stream: TcpStream,
    requests: &RefCell<Vec<String>>,
    answer: &dyn Fn(&str, usize) -> Reply,
) {
    while let Some(request) = read_request(&mut stream).await {
        let count = {
            let mut requests = requests.borrow_mut();
            requests.push(request.clone());
            requests.len()
        };
        match answer(&request, count) {
            Reply::Keep(bytes) => stream.write_all(&bytes).await.unwrap(),
            Reply::Close(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                return;
            }
            Reply::Reset => {
                let now = Some(Duration::ZERO);
                socket2::SockRef::from(&stream).set_linger(now).unwrap();
                return;
            }
            Reply::Silence => while stream.read_u8().await.is_ok() {},
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut wanted = usize::MAX;
    while request.len() < wanted {
        let mut byte = [0];
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        request.push(byte[0]);
        if wanted == usize::MAX && request.ends_with(b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request).to_lowercase();
            let length = head.split("content-length: ").nth(1);
            let length = length.and_then(|rest| rest.split("\r\n").next());
            wanted = request.len() + length.map_or(0, |length| length.parse().unwrap());
        }
    }
    Some(String::from_utf8_lossy(&request).into_owned())
}

/// A complete answer with these header lines (each ended by CRLF) and body.
pub(super) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

pub(super) fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "", body.as_bytes())
}

pub(super) fn get(url: &str) -> HttpRequest {
    request(Method::GET, url)
}

pub(super) fn request(method: Method, url: &str) -> HttpRequest {
    HttpRequest {
        method,
        url: Rc::new(RequestUrl::parse(url).unwrap()),
        headers: HeaderMap::new(),
        user_agent: None,
        body: Bytes::new(),
        timeout: Duration::from_secs(60),
        max_redirects: 10,
        response_type: ResponseType::Text,
        cookies: Vec::new(),
        jar: Some(Rc::new(CookieJar::new())),
        compression: Vec::new(),
        auth: Auth::Basic,
        next_hop: None,
    }
}

pub(super) fn session() -> Session {
    session_with(ClientSettings::default())
}

pub(super) fn session_with(settings: ClientSettings) -> Session {
    Session::new(&ClientContext::new(settings), 1)
}

pub(super) fn text(outcome: &Outcome) -> &str {
    match &outcome.last.body {
        BodyData::Bytes(bytes) => std::str::from_utf8(bytes).unwrap(),
        BodyData::Absent => "(absent)",
    }
}

pub(super) fn fault(outcome: &Outcome) -> (u16, &str) {
    let error = outcome.last.error.as_ref().expect("a fault");
    (error.code.0, &error.message)
}

/// Runs a test on one thread, as a VU runs.
pub(super) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let limited = async { tokio::time::timeout(Duration::from_secs(30), test).await };
    LocalSet::new()
        .block_on(&runtime, limited)
        .expect("the test hangs");
}
