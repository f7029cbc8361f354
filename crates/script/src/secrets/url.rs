//! Secrets behind a URL: one request for each key of a process, with retries, and no more of them than the service bears.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use http::{HeaderName, HeaderValue, Method, Request};
use ureq::Agent;

use crate::{fetch, json::select};

/// Where the key goes in the template.
const KEY: &str = "{key}";
/// Prefix of the environment's variables.
const VARIABLES: &str = "K6_SECRET_SOURCE_URL_";
/// A longer answer holds no secret.
const MOST_BYTES: u64 = 1 << 20;
/// No retry waits longer.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// A service that is asked for secrets.
pub(super) struct UrlStore {
    settings: Settings,
    agent: Agent,
    bucket: Mutex<Bucket>,
    /// One entry per key; whoever fetches a key holds its lock, so that the others wait for the same answer.
    known: Mutex<BTreeMap<String, Arc<Mutex<Option<String>>>>>,
}

struct Settings {
    template: String,
    method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// gjson path of the secret in the answer; `None`: the whole answer.
    response_path: Option<String>,
    timeout: Duration,
    retries: u32,
    backoff: Duration,
    per_minute: u32,
    burst: u32,
}

/// Items of the settings by their k6 name, such as `urlTemplate` and `headers.Authorization`.
pub(super) type Items = BTreeMap<String, String>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every value behind these locks is whole after each statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl UrlStore {
    /// From the flag's items, over the environment's, over those of the file that `config` names.
    ///
    /// # Errors
    /// What is wrong, in words without any value: it may be a secret.
    pub(super) fn new(flag: Items, vars: &[(String, String)]) -> Result<UrlStore, String> {
        let mut over = of_variables(vars)?;
        over.extend(flag);
        let mut items = match over.get("config") {
            Some(path) => of_file(path)?,
            None => Items::new(),
        };
        items.extend(over);
        items.remove("config");
        let settings = Settings::of(items)?;
        Ok(UrlStore {
            agent: fetch::agent(settings.timeout, settings.template.starts_with("https:"))?,
            bucket: Mutex::new(Bucket::full(settings.burst)),
            known: Mutex::default(),
            settings,
        })
    }

    /// The secret, where it has been fetched.
    pub(super) fn known(&self, key: &str) -> Option<String> {
        let slot = lock(&self.known).get(key).cloned()?;
        let value = slot.try_lock().ok()?;
        value.clone()
    }

    /// The secret. Blocks for as long as the service, its rate and all retries take.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(super) fn fetch(&self, key: &str) -> Result<String, String> {
        let slot = Arc::clone(lock(&self.known).entry(key.to_owned()).or_default());
        let mut value = lock(&slot);
        if let Some(value) = &*value {
            return Ok(value.clone());
        }
        let mut tried = 0;
        let answer = loop {
            thread::sleep(self.wait_for_turn(Instant::now()));
            match self.ask(key) {
                Ok(answer) => break answer,
                Err(Fault::Final(why)) => return Err(why),
                Err(Fault::Passing(why)) if tried >= self.settings.retries => return Err(why),
                Err(Fault::Passing(_)) => {
                    let doubled = self.settings.backoff.saturating_mul(1 << tried.min(16));
                    thread::sleep(doubled.min(LONGEST_BACKOFF));
                    tried += 1;
                }
            }
        };
        let secret = self.secret_in(&answer)?;
        *value = Some(secret.clone());
        Ok(secret)
    }

    /// Takes a turn, and tells for how long to wait for it.
    pub(super) fn wait_for_turn(&self, now: Instant) -> Duration {
        lock(&self.bucket).take(&self.settings, now)
    }

    fn ask(&self, key: &str) -> Result<Vec<u8>, Fault> {
        let url = self.settings.template.replace(KEY, key);
        let url = url::Url::parse(&url).map_err(|_| Fault::Final("the key makes no URL".into()))?;
        let mut request = Request::builder()
            .method(self.settings.method.clone())
            .uri(url.as_str());
        for (name, value) in &self.settings.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(())
            .map_err(|_| Fault::Final("the key makes no URL".into()))?;
        let mut response = self.agent.run(request).map_err(|error| match error {
            ureq::Error::BadUri(_) => Fault::Final(error.to_string()),
            other => Fault::Passing(other.to_string()),
        })?;
        let status = response.status();
        if !status.is_success() {
            let why = format!("the service answered {status}");
            return Err(if status.is_server_error() || status.as_u16() == 429 {
                Fault::Passing(why)
            } else {
                Fault::Final(why)
            });
        }
        let body = response.body_mut().with_config().limit(MOST_BYTES);
        body.read_to_vec()
            .map_err(|error| Fault::Passing(error.to_string()))
    }

    fn secret_in(&self, answer: &[u8]) -> Result<String, String> {
        let Some(path) = &self.settings.response_path else {
            return String::from_utf8(answer.to_vec())
                .map_err(|_| "the answer is no UTF-8 text".to_owned());
        };
        let found = select::select(answer, path)
            .ok_or_else(|| format!("the answer has nothing at {path:?}"))?;
        match serde_json::from_str(&found) {
            Ok(serde_json::Value::String(text)) => Ok(text),
            Ok(_) | Err(_) => Ok(found),
        }
    }
}

/// Why an attempt failed.
enum Fault {
    /// The next one may do better.
    Passing(String),
    Final(String),
}

/// Requests that may be made at once; it fills at the rate of the settings.
struct Bucket {
    tokens: f64,
    filled: Option<Instant>,
}

impl Bucket {
    fn full(burst: u32) -> Bucket {
        Bucket {
            tokens: f64::from(burst),
            filled: None,
        }
    }

    /// Takes one token, and tells for how long to wait for it.
    fn take(&mut self, settings: &Settings, now: Instant) -> Duration {
        let per_second = f64::from(settings.per_minute) / 60.0;
        let since = self.filled.replace(now).map_or(Duration::ZERO, |filled| {
            now.saturating_duration_since(filled)
        });
        let burst = f64::from(settings.burst);
        self.tokens = (self.tokens + since.as_secs_f64() * per_second).min(burst) - 1.0;
        if self.tokens >= 0.0 {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(-self.tokens / per_second)
        }
    }
}

impl Settings {
    fn of(mut items: Items) -> Result<Settings, String> {
        let template = items.remove("urlTemplate").unwrap_or_default();
        if template.is_empty() {
            return Err("needs urlTemplate=, with {key} where the key goes".to_owned());
        }
        let sample = url::Url::parse(&template.replace(KEY, "key"));
        if !sample.is_ok_and(|url| ["http", "https"].contains(&url.scheme())) {
            return Err("urlTemplate is no http:// or https:// address".to_owned());
        }
        let method = items.remove("method").unwrap_or_else(|| "GET".to_owned());
        let mut headers = Vec::new();
        while let Some((item, value)) = items
            .range("headers.".to_owned()..)
            .next()
            .and_then(|(item, _)| item.starts_with("headers.").then(|| item.clone()))
            .and_then(|item| items.remove_entry(&item))
        {
            let name = item.trim_start_matches("headers.").as_bytes();
            let name = HeaderName::from_bytes(name).map_err(|_| format!("{item} is no header"))?;
            let value =
                HeaderValue::from_str(&value).map_err(|_| format!("{item} has no fit value"))?;
            headers.push((name, value));
        }
        let mut duration = |item: &str, default: u64| match items.remove(item) {
            None => Ok(Duration::from_secs(default)),
            Some(text) => loadd_timeline::parse_duration(&text)
                .ok()
                .and_then(|value| u64::try_from(value.0).ok())
                .map(Duration::from_nanos)
                .ok_or_else(|| format!("{item} is no duration")),
        };
        let (timeout, backoff) = (duration("timeout", 30)?, duration("retryBackoff", 1)?);
        let mut number = |item: &str, default: u32| match items.remove(item) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .map_err(|_| format!("{item} is no whole number")),
        };
        let settings = Settings {
            template,
            method: Method::from_bytes(method.as_bytes())
                .map_err(|_| "method is no method of HTTP".to_owned())?,
            headers,
            timeout,
            backoff,
            retries: number("maxRetries", 3)?,
            per_minute: number("requestsPerMinuteLimit", 300)?.max(1),
            burst: number("requestsBurst", 10)?.max(1),
            response_path: items.remove("responsePath").filter(|path| !path.is_empty()),
        };
        match items.keys().next() {
            Some(unknown) => Err(format!("has no setting {unknown}")),
            None => Ok(settings),
        }
    }
}

/// The file that `config` names: the same settings as JSON, with `headers` as an object.
fn of_file(path: &str) -> Result<Items, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let document: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text)
        .map_err(|error| format!("{path}, line {}, is no JSON object", error.line()))?;
    let mut items = Items::new();
    for (name, value) in document {
        match value {
            serde_json::Value::Object(headers) if name == "headers" => {
                for (header, value) in headers {
                    items.insert(format!("headers.{header}"), plain(value));
                }
            }
            value => {
                items.insert(name, plain(value));
            }
        }
    }
    Ok(items)
}

fn plain(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

/// `K6_SECRET_SOURCE_URL_URL_TEMPLATE` and so on; `..._HEADER_X_TOKEN` is the header `X-TOKEN`.
fn of_variables(vars: &[(String, String)]) -> Result<Items, String> {
    let mut items = Items::new();
    for (variable, value) in vars {
        let Some(name) = variable.strip_prefix(VARIABLES) else {
            continue;
        };
        let item = match name {
            "URL_TEMPLATE" => "urlTemplate".to_owned(),
            "METHOD" => "method".to_owned(),
            "RESPONSE_PATH" => "responsePath".to_owned(),
            "TIMEOUT" => "timeout".to_owned(),
            "MAX_RETRIES" => "maxRetries".to_owned(),
            "RETRY_BACKOFF" => "retryBackoff".to_owned(),
            "REQUESTS_PER_MINUTE_LIMIT" => "requestsPerMinuteLimit".to_owned(),
            "REQUESTS_BURST" => "requestsBurst".to_owned(),
            "CONFIG" => "config".to_owned(),
            other => match other
                .strip_prefix("HEADERS_")
                .or_else(|| other.strip_prefix("HEADER_"))
            {
                Some(header) => format!("headers.{}", header.replace('_', "-")),
                None => return Err(format!("there is no variable {variable}")),
            },
        };
        items.insert(item, value.clone());
    }
    Ok(items)
}
