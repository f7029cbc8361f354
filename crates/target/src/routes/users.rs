//! Users: cookies, the login form, tokens and basic authentication.

use http::{
    HeaderMap, Method, StatusCode,
    header::{self, HeaderValue},
};
use serde_json::{Map, Value, json};

use super::reply::{Asked, Reply, text_of};
use crate::{login, query};

pub(super) fn cookies(headers: &HeaderMap) -> Value {
    let mut map = Map::new();
    for value in headers.get_all(header::COOKIE) {
        for (name, value) in text_of(Some(value))
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
        {
            map.insert(name.to_owned(), value.trim_matches('"').into());
        }
    }
    Value::Object(map)
}

/// The parameters of [`Behaviour`] are no cookies.
pub(super) const OURS: [&str; 9] = [
    "ms",
    "dist",
    "sigma",
    "min",
    "max",
    "error_rate",
    "status",
    "stall_every",
    "stall_for",
];

pub(super) fn set_cookies(asked: &Asked<'_>, attributes: &str) -> Result<Reply, String> {
    let mut reply = Reply::redirect(StatusCode::FOUND, "/cookies")?;
    for (name, value) in query::pairs(asked.query).filter(|(name, _)| !OURS.contains(&&**name)) {
        let bad =
            |text: &str| text.contains(|c: char| c.is_ascii_control() || c == ';' || c == ',');
        if name.is_empty() || bad(&name) || name.contains('=') || bad(&value) {
            return Err(format!(
                "{name}: not a name and value that a cookie can have"
            ));
        }
        let cookie = HeaderValue::try_from(format!("{name}={value}{attributes}"));
        reply = reply.with(
            header::SET_COOKIE,
            cookie.map_err(|_| format!("{name}: cannot stand in a header"))?,
        );
    }
    Ok(reply)
}

pub(super) fn log_in(asked: &Asked<'_>) -> Result<Reply, String> {
    let worker = &asked.link.worker;
    let seed = worker.shared.seed;
    if *asked.method != Method::POST {
        let csrf = login::token(
            seed,
            "csrf",
            &format!("{:x}", worker.random.borrow_mut().next()),
        );
        let form = format!(
            "<!doctype html><html lang=en><meta charset=utf-8><title>Log in</title><form method=post action=/login>\n\
             <input type=hidden name=csrf_token value=\"{csrf}\">\n<label>User <input name=username></label>\n\
             <label>Password <input type=password name=password></label>\n<button>Log in</button></form></html>\n"
        );
        return Ok(Reply::new(StatusCode::OK, "text/html; charset=utf-8", form));
    }
    let refused = |why: &'static str| Reply::text(StatusCode::UNAUTHORIZED, why);
    if text_of(asked.headers.get(header::CONTENT_TYPE)).starts_with("application/json") {
        let fields: Value =
            serde_json::from_slice(asked.body).map_err(|error| format!("JSON: {error}"))?;
        let field = |name: &str| fields[name].as_str().unwrap_or("").to_owned();
        return Ok(
            match (field("username"), field("password") == login::PASSWORD) {
                (user, true) if !user.is_empty() => {
                    Reply::json(&json!({ "token": login::token(seed, "session", &user) }))
                }
                _ => refused("wrong user or password\n"),
            },
        );
    }
    let body = String::from_utf8_lossy(asked.body);
    let field = |name: &str| query::get(&body, name).unwrap_or_default();
    if login::user(seed, "csrf", &field("csrf_token")).is_none() {
        return Ok(Reply::text(
            StatusCode::FORBIDDEN,
            "csrf_token is missing or wrong: GET /login gives one\n",
        ));
    }
    if field("username").is_empty() || field("password") != login::PASSWORD {
        return Ok(refused("wrong user or password\n"));
    }
    let cookie = format!(
        "session={}; Path=/; HttpOnly",
        login::token(seed, "session", &field("username"))
    );
    let cookie = HeaderValue::try_from(cookie).map_err(|error| error.to_string())?;
    Ok(Reply::redirect(StatusCode::SEE_OTHER, "/account")?.with(header::SET_COOKIE, cookie))
}

pub(super) fn account(asked: &Asked<'_>) -> Reply {
    let cookies = cookies(asked.headers);
    let token = bearer_token(asked).or_else(|| cookies["session"].as_str());
    match token.and_then(|token| login::user(asked.link.worker.shared.seed, "session", token)) {
        Some(user) => Reply::json(&json!({ "user": user })),
        None => unauthorized("Bearer"),
    }
}

pub(super) fn bearer_token<'a>(asked: &Asked<'a>) -> Option<&'a str> {
    text_of(asked.headers.get(header::AUTHORIZATION))
        .strip_prefix("Bearer ")
        .filter(|token| !token.is_empty())
}

pub(super) fn bearer(asked: &Asked<'_>) -> Reply {
    match bearer_token(asked) {
        Some(token) => Reply::json(&json!({ "authenticated": true, "token": token })),
        None => unauthorized("Bearer"),
    }
}

pub(super) fn basic(asked: &Asked<'_>, argument: &str) -> Reply {
    let expected = format!(
        "Basic {}",
        base64(argument.replacen('/', ":", 1).as_bytes())
    );
    match text_of(asked.headers.get(header::AUTHORIZATION)) == expected {
        true => Reply::json(&json!({ "authenticated": true, "user": argument.split('/').next() })),
        false => unauthorized("Basic realm=\"loadd target\""),
    }
}

pub(super) fn unauthorized(challenge: &'static str) -> Reply {
    Reply::text(StatusCode::UNAUTHORIZED, "").with(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(challenge),
    )
}

pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - group.len()));
        for at in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= group.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}
