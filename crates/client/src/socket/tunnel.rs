//! Through a proxy to the target: HTTP's `CONNECT` and SOCKS 5 (RFC 1928, 1929).

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    RequestError, RequestUrl,
    options::proxy::{Proxy, ProxyKind},
    socket::marks::Duplex,
};

/// Bytes of an answer to `CONNECT`.
const HEAD: usize = 16 << 10;

/// Asks the proxy behind `carrier` for a way to the URL's host; afterwards `carrier` leads there.
pub(crate) async fn open(
    carrier: &mut dyn Duplex,
    proxy: &Proxy,
    url: &RequestUrl,
) -> Result<(), RequestError> {
    let opened = match proxy.kind {
        ProxyKind::Http | ProxyKind::Https => connect(carrier, proxy, url).await,
        ProxyKind::Socks5 => socks(carrier, proxy, url).await,
    };
    match opened {
        Ok(()) => Ok(()),
        Err(Fault::Said(text)) => Err(RequestError::new(1000, text)),
        Err(Fault::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(RequestError::eof())
        }
        Err(Fault::Io(error)) => {
            let errno = error.raw_os_error();
            Err(RequestError::from_errno("read", errno, &error.to_string()))
        }
    }
}

enum Fault {
    Io(io::Error),
    Said(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Io(error)
    }
}

impl Fault {
    fn said(text: &str) -> Self {
        Fault::Said(text.to_owned())
    }
}

async fn connect(carrier: &mut dyn Duplex, proxy: &Proxy, url: &RequestUrl) -> Result<(), Fault> {
    let host = bracketed(&url.host);
    let target = format!("{host}:{}", url.port);
    let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(value) = proxy.authorization() {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    carrier.write_all(&head).await?;
    carrier.flush().await?;
    // One byte at a time: what follows the head belongs to the tunnel.
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= HEAD {
            return Err(Fault::said("proxy: the answer to CONNECT is too long"));
        }
        answer.push(carrier.read_u8().await?);
    }
    status(&answer)
}

/// As Go's client says it: the words of the status line.
fn status(answer: &[u8]) -> Result<(), Fault> {
    let malformed = || Fault::said("proxy: malformed HTTP response");
    let text = String::from_utf8_lossy(answer);
    let line = text.lines().next().ok_or_else(malformed)?;
    let rest = line.strip_prefix("HTTP/1.").ok_or_else(malformed)?;
    let (_, status) = rest.split_once(' ').ok_or_else(malformed)?;
    let (code, words) = status.split_once(' ').unwrap_or((status, ""));
    match code {
        "200" => Ok(()),
        _ if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
            let words = if words.is_empty() {
                "unknown status code"
            } else {
                words
            };
            Err(Fault::said(words))
        }
        _ => Err(malformed()),
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

async fn socks(carrier: &mut dyn Duplex, proxy: &Proxy, url: &RequestUrl) -> Result<(), Fault> {
    const NONE: u8 = 0;
    const PASSWORD: u8 = 2;
    let greeting: &[u8] = match &proxy.credentials {
        None => &[5, 1, NONE],
        Some(_) => &[5, 2, NONE, PASSWORD],
    };
    carrier.write_all(greeting).await?;
    carrier.flush().await?;
    let mut chosen = [0; 2];
    carrier.read_exact(&mut chosen).await?;
    match (chosen, &proxy.credentials) {
        ([5, NONE], _) => {}
        ([5, PASSWORD], Some((user, password))) => {
            let mut login = vec![1];
            push_text(&mut login, user.as_bytes())?;
            push_text(&mut login, password.as_bytes())?;
            carrier.write_all(&login).await?;
            carrier.flush().await?;
            carrier.read_exact(&mut chosen).await?;
            if chosen[1] != 0 {
                return Err(Fault::said(
                    "socks: username/password authentication failed",
                ));
            }
        }
        ([5, _], _) => return Err(Fault::said("socks: no acceptable authentication methods")),
        _ => return Err(Fault::said("socks: unexpected protocol version")),
    }
    let mut request = vec![5, 1, 0];
    match url.host.parse() {
        Ok(std::net::IpAddr::V4(address)) => {
            request.push(1);
            request.extend_from_slice(&address.octets());
        }
        Ok(std::net::IpAddr::V6(address)) => {
            request.push(4);
            request.extend_from_slice(&address.octets());
        }
        Err(_) => {
            request.push(3);
            push_text(&mut request, url.host.as_bytes())?;
        }
    }
    request.extend_from_slice(&url.port.to_be_bytes());
    carrier.write_all(&request).await?;
    carrier.flush().await?;
    let mut reply = [0; 4];
    carrier.read_exact(&mut reply).await?;
    if reply[1] != 0 {
        return Err(Fault::Said(format!("socks: {}", refusal(reply[1]))));
    }
    let bound = match reply[3] {
        1 => 4,
        4 => 16,
        3 => usize::from(carrier.read_u8().await?),
        _ => return Err(Fault::said("socks: unknown address type")),
    };
    let mut bound = vec![0; bound + 2];
    carrier.read_exact(&mut bound).await?;
    Ok(())
}

fn push_text(message: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    let length = u8::try_from(text.len()).map_err(|_| Fault::said("socks: name is too long"))?;
    message.push(length);
    message.extend_from_slice(text);
    Ok(())
}

fn refusal(code: u8) -> &'static str {
    match code {
        1 => "general SOCKS server failure",
        2 => "connection not allowed by ruleset",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unknown code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_of_a_proxy_makes_the_reader_fall() {
        bolero::check!()
            .with_iterations(20_000)
            .for_each(|bytes: &[u8]| drop(status(bytes)));
        assert!(status(b"HTTP/1.1 200 OK\r\n\r\n").is_ok());
        assert!(status(b"HTTP/1.0 200\r\n\r\n").is_ok());
    }
}
