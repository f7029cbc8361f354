//! Answers that show the request, as httpbin has them, and the document.

use std::io::Write;

use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use http::{
    Method, StatusCode,
    header::{self, HeaderValue},
};
use serde_json::{Map, Value, json};

use super::reply::{Asked, JSON, Reply, text_of};
use crate::query;

pub(super) fn by_method(asked: &Asked<'_>, method: &Method) -> Result<Option<Reply>, String> {
    if asked.method != method && !(*method == Method::GET && *asked.method == Method::HEAD) {
        return Ok(Some(Reply::text(StatusCode::METHOD_NOT_ALLOWED, "")));
    }
    let value = match *method == Method::GET {
        true => {
            json!({ "args": args(asked.query), "headers": headers_of(asked), "origin": origin(asked), "url": url(asked) })
        }
        false => echo(asked),
    };
    Ok(Some(Reply::json(&value)))
}

pub(super) fn echo(asked: &Asked<'_>) -> Value {
    let is_form = text_of(asked.headers.get(header::CONTENT_TYPE))
        .starts_with("application/x-www-form-urlencoded");
    let text = String::from_utf8_lossy(asked.body);
    json!({
        "method": asked.method.as_str(),
        "args": args(asked.query),
        "headers": headers_of(asked),
        "origin": origin(asked),
        "url": url(asked),
        "form": if is_form { args(&text) } else { Value::Object(Map::new()) },
        "json": serde_json::from_slice::<Value>(asked.body).unwrap_or_default(),
        "data": if is_form { "".into() } else { text },
    })
}

pub(super) fn origin(asked: &Asked<'_>) -> String {
    asked.link.peer.ip().to_string()
}

pub(super) fn url(asked: &Asked<'_>) -> String {
    let mark = if asked.query.is_empty() { "" } else { "?" };
    format!(
        "http://{}{}{mark}{}",
        text_of(asked.headers.get(header::HOST)),
        asked.path,
        asked.query
    )
}

/// Names with several values become lists, as httpbin has it.
pub(super) fn args(query: &str) -> Value {
    let mut map = Map::new();
    for (name, value) in query::pairs(query) {
        let value = Value::String(value.into_owned());
        match map.get_mut(&*name) {
            None => drop(map.insert(name.into_owned(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(map)
}

/// Names as browsers write them (`User-Agent`), as httpbin has it.
pub(super) fn headers_of(asked: &Asked<'_>) -> Value {
    let mut map = Map::new();
    for name in asked.headers.keys() {
        let values: Vec<_> = asked
            .headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let mut start = true;
        let title = |c: char| {
            let upper = std::mem::replace(&mut start, c == '-');
            if upper { c.to_ascii_uppercase() } else { c }
        };
        map.insert(
            name.as_str().chars().map(title).collect(),
            Value::String(values.join(",")),
        );
    }
    Value::Object(map)
}

pub(super) fn document() -> Bytes {
    static DOCUMENT: std::sync::OnceLock<Bytes> = std::sync::OnceLock::new();
    DOCUMENT
        .get_or_init(|| {
            let item = |n: u32| {
                json!({ "id": n, "name": format!("item {n}"), "price": f64::from(n) * 1.25, "tags": ["demo", "loadd"],
                        "stock": { "berlin": n % 7, "lyon": n % 5 }, "available": !n.is_multiple_of(3) })
            };
            let items: Vec<_> = (1..=92).map(item).collect();
            serde_json::to_vec(&json!({ "title": "A document to read", "count": items.len(), "items": items })).unwrap_or_default().into()
        })
        .clone()
}

pub(super) fn compressed(asked: &Asked<'_>) -> Result<Reply, String> {
    let gzip = asked.path == "/gzip";
    let (name, mark) = if gzip {
        ("gzip", "gzipped")
    } else {
        ("deflate", "deflated")
    };
    let text = serde_json::to_vec_pretty(&json!({ mark: true, "method": asked.method.as_str(), "headers": headers_of(asked), "origin": origin(asked) }))
        .unwrap_or_default();
    let packed = if gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&text).and_then(|()| encoder.finish())
    } else {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&text).and_then(|()| encoder.finish())
    };
    let packed = packed.map_err(|error| error.to_string())?;
    Ok(Reply::new(StatusCode::OK, JSON, packed)
        .with(header::CONTENT_ENCODING, HeaderValue::from_static(name)))
}
