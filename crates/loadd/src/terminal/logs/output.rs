//! Where log lines go (`--log-output`, `--console-output`): a stream, a file that is appended to, or nowhere.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::Level;
use crate::terminal::screen;

/// Where logs go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum LogOutput {
    /// Standard error.
    #[default]
    Stderr,
    /// Standard output.
    Stdout,
    /// Nowhere.
    Nowhere,
    /// The end of a file.
    File {
        /// Its folder must be there.
        path: PathBuf,
        /// Least level that it gets.
        level: Option<Level>,
    },
}

impl LogOutput {
    /// Reads k6's `--log-output`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn parse(text: &str) -> Result<LogOutput, String> {
        match text {
            "stderr" | "" => return Ok(LogOutput::Stderr),
            "stdout" => return Ok(LogOutput::Stdout),
            "none" => return Ok(LogOutput::Nowhere),
            _ => {}
        }
        if text == "loki" || text.starts_with("loki=") {
            return Err("pushing logs to Loki is not supported yet; let a collector read them from stderr or a file=PATH".to_owned());
        }
        let Some(rest) = text.strip_prefix("file=") else {
            return Err(format!(
                "\"{text}\" is no output of logs; there are stderr, stdout, none and file=PATH[,level=LEVEL]"
            ));
        };
        let mut parts = rest.split(',');
        let path = parts.next().unwrap_or_default();
        if path.is_empty() {
            return Err("file= names no file".to_owned());
        }
        let mut level = None;
        for part in parts {
            level = match part.split_once('=') {
                Some(("level", name)) => Some(
                    Level::parse(name).ok_or_else(|| format!("\"{name}\" is no level of logs"))?,
                ),
                Some(_) | None => {
                    return Err(format!("\"{part}\": only level=LEVEL may follow the file"));
                }
            };
        }
        Ok(LogOutput::File {
            path: path.into(),
            level,
        })
    }
}

/// A [`LogOutput`] that is open.
#[derive(Debug)]
pub(super) enum Place {
    Stderr,
    Stdout,
    Nowhere,
    File {
        file: Mutex<File>,
        /// Index of the least level, as in [`super::LEVEL_NAMES`].
        least: usize,
    },
}

impl Place {
    pub(super) fn open(output: &LogOutput) -> Result<Place, String> {
        Ok(match output {
            LogOutput::Stderr => Place::Stderr,
            LogOutput::Stdout => Place::Stdout,
            LogOutput::Nowhere => Place::Nowhere,
            LogOutput::File { path, level } => {
                let least = level.map_or(0, |level| level as usize);
                match Place::file(path)? {
                    Place::File { file, .. } => Place::File { file, least },
                    other => other,
                }
            }
        })
    }

    /// A file that is appended to.
    pub(super) fn file(path: &Path) -> Result<Place, String> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map(|file| Place::File {
                file: Mutex::new(file),
                least: 0,
            })
            .map_err(|error| format!("cannot write logs to {}: {error}", path.display()))
    }

    pub(super) fn is_terminal(&self) -> bool {
        match self {
            Place::Stderr => screen::stderr_is_terminal(),
            Place::Stdout => screen::stdout_is_terminal(),
            Place::Nowhere | Place::File { .. } => false,
        }
    }

    pub(super) fn write(&self, level: usize, line: &str) {
        match self {
            Place::Stderr => screen::complain(line),
            Place::Stdout => screen::print(line),
            Place::Nowhere => {}
            Place::File { file, least } if level >= *least => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                // A log that cannot be written has no other place to say so.
                drop(file.write_all(line.as_bytes()));
            }
            Place::File { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_of_logs_are_read_as_k6_reads_them() {
        let file = |path: &str, level| {
            Ok(LogOutput::File {
                path: path.into(),
                level,
            })
        };
        for (text, expected) in [
            ("stderr", Ok(LogOutput::Stderr)),
            ("stdout", Ok(LogOutput::Stdout)),
            ("none", Ok(LogOutput::Nowhere)),
            ("file=a.log", file("a.log", None)),
            ("file=a.log,level=warning", file("a.log", Some(Level::Warn))),
        ] {
            assert_eq!(LogOutput::parse(text), expected, "{text}");
        }
        for text in [
            "syslog",
            "file=",
            "file=a,colour=1",
            "file=a,level=loud",
            "loki=http://x",
        ] {
            assert!(LogOutput::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_gets_the_lines_of_its_level_at_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        std::fs::write(&path, "before\n").unwrap();
        let place = Place::open(&LogOutput::File {
            path: path.clone(),
            level: Some(Level::Warn),
        });
        let place = place.unwrap();
        place.write(1, "info\n");
        place.write(3, "error\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before\nerror\n");
        assert!(Place::file(&folder.path().join("none/a.log")).is_err());
    }
}
