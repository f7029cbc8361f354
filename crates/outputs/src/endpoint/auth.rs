//! Credentials of a request: basic authentication or a bearer token, from files that are read again when they change.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use base64::Engine as _;
use http::HeaderValue;

use crate::settings::{BasicAuth, EndpointSettings};

/// A secret that may lie in a file.
#[derive(Debug)]
enum Form {
    None,
    Basic { username: String, secret: Secret },
    Bearer(Secret),
}

enum Secret {
    Fixed(String),
    File {
        path: PathBuf,
        changed: Option<SystemTime>,
        text: String,
    },
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Secret::Fixed(_) => formatter.write_str("Fixed"),
            Secret::File { path, .. } => formatter
                .debug_struct("File")
                .field("path", path)
                .finish_non_exhaustive(),
        }
    }
}

/// What goes into the header `Authorization`.
#[derive(Debug)]
pub(crate) struct Auth(Form);

impl Auth {
    /// From settings; a file must be readable from the start.
    pub(crate) fn new(settings: &EndpointSettings) -> Result<Auth, (PathBuf, io::Error)> {
        let file = |path: &PathBuf| Secret::read(path).map_err(|error| (path.clone(), error));
        let form = match (&settings.basic_auth, &settings.bearer_token_file) {
            (
                Some(BasicAuth {
                    username,
                    password,
                    password_file,
                }),
                _,
            ) => {
                let secret = match password_file {
                    Some(path) => file(path)?,
                    None => Secret::Fixed(password.clone().unwrap_or_default()),
                };
                Form::Basic {
                    username: username.clone(),
                    secret,
                }
            }
            (None, Some(path)) => Form::Bearer(file(path)?),
            (None, None) => match &settings.bearer_token {
                Some(token) => Form::Bearer(Secret::Fixed(token.clone())),
                None => Form::None,
            },
        };
        Ok(Auth(form))
    }

    /// The header for the next request. Reads a file again if it has changed, or `fresh` is asked for after a 401.
    pub(crate) fn header(&mut self, fresh: Freshness) -> Option<HeaderValue> {
        let text = match &mut self.0 {
            Form::None => return None,
            Form::Basic { username, secret } => {
                let pair = format!("{username}:{}", secret.current(fresh));
                format!(
                    "Basic {}",
                    base64::engine::general_purpose::STANDARD.encode(pair)
                )
            }
            Form::Bearer(secret) => format!("Bearer {}", secret.current(fresh)),
        };
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// How old a secret may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Read again if its file has changed.
    Usual,
    /// Read again: it was just refused.
    Refused,
}

impl Secret {
    fn read(path: &Path) -> io::Result<Secret> {
        let text = fs::read_to_string(path)?.trim().to_owned();
        Ok(Secret::File {
            path: path.to_owned(),
            changed: modified(path),
            text,
        })
    }

    fn current(&mut self, fresh: Freshness) -> &str {
        match self {
            Secret::Fixed(text) => text,
            Secret::File {
                path,
                changed,
                text,
            } => {
                let now = modified(path);
                if (fresh == Freshness::Refused || now != *changed)
                    && let Ok(read) = fs::read_to_string(&*path)
                {
                    // An unreadable file (it is being replaced) leaves the old secret in use until the next request.
                    *text = read.trim().to_owned();
                    *changed = now;
                }
                text
            }
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_token_is_read_again_after_it_was_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "old\n").unwrap();
        let mut settings = EndpointSettings::new("http://a/");
        settings.bearer_token_file = Some(path.clone());
        let mut auth = Auth::new(&settings).unwrap();
        assert_eq!(auth.header(Freshness::Usual).unwrap(), "Bearer old");
        fs::write(&path, "new").unwrap();
        assert_eq!(auth.header(Freshness::Refused).unwrap(), "Bearer new");
    }

    #[test]
    fn basic_authentication_is_base64_of_user_and_password() {
        let mut settings = EndpointSettings::new("http://a/");
        settings.basic_auth = Some(BasicAuth {
            username: "u".to_owned(),
            password: Some("p".to_owned()),
            password_file: None,
        });
        assert_eq!(
            Auth::new(&settings)
                .unwrap()
                .header(Freshness::Usual)
                .unwrap(),
            "Basic dTpw"
        );
    }
}
