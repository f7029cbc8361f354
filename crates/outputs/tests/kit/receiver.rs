//! A receiver in this process that misbehaves by script. It speaks HTTP by hand over blocking sockets: nothing that the
//! sender is built of judges the sender, and it can answer what no HTTP library would.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

use loadd_outputs::{v1, v2};
use prost::Message;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// One request as it came in.
#[derive(Debug, Clone)]
pub struct Captured {
    pub at: Instant,
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// What it was answered, 0 for anything that is no whole reply.
    pub status: u16,
}

impl Captured {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body out of snappy's block format.
    pub fn plain(&self) -> Vec<u8> {
        snap::raw::Decoder::new()
            .decompress_vec(&self.body)
            .unwrap()
    }

    /// The version that its header names.
    pub fn version(&self) -> &str {
        self.header("x-prometheus-remote-write-version").unwrap()
    }

    /// What it says in 2.0.
    pub fn v2(&self) -> v2::Request {
        v2::Request::decode(self.plain().as_slice()).unwrap()
    }

    /// What it says, in the words of 1.0 whatever version it speaks.
    pub fn request(&self) -> v1::WriteRequest {
        if self.version().starts_with('2') {
            translated(&self.v2())
        } else {
            v1::WriteRequest::decode(self.plain().as_slice()).unwrap()
        }
    }
}

/// The series of a request of 2.0 as 1.0 has them: references become strings, start times and metadata are left out.
fn translated(request: &v2::Request) -> v1::WriteRequest {
    let labels = |references: &[u32]| -> Vec<v1::Label> {
        let text = |at: u32| request.symbols[at as usize].clone();
        let pairs = references.chunks(2);
        pairs
            .map(|pair| v1::Label {
                name: text(pair[0]),
                value: text(pair[1]),
            })
            .collect()
    };
    let sample = |sample: &v2::Sample| v1::Sample {
        value: sample.value,
        timestamp: sample.timestamp,
    };
    let exemplar = |exemplar: &v2::Exemplar| v1::Exemplar {
        labels: labels(&exemplar.labels_refs),
        value: exemplar.value,
        timestamp: exemplar.timestamp,
    };
    let series = request.timeseries.iter().map(|series| v1::TimeSeries {
        labels: labels(&series.labels_refs),
        samples: series.samples.iter().map(sample).collect(),
        exemplars: series.exemplars.iter().map(exemplar).collect(),
        histograms: series.histograms.clone(),
    });
    v1::WriteRequest {
        timeseries: series.collect(),
        metadata: Vec::new(),
    }
}

/// What a request is answered.
pub enum Answer {
    /// As HTTP wants it.
    Whole(u16, Vec<(&'static str, String)>, String),
    /// These bytes, and then the connection is closed.
    Broken(Vec<u8>),
    /// Nothing, until the sender hangs up.
    Stall,
}

impl Answer {
    pub fn status(status: u16) -> Answer {
        Answer::Whole(status, Vec::new(), String::new())
    }

    /// 204, and in 2.0 that all of it was written.
    pub fn taken(captured: &Captured) -> Answer {
        if captured.version().starts_with('2') {
            Answer::written(captured, 204, 0)
        } else {
            Answer::status(204)
        }
    }

    /// This status with 2.0's three headers, short by so many samples.
    pub fn written(captured: &Captured, status: u16, short: usize) -> Answer {
        let request = captured.v2();
        let sum = |of: fn(&v2::TimeSeries) -> usize| request.timeseries.iter().map(of).sum();
        let counts: [usize; 3] = [
            sum(|one| one.samples.len()),
            sum(|one| one.histograms.len()),
            sum(|one| one.exemplars.len()),
        ];
        let headers = vec![
            (
                "X-Prometheus-Remote-Write-Samples-Written",
                (counts[0] - short).to_string(),
            ),
            (
                "X-Prometheus-Remote-Write-Histograms-Written",
                counts[1].to_string(),
            ),
            (
                "X-Prometheus-Remote-Write-Exemplars-Written",
                counts[2].to_string(),
            ),
        ];
        Answer::Whole(status, headers, "some words".to_owned())
    }
}

pub type Script = Box<dyn FnMut(usize, &Captured) -> Answer + Send>;

struct Shared {
    seen: Mutex<Vec<Captured>>,
    script: Mutex<Script>,
}

/// Asks the script about each request. Its thread waits for connections until the process ends.
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    pub fn start(script: impl FnMut(usize, &Captured) -> Answer + Send + 'static) -> Receiver {
        Receiver::listen(None, Box::new(script))
    }

    /// Over TLS, with a URL that names `localhost`.
    pub fn start_tls(
        config: Arc<ServerConfig>,
        script: impl FnMut(usize, &Captured) -> Answer + Send + 'static,
    ) -> Receiver {
        Receiver::listen(Some(config), Box::new(script))
    }

    /// These statuses in turn, then 204 for ever.
    pub fn statuses(statuses: &'static [u16]) -> Receiver {
        Receiver::start(move |number, captured| match statuses.get(number) {
            Some(status) => Answer::Whole(*status, Vec::new(), "body".to_owned()),
            None => Answer::taken(captured),
        })
    }

    /// Nobody listens there.
    pub fn away() -> Receiver {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Receiver {
            url: format!("http://127.0.0.1:{port}/"),
            shared: Arc::new(Shared {
                seen: Mutex::default(),
                script: Mutex::new(Box::new(|_, _| Answer::Stall)),
            }),
        }
    }

    pub fn seen(&self) -> Vec<Captured> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// All requests that were answered 2xx, decoded.
    pub fn accepted(&self) -> Vec<v1::WriteRequest> {
        self.seen()
            .iter()
            .filter(|captured| (200..300).contains(&captured.status))
            .map(Captured::request)
            .collect()
    }

    fn listen(tls: Option<Arc<ServerConfig>>, script: Script) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = match tls {
            Some(_) => format!("https://localhost:{port}/api/v1/write"),
            None => format!("http://127.0.0.1:{port}/api/v1/write"),
        };
        let shared = Arc::new(Shared {
            seen: Mutex::default(),
            script: Mutex::new(script),
        });
        let answering = Arc::clone(&shared);
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let (shared, tls) = (Arc::clone(&answering), tls.clone());
                // A connection that breaks off is the sender's business; what it did is in `seen`.
                thread::spawn(move || match tls {
                    None => serve(stream, &shared),
                    Some(config) => serve(over_tls(stream, config), &shared),
                });
            }
        });
        Receiver { url, shared }
    }
}

fn over_tls(
    stream: TcpStream,
    config: Arc<ServerConfig>,
) -> StreamOwned<ServerConnection, TcpStream> {
    StreamOwned::new(ServerConnection::new(config).unwrap(), stream)
}

fn serve(mut stream: impl Read + Write, shared: &Shared) -> io::Result<()> {
    while let Some(mut captured) = read_request(&mut stream)? {
        let answer = {
            let mut seen = shared.seen.lock().unwrap();
            let answer = (shared.script.lock().unwrap())(seen.len(), &captured);
            if let Answer::Whole(status, _, _) = answer {
                captured.status = status;
            }
            seen.push(captured);
            answer
        };
        match answer {
            Answer::Whole(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} -\r\n");
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                if status != 204 {
                    head.push_str(&format!("content-length: {}\r\n", body.len()));
                }
                head.push_str("\r\n");
                if status != 204 {
                    head.push_str(&body);
                }
                // In one piece: a second one would wait for the first one's acknowledgement.
                stream.write_all(head.as_bytes())?;
                stream.flush()?;
            }
            Answer::Broken(bytes) => {
                stream.write_all(&bytes)?;
                return stream.flush();
            }
            Answer::Stall => {
                let _gone = stream.read(&mut [0; 1]);
                return Ok(());
            }
        }
    }
    Ok(())
}

fn read_request(stream: &mut impl Read) -> io::Result<Option<Captured>> {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ').map(str::to_owned);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some(Captured {
        at: Instant::now(),
        method: first.next().unwrap(),
        path: first.next().unwrap(),
        headers,
        body,
        status: 0,
    }))
}
