//! `status`, `pause`, `resume`, `stop`, `reload`, `stats`: talk to the control API of a running loadd.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use serde_json::{Value, json};

use crate::terminal::{complaint, exit::Exit, screen};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the running loadd is.
#[derive(Debug, Args)]
pub(super) struct ControlArgs {
    /// Its admin server
    #[arg(
        short = 'a',
        long,
        value_name = "HOST:PORT",
        env = "K6_ADDRESS",
        default_value = "127.0.0.1:6565"
    )]
    address: String,
    /// File with the token that it wants
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// What is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// How does it stand?
    Status,
    /// Its metrics.
    Stats,
    /// Hold back starts.
    Pause,
    /// Start again.
    Resume,
    /// End the run.
    Stop,
    /// Read the config again.
    Reload,
}

/// An answer: status and body.
struct Answer {
    status: u16,
    body: String,
}

/// Asks, and shows the answer.
pub(super) fn run(args: &ControlArgs, wish: Wish) -> Exit {
    let paused = |paused: bool| {
        let document = json!({ "data": { "type": "status", "id": "default", "attributes": { "paused": paused } } });
        Some(document.to_string())
    };
    let (method, path, body) = match wish {
        Wish::Status => ("GET", "/v1/status", None),
        Wish::Stats => ("GET", "/v1/metrics", None),
        Wish::Pause => ("PATCH", "/v1/status", paused(true)),
        Wish::Resume => ("PATCH", "/v1/status", paused(false)),
        Wish::Stop => ("POST", "/-/quit", None),
        Wish::Reload => ("POST", "/-/reload", None),
    };
    match ask(args, method, path, body.as_deref()) {
        Ok(answer) if (200..300).contains(&answer.status) => {
            screen::print(&shown(&answer.body));
            Exit::Ok
        }
        Ok(answer) => {
            complaint::line(&format!(
                "{method} http://{}{path}: {} {}",
                args.address,
                answer.status,
                detail(&answer.body)
            ));
            Exit::Other
        }
        Err(message) => {
            complaint::line(&format!(
                "no answer from http://{}: {message}",
                args.address
            ));
            Exit::Other
        }
    }
}

/// What an error document says.
fn detail(body: &str) -> String {
    let document = serde_json::from_str::<Value>(body).unwrap_or(Value::Null);
    let first = &document["errors"][0];
    match (first["title"].as_str(), first["detail"].as_str()) {
        (Some(title), Some(detail)) => format!("{title}: {detail}"),
        _ => body.trim().to_owned(),
    }
}

/// A document's data as YAML; anything else as it is.
fn shown(body: &str) -> String {
    let Ok(document) = serde_json::from_str::<Value>(body) else {
        return if body.is_empty() || body.ends_with('\n') {
            body.to_owned()
        } else {
            format!("{body}\n")
        };
    };
    let data = document.get("data").unwrap_or(&document);
    let data = data.get("attributes").unwrap_or(data);
    let mut out = String::new();
    yaml(data, 0, &mut out);
    out
}

/// Writes a value as YAML in block form.
fn yaml(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                out.push_str(&format!("{indent}{key}:"));
                below(value, depth, out);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for item in list {
                let mut text = String::new();
                yaml(item, depth + 1, &mut text);
                let text = text.trim_start();
                out.push_str(&format!("{indent}- {text}"));
            }
        }
        plain => out.push_str(&format!("{indent}{plain}\n")),
    }
}

fn below(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            yaml(value, depth + 1, out);
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            yaml(value, depth, out);
        }
        plain => out.push_str(&format!(" {plain}\n")),
    }
}

fn ask(args: &ControlArgs, method: &str, path: &str, body: Option<&str>) -> Result<Answer, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(&args.address).map_err(told)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(told)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(told)?;
    let token = match &args.token_file {
        None => String::new(),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            let token = text.lines().next().unwrap_or_default().trim();
            format!("Authorization: Bearer {token}\r\n")
        }
    };
    let body = body.unwrap_or_default();
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/json\r\n"
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\n{token}{kind}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        args.address,
        body.len()
    );
    stream.write_all(request.as_bytes()).map_err(told)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(told)?;
    read(&bytes).ok_or_else(|| "what answers there is not HTTP".to_owned())
}

fn read(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head
        .strip_prefix("HTTP/1.")?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()?;
    let chunked = head
        .to_ascii_lowercase()
        .contains("\r\ntransfer-encoding: chunked");
    let body = if chunked {
        unchunked(body)?
    } else {
        body.to_owned()
    };
    Some(Answer { status, body })
}

fn unchunked(mut rest: &str) -> Option<String> {
    let mut body = String::new();
    loop {
        let (size, after) = rest.split_once("\r\n")?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.push_str(after.get(..size)?);
        rest = after.get(size..)?.strip_prefix("\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_shown_as_yaml() {
        let answer = read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "{\"a\":1}"));
        assert!(read(b"SSH-2.0").is_none());
        let status = r#"{"data":{"type":"status","attributes":{"paused":true,"vus":3}}}"#;
        assert_eq!(shown(status), "paused: true\nvus: 3\n");
        let metrics = r#"{"data":[{"id":"vus","attributes":{"sample":{"value":1}}},{"id":"x","attributes":{}}]}"#;
        assert_eq!(
            shown(metrics),
            "- attributes:\n    sample:\n      value: 1\n  id: \"vus\"\n- attributes: {}\n  id: \"x\"\n"
        );
        assert_eq!(detail(r#"{"errors":[{"title":"t","detail":"d"}]}"#), "t: d");
    }
}
