//! Head and content of what is asked and answered: reading a request to its end, giving an answer its headers.

use std::{rc::Rc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, Method, Response, StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Incoming};
use serde_json::Value;

use crate::{
    body::{Answer, Content},
    link::Link,
};

/// Largest request body that is kept to be shown; others are read and forgotten.
const ECHO_LIMIT: usize = 8 * 1024 * 1024;
const TEXT: &str = "text/plain; charset=utf-8";
pub(super) const JSON: &str = "application/json";

/// Head and content of an answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) headers: HeaderMap,
    pub(super) content: Content,
}

impl Reply {
    pub(super) fn new(
        status: StatusCode,
        content_type: &'static str,
        content: impl Into<Bytes>,
    ) -> Reply {
        Reply {
            status,
            content_type,
            headers: HeaderMap::new(),
            content: Content::Ready(content.into()),
        }
    }

    pub(super) fn text(status: StatusCode, text: impl Into<Bytes>) -> Reply {
        Reply::new(status, TEXT, text)
    }

    pub(super) fn json(value: &Value) -> Reply {
        let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
        text.push(b'\n');
        Reply::new(StatusCode::OK, JSON, text)
    }

    pub(super) fn content(content: Content) -> Reply {
        Reply {
            content,
            ..Reply::new(StatusCode::OK, "application/octet-stream", Bytes::new())
        }
    }

    pub(super) fn redirect(status: StatusCode, to: &str) -> Result<Reply, String> {
        let to =
            HeaderValue::try_from(to).map_err(|_| "url: cannot stand in a header".to_owned())?;
        Ok(Reply::text(status, "").with(header::LOCATION, to))
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Reply {
        self.headers.append(name, value);
        self
    }
}

/// What a handler may look at.
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) link: &'a Link,
}

pub(super) fn finish(
    link: Rc<Link>,
    method: &Method,
    reply: Reply,
    delay: Duration,
) -> Response<Answer> {
    link.answer(reply.status.as_u16(), delay);
    let bare = matches!(
        reply.status,
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
    );
    let mut content = reply.content;
    let length = content.length();
    let stopping = link.worker.stopping.get();
    if bare || *method == Method::HEAD {
        content = Content::empty();
    }
    let mut response = Response::new(Answer::new(link, content));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    let headers = response.headers_mut();
    if !bare {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(reply.content_type),
        );
        if *method == Method::HEAD
            && let Some(length) = length
        {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
    }
    if stopping {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Reads the body to its end, so that the connection can be used again; keeps it where it will be looked at.
pub(super) async fn read(mut body: Incoming, keep: bool) -> Result<Bytes, Reply> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let problem = |status, text: &'static str| {
        Reply::text(status, text).with(header::CONNECTION, HeaderValue::from_static("close"))
    };
    if keep {
        let kept = Limited::new(body, ECHO_LIMIT).collect().await;
        return match kept {
            Ok(kept) => Ok(kept.to_bytes()),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "at most 8 MiB are shown\n",
            )),
            Err(_) => Err(problem(StatusCode::BAD_REQUEST, "the body broke off\n")),
        };
    }
    while let Some(frame) = body.frame().await {
        frame.map_err(|_| problem(StatusCode::BAD_REQUEST, "the body broke off\n"))?;
    }
    Ok(Bytes::new())
}

pub(super) fn shows_body(path: &str) -> bool {
    matches!(
        path,
        "/echo" | "/post" | "/put" | "/patch" | "/delete" | "/login"
    ) || path.starts_with("/anything")
}

pub(super) fn text_of(value: Option<&HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or("")
}
