//! A server that says exactly the bytes it is asked to say, and keeps every request as it came over the wire.
//!
//! `/reply?BYTES` (percent-encoded) sends these bytes and hangs up; `/keep?BYTES` sends them and reads on; `/hang` never
//! answers; `/reset` resets the connection; everything else is answered with 200 and `ok`.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use socket2::SockRef;

/// A running server; it stops with its handle.
#[derive(Debug)]
pub struct Wire {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
}

impl Wire {
    /// Starts it on a port that the system chooses.
    ///
    /// # Panics
    /// When the loopback has none.
    #[must_use]
    pub fn start() -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a listener has an address")
            .to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let (kept, ended) = (Arc::clone(&requests), Arc::clone(&over));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let kept = Arc::clone(&kept);
                thread::spawn(move || serve(stream, number + 1, &kept));
            }
        });
        Wire {
            address,
            requests,
            over,
        }
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Each request so far: `[connection N]`, head and body, with `\n` for the line ends of the head.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the listener, so that its thread sees the end.
        let _woken = TcpStream::connect(&self.address);
    }
}

fn serve(stream: TcpStream, connection: usize, kept: &Mutex<Vec<String>>) {
    let Ok(mut writer) = stream.try_clone() else {
        return;
    };
    let mut reader = BufReader::new(stream);
    while let Some((line, request)) = read(&mut reader) {
        kept.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(format!("[connection {connection}]\n{request}"));
        let path = line.split(' ').nth(1).unwrap_or("/");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (answer, goes_on) = match path {
            "/reply" => (decode(query), false),
            "/keep" => (decode(query), true),
            "/hang" => {
                thread::sleep(Duration::from_secs(30));
                return;
            }
            "/reset" => {
                let _reset = SockRef::from(&writer).set_linger(Some(Duration::ZERO));
                return;
            }
            _ => {
                let body = if line.starts_with("HEAD ") { "" } else { "ok" };
                let head =
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n";
                (format!("{head}{body}").into_bytes(), true)
            }
        };
        if writer.write_all(&answer).is_err() || !goes_on {
            return;
        }
    }
}

/// The first line, and the whole request.
fn read(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = String::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\r', '\n']);
        head.push_str(line);
        head.push('\n');
        if line.is_empty() {
            break;
        }
    }
    let mut body = Vec::new();
    if let Some(length) = header(&head, "content-length").and_then(|text| text.parse().ok()) {
        body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
    } else if header(&head, "transfer-encoding").is_some() {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                break;
            }
            body.extend_from_slice(chunk.get(..size)?);
        }
    }
    let line = head.lines().next()?.to_owned();
    Some((line, head + &String::from_utf8_lossy(&body)))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = (*byte == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(hex.unwrap_or(*byte));
        at += if hex.is_some() { 3 } else { 1 };
    }
    decoded
}
