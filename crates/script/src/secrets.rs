//! Where `k6/secrets` finds its secrets, and what keeps them out of the logs.
//!
//! A value that a script has been given is redacted from then on wherever text leaves for a log. The list of such values is
//! the process's, like its log.

mod url;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// What stands in a log for a secret.
const REDACTED: &str = "***SECRET_REDACTED***";

static ANY_REVEALED: AtomicBool = AtomicBool::new(false);
/// Longest first, so that a secret within another leaves nothing of it behind.
static REVEALED: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// The sources of a test: `--secret-source`.
#[derive(Clone, Default)]
pub struct SecretSources(Arc<BTreeMap<String, Source>>);

struct Source {
    is_default: bool,
    store: Store,
}

enum Store {
    Values(BTreeMap<String, String>),
    Url(Arc<url::UrlStore>),
}

/// What comes of asking for a secret.
pub(crate) enum LookUp {
    /// It is here.
    Found(String),
    /// It has to be fetched, which may take long: for another thread.
    Fetch(Box<dyn FnOnce() -> Result<String, SecretError> + Send>),
}

impl std::fmt::Debug for SecretSources {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names only.
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why a secret cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// `--secret-source` says something that cannot be meant.
    #[error("--secret-source {given}: {why}")]
    Flag {
        /// The flag's value, without any secret in it.
        given: String,
        /// What is wrong.
        why: String,
    },
    /// There is no source.
    #[error(
        "no secret sources are configured: start with --secret-source=file=PATH, mock=KEY=VALUE or url=urlTemplate=URL"
    )]
    NoSources,
    /// There are several, and none is the default one.
    #[error("no default secret source: mark one with 'default', or name one with secrets.source()")]
    NoDefault,
    /// There is none of that name.
    #[error("no secret source named '{0}'")]
    UnknownSource(String),
    /// It has no such secret.
    #[error("no value for the secret '{0}'")]
    UnknownSecret(String),
    /// The service that has it does not give it.
    #[error("cannot fetch the secret '{key}': {why}")]
    Fetch {
        /// Its name.
        key: String,
        /// What the service or the way there said.
        why: String,
    },
}

fn flag_error(given: &str, why: impl Into<String>) -> SecretError {
    SecretError::Flag {
        given: given.to_owned(),
        why: why.into(),
    }
}

impl SecretSources {
    /// Reads flags such as `file=secrets.env`, `mock=default,key=value`, `mock=name=other,key=value` and
    /// `url=urlTemplate=https://vault.test/{key}`; `vars` are the environment's, where the last kind has settings, too.
    ///
    /// # Errors
    /// A kind of source that is not known, two of one name or two defaults, a file that cannot be read.
    pub fn parse(
        flags: &[String],
        vars: &[(String, String)],
    ) -> Result<SecretSources, SecretError> {
        let mut sources = BTreeMap::new();
        for flag in flags.iter().filter(|flag| !flag.is_empty()) {
            let (kind, rest) = flag.split_once('=').unwrap_or((flag, ""));
            let (name, source) = match kind {
                "file" => file_source(rest)?,
                "mock" => mock_source(rest),
                "url" => url_source(rest, vars)?,
                other => {
                    return Err(flag_error(
                        other,
                        "no such kind of source: use file=PATH, mock=KEY=VALUE or url=urlTemplate=URL",
                    ));
                }
            };
            let name = name.unwrap_or_else(|| match sources.len() {
                0 => "default".to_owned(),
                count => format!("{kind}{count}"),
            });
            if source.is_default && sources.values().any(|other: &Source| other.is_default) {
                return Err(flag_error(kind, "there is another default source"));
            }
            if sources.insert(name.clone(), source).is_some() {
                return Err(flag_error(
                    kind,
                    format!("there is another source named '{name}'"),
                ));
            }
        }
        Ok(SecretSources(Arc::new(sources)))
    }

    /// The secret `key` of the source of that name, or of the default one. It is kept out of logs from now on.
    pub(crate) fn look_up(&self, source: Option<&str>, key: &str) -> Result<LookUp, SecretError> {
        let found = match &self.source(source)?.store {
            Store::Values(values) => values.get(key).cloned(),
            Store::Url(store) => match store.known(key) {
                Some(value) => Some(value),
                None => {
                    let (store, key) = (Arc::clone(store), key.to_owned());
                    return Ok(LookUp::Fetch(Box::new(move || {
                        let value = store
                            .fetch(&key)
                            .map_err(|why| SecretError::Fetch { key, why })?;
                        reveal(&value);
                        Ok(value)
                    })));
                }
            },
        };
        let value = found.ok_or_else(|| SecretError::UnknownSecret(key.to_owned()))?;
        reveal(&value);
        Ok(LookUp::Found(value))
    }

    /// # Errors
    /// Where there is no such source.
    pub(crate) fn check(&self, source: Option<&str>) -> Result<(), SecretError> {
        self.source(source).map(drop)
    }

    fn source(&self, name: Option<&str>) -> Result<&Source, SecretError> {
        if self.0.is_empty() {
            return Err(SecretError::NoSources);
        }
        match name {
            Some(name) => self
                .0
                .get(name)
                .ok_or_else(|| SecretError::UnknownSource(name.to_owned())),
            None => self
                .0
                .values()
                .find(|source| source.is_default)
                .or_else(|| self.0.values().next().filter(|_| self.0.len() == 1))
                .ok_or(SecretError::NoDefault),
        }
    }
}

/// `PATH`, or `filename=PATH` with `name=` and `default` beside it.
fn file_source(rest: &str) -> Result<(Option<String>, Source), SecretError> {
    let (mut path, mut name, mut is_default) = (None, None, false);
    for part in rest.split(',') {
        match part.split_once('=') {
            Some(("filename", value)) => path = Some(value),
            Some(("name", value)) => name = Some(value.to_owned()),
            None if part == "default" => is_default = true,
            Some(_) | None => path = Some(part),
        }
    }
    let path = path
        .filter(|path| !path.is_empty())
        .ok_or_else(|| flag_error("file", "needs the path of a file"))?;
    let text = std::fs::read_to_string(Path::new(path))
        .map_err(|error| flag_error("file", format!("cannot read {path}: {error}")))?;
    let mut values = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            let why = format!("line {} of {path} is not KEY=VALUE", index + 1);
            return Err(flag_error("file", why));
        };
        values.insert(key.to_owned(), value.to_owned());
    }
    let store = Store::Values(values);
    Ok((name, Source { is_default, store }))
}

/// `KEY=VALUE` pairs, with `name=` and `default` among them.
fn mock_source(rest: &str) -> (Option<String>, Source) {
    let (name, is_default, values) = items(rest);
    let store = Store::Values(values);
    (name, Source { is_default, store })
}

/// Settings of a service, with `name=` and `default` among them.
fn url_source(
    rest: &str,
    vars: &[(String, String)],
) -> Result<(Option<String>, Source), SecretError> {
    let (name, is_default, items) = items(rest);
    let store = url::UrlStore::new(items, vars).map_err(|why| flag_error("url", why))?;
    let store = Store::Url(Arc::new(store));
    Ok((name, Source { is_default, store }))
}

fn items(rest: &str) -> (Option<String>, bool, BTreeMap<String, String>) {
    let (mut name, mut is_default, mut values) = (None, false, BTreeMap::new());
    for part in rest.split(',') {
        match part.split_once('=') {
            Some(("name", value)) => name = Some(value.to_owned()),
            Some((key, value)) => {
                values.insert(key.to_owned(), value.to_owned());
            }
            None if part == "default" => is_default = true,
            None => {}
        }
    }
    (name, is_default, values)
}

fn reveal(value: &str) {
    if value.is_empty() {
        return;
    }
    let known = |list: &[String]| list.iter().any(|known| known == value);
    if known(&REVEALED.read().unwrap_or_else(PoisonError::into_inner)) {
        return;
    }
    let mut list = REVEALED.write().unwrap_or_else(PoisonError::into_inner);
    if !known(&list) {
        list.push(value.to_owned());
        list.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }
    drop(list);
    ANY_REVEALED.store(true, Ordering::Release);
}

/// `text` without the secrets that scripts have been given in this process.
#[must_use]
pub fn redact_secrets(text: &str) -> Cow<'_, str> {
    if !ANY_REVEALED.load(Ordering::Acquire) {
        return Cow::Borrowed(text);
    }
    let mut text = Cow::Borrowed(text);
    for secret in REVEALED
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
    {
        if text.contains(secret.as_str()) {
            text = Cow::Owned(text.replace(secret.as_str(), REDACTED));
        }
    }
    text
}

#[cfg(test)]
mod tests;
