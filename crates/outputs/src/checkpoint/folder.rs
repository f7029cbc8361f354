//! The folder of one (test id, instance), held by a file lock while the daemon lives.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::format::{Checkpoint, read};

/// What stays as it is in a folder's name.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
/// Longest part of a folder's name that is taken from an id.
const LONGEST_PART: usize = 90;

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another daemon has it.
    #[error("{} is in use by process {}", path.display(), pid.map_or("unknown".to_owned(), |pid| pid.to_string()))]
    Locked {
        /// The folder.
        path: PathBuf,
        /// The holder's process id, where it could be read.
        pid: Option<u32>,
    },
    /// The disk refuses.
    #[error("open {}: {error}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What came of it.
        error: io::Error,
    },
}

/// The folder of one worker's run: its spool and its checkpoint. Dropping it gives the lock back.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    _lock: File,
}

impl RunFolder {
    /// Makes the sub-folder for this test id and instance in `root`, if need be, and locks it.
    ///
    /// # Errors
    /// Where another process holds it, or the disk refuses.
    pub fn open(root: &Path, test_id: &str, instance: &str) -> Result<RunFolder, OpenError> {
        RunFolder::lock(root.join(format!("{}+{}", part(test_id), part(instance))))
    }

    /// Locks this very folder, made if need be.
    pub(crate) fn lock(path: PathBuf) -> Result<RunFolder, OpenError> {
        let failed = |error| OpenError::Io {
            path: path.clone(),
            error,
        };
        fs::create_dir_all(&path).map_err(failed)?;
        let mut lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = lock.read_to_string(&mut holder);
                let pid = read.ok().and_then(|_| holder.trim().parse().ok());
                return Err(OpenError::Locked { path, pid });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        lock.set_len(0)
            .and_then(|()| lock.write_all(std::process::id().to_string().as_bytes()))
            .map_err(failed)?;
        Ok(RunFolder { path, _lock: lock })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What an earlier process left; `None` where there is nothing, or nothing sound.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn read(&self) -> io::Result<Option<Checkpoint>> {
        match fs::read(self.checkpoint_path()) {
            Ok(bytes) => Ok(read(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn checkpoint_path(&self) -> PathBuf {
        self.path.join("checkpoint")
    }
}

/// An id as a part of a file name; a long one ends in its checksum, so that two of them stay two.
fn part(id: &str) -> String {
    let escaped = utf8_percent_encode(id, NAME).to_string();
    if escaped.len() <= LONGEST_PART {
        return escaped;
    }
    format!(
        "{}~{:08x}",
        &escaped[..LONGEST_PART],
        crc32fast::hash(id.as_bytes())
    )
}
