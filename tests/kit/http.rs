//! A blocking HTTP/1.1 client: one request, one connection.

use std::{io, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Longest exchange.
const LIMIT: Duration = Duration::from_secs(20);

/// What came back.
#[derive(Debug, Clone)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: http::HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Response {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }
}

/// GET `http://ADDRESS PATH`.
///
/// # Errors
/// Refused, reset, too slow, or no HTTP.
pub fn get(address: &str, path: &str) -> io::Result<Response> {
    request("GET", address, path, &[], Bytes::new())
}

/// POST of a form.
///
/// # Errors
/// Like [`get`].
pub fn post_form(address: &str, path: &str, form: String) -> io::Result<Response> {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    request("POST", address, path, &headers, form.into())
}

/// Any request. `address` is `host:port`.
///
/// # Errors
/// Like [`get`].
pub fn request(
    method: &str,
    address: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> io::Result<Response> {
    let mut request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", address)
        .header("connection", "close");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body)).map_err(io::Error::other)?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let exchange = exchange(address, request);
            tokio::time::timeout(LIMIT, exchange)
                .await
                .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no answer in 20 s"))?
        })
}

async fn exchange(address: &str, request: http::Request<Full<Bytes>>) -> io::Result<Response> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let connection = tokio::spawn(connection);
    let response = sender
        .send_request(request)
        .await
        .map_err(io::Error::other)?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    connection.abort();
    Ok(Response {
        status: head.status.as_u16(),
        headers: head.headers,
        body,
    })
}

/// Percent-encodes a value for a form or a query.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
