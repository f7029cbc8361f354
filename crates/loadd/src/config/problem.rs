//! What is wrong with a config: which key, where it was set, what to do. Collected, never thrown one at a time.

use std::{fmt, path::PathBuf};

use super::options::path_in_k6_spelling;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Built in, or derived from the surroundings (host name, file name).
    Default,
    /// The script's `options`.
    Script(String),
    /// The TOML file; line and column are 1-based.
    File {
        /// As the user named it.
        path: PathBuf,
        /// 1-based.
        line: usize,
        /// 1-based.
        column: usize,
    },
    /// An environment variable.
    Env(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Script(script) => write!(f, "options of {script}"),
            Origin::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Origin::Env(name) => write!(f, "environment variable {name}"),
            Origin::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Dotted path of the key, as the user writes it; empty: the whole.
    pub(crate) key: String,
    /// Where it was set.
    pub(crate) origin: Origin,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

impl Problem {
    /// A problem without a place.
    pub(crate) fn new(
        key: impl Into<String>,
        origin: Origin,
        message: impl Into<String>,
    ) -> Problem {
        Problem {
            key: key.into(),
            origin,
            message: message.into(),
            help: None,
        }
    }

    /// For an order that a reader can follow: through the file from top to bottom, then the rest.
    pub(crate) fn place(&self) -> (usize, usize) {
        match &self.origin {
            Origin::File { line, column, .. } => (*line, *column),
            Origin::Default | Origin::Script(_) | Origin::Env(_) | Origin::Flag(_) => {
                (usize::MAX, 0)
            }
        }
    }

    /// With what to do about it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }
}

/// `place: key: message (help)`, on one line.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origin != Origin::Default {
            write!(f, "{}: ", self.origin)?;
        }
        if !self.key.is_empty() {
            match self.origin {
                Origin::Script(_) => write!(f, "{}: ", path_in_k6_spelling(&self.key))?,
                _ => write!(f, "{}: ", self.key)?,
            }
        }
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

/// Why a test cannot be run; decides the exit code.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    /// The config (104); the text of the TOML file goes along for the report.
    Config {
        /// All that is wrong.
        problems: Vec<Problem>,
        /// The file's text.
        text: Option<String>,
    },
    /// The script (107, or 108 where init called `abort`; for `loadd run` a missing file is 255).
    Script(Box<loadd_script::ScriptError>),
    /// The command line or a missing script file of `loadd run` (255).
    Usage(String),
}
