//! Where `k6/secrets` finds its secrets, and what keeps them out of the logs.
//!
//! A value that a script has been given is redacted from then on wherever text leaves for a log. The list of such values is
//! the process's, like its log.

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
    values: BTreeMap<String, String>,
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
        "no secret sources are configured: start with --secret-source=file=PATH or mock=KEY=VALUE"
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
}

fn flag_error(given: &str, why: impl Into<String>) -> SecretError {
    SecretError::Flag {
        given: given.to_owned(),
        why: why.into(),
    }
}

impl SecretSources {
    /// Reads flags such as `file=secrets.env`, `mock=default,key=value` and `mock=name=other,key=value`.
    ///
    /// # Errors
    /// A kind of source that is not known, two of one name or two defaults, a file that cannot be read.
    pub fn parse(flags: &[String]) -> Result<SecretSources, SecretError> {
        let mut sources = BTreeMap::new();
        for flag in flags.iter().filter(|flag| !flag.is_empty()) {
            let (kind, rest) = flag.split_once('=').unwrap_or((flag, ""));
            let (name, source) = match kind {
                "file" => file_source(rest)?,
                "mock" => mock_source(rest),
                "url" => {
                    let why =
                        "secrets from a URL are not supported; use file=PATH or mock=KEY=VALUE";
                    return Err(flag_error("url", why));
                }
                other => {
                    return Err(flag_error(
                        other,
                        "no such kind of source: use file=PATH or mock=KEY=VALUE",
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
    pub(crate) fn get(&self, source: Option<&str>, key: &str) -> Result<String, SecretError> {
        let value = self
            .source(source)?
            .values
            .get(key)
            .ok_or_else(|| SecretError::UnknownSecret(key.to_owned()))?;
        reveal(value);
        Ok(value.clone())
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
    Ok((name, Source { is_default, values }))
}

/// `KEY=VALUE` pairs, with `name=` and `default` among them.
fn mock_source(rest: &str) -> (Option<String>, Source) {
    let mut source = Source {
        is_default: false,
        values: BTreeMap::new(),
    };
    let mut name = None;
    for part in rest.split(',') {
        match part.split_once('=') {
            Some(("name", value)) => name = Some(value.to_owned()),
            Some((key, value)) => {
                source.values.insert(key.to_owned(), value.to_owned());
            }
            None if part == "default" => source.is_default = true,
            None => {}
        }
    }
    (name, source)
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
mod tests {
    use super::*;

    fn parse(flags: &[&str]) -> Result<SecretSources, String> {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        SecretSources::parse(&flags).map_err(|error| error.to_string())
    }

    #[test]
    fn any_flag_is_a_source_or_refused_with_words() {
        bolero::check!()
            .with_iterations(2_000)
            .with_type::<Vec<String>>()
            .for_each(|texts| {
                for kind in ["mock", "file", "url", ""] {
                    let flags: Vec<String> =
                        texts.iter().map(|text| format!("{kind}={text}")).collect();
                    match SecretSources::parse(&flags) {
                        Ok(sources) => {
                            let _unknown = sources.get(None, "key");
                        }
                        Err(error) => assert!(!error.to_string().is_empty()),
                    }
                }
            });
    }

    #[test]
    fn sources_are_found_by_name_by_default_and_alone() {
        let one = parse(&["mock=cool=some value"]).unwrap();
        assert_eq!(one.get(None, "cool"), Ok("some value".to_owned()));
        let two = parse(&["mock=default,cool=a1", "mock=name=other,cool=b2=c"]).unwrap();
        assert_eq!(two.get(None, "cool"), Ok("a1".to_owned()));
        assert_eq!(two.get(Some("other"), "cool"), Ok("b2=c".to_owned()));
        let no_default = parse(&["mock=name=x,cool=a", "mock=name=y,cool=b"]).unwrap();
        assert_eq!(no_default.get(None, "cool"), Err(SecretError::NoDefault));
        assert_eq!(
            one.get(None, "no"),
            Err(SecretError::UnknownSecret("no".to_owned()))
        );
        assert_eq!(
            SecretSources::default().get(None, "cool"),
            Err(SecretError::NoSources)
        );
    }

    #[test]
    fn flags_that_cannot_be_meant_are_refused_without_their_secrets() {
        for flags in [
            &["vault=x=hidden"][..],
            &["url=urlTemplate=http://hidden/{key}"],
            &["file=/nowhere/file"],
            &["file"],
            &["mock=default,a=hidden", "mock=default,name=n"],
            &["mock=name=n,a=hidden", "mock=name=n"],
        ] {
            let error = parse(flags).map(drop).unwrap_err();
            assert!(error.starts_with("--secret-source "), "{error}");
            assert!(!error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn a_file_has_a_secret_on_each_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        std::fs::write(&path, "one=1\n\ntwo=a=b\n").unwrap();
        let sources = parse(&[&format!("file={}", path.display())]).unwrap();
        assert_eq!(sources.get(None, "two"), Ok("a=b".to_owned()));
        let named = parse(&[&format!("file=filename={},name=n,default", path.display())]).unwrap();
        assert_eq!(named.get(Some("n"), "one"), Ok("1".to_owned()));
        std::fs::write(&path, "one\n").unwrap();
        assert!(parse(&[&format!("file={}", path.display())]).is_err());
    }

    #[test]
    fn what_was_revealed_is_redacted_and_nothing_else() {
        let sources = parse(&["mock=a=hunter-two,b=hunter-two-three,c=never-asked"]).unwrap();
        assert_eq!(
            redact_secrets("hunter-two never-asked"),
            "hunter-two never-asked"
        );
        sources.get(None, "a").unwrap();
        sources.get(None, "b").unwrap();
        assert_eq!(
            redact_secrets("x hunter-two-three, hunter-two, never-asked"),
            "x ***SECRET_REDACTED***, ***SECRET_REDACTED***, never-asked"
        );
    }
}
