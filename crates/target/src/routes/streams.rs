//! Bodies that come in pieces, slowly, or not to their end.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::{
    echo::{args, url},
    reply::{Asked, JSON, Reply},
};
use crate::{
    body::{Content, pattern},
    query::{self, duration, whole},
};

pub(super) fn stream(asked: &Asked<'_>, argument: &str) -> Result<Reply, String> {
    let lines = whole("/stream", argument, 10_000)?;
    let pause = match query::get(asked.query, "interval") {
        Some(text) => duration("interval", &text)?,
        None => Duration::ZERO,
    };
    let url = url(asked);
    let line = |id| {
        Bytes::from(format!(
            "{}\n",
            json!({ "id": id, "url": url, "args": args(asked.query) })
        ))
    };
    let mut reply = Reply::content(Content::pieces((0..lines).map(line), pause, false));
    reply.content_type = JSON;
    Ok(reply)
}

pub(super) fn slow(asked: &Asked<'_>) -> Result<Reply, String> {
    let number = |name: &str, default, most| {
        query::get(asked.query, name).map_or(Ok(default), |text| whole(name, &text, most))
    };
    let bytes = number("bytes", 1024, 1 << 20)?;
    let chunks = number("chunks", 10, 1000)?.clamp(1, bytes.max(1));
    let length = query::get(asked.query, "for")
        .map_or(Ok(Duration::from_secs(1)), |text| duration("for", &text))?;
    let ends = (0..=chunks).map(|n| bytes * n / chunks);
    let sizes = ends
        .clone()
        .zip(ends.skip(1))
        .map(|(from, to)| (to - from) as usize);
    let pieces = sizes.map(|size| {
        if size <= pattern().len() {
            pattern().slice(..size)
        } else {
            pattern().repeat(size / pattern().len() + 1)[..size]
                .to_vec()
                .into()
        }
    });
    let pause = length / u32::try_from(chunks.saturating_sub(1).max(1)).unwrap_or(u32::MAX);
    Ok(Reply::content(Content::pieces(pieces, pause, true)))
}

pub(super) fn drop_it(asked: &Asked<'_>) -> Result<Option<Reply>, String> {
    let after = query::get(asked.query, "after").map_or(Ok(512), |text| {
        whole("after", &text, pattern().len() as u64)
    })?;
    let part = pattern().slice(..after as usize);
    Ok((after > 0).then(|| Reply::content(Content::cut(part, after + 512))))
}
