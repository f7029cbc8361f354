//! Where the first load finds files: on the disk, or in an archive and nowhere else. Keeps what was read, where an archive
//! is to be made of it.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;

/// The files of an archive, by their absolute path or their `https://` address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptFiles {
    /// Name of the main script; it is among the files.
    pub main: String,
    /// Contents.
    pub files: BTreeMap<String, Bytes>,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    archive: Option<Arc<ScriptFiles>>,
    kept: Option<Mutex<BTreeMap<String, Bytes>>>,
}

impl Disk {
    /// `archive`: the only file system. `keep`: what is read is kept for [`Disk::kept`].
    pub(crate) fn new(archive: Option<Arc<ScriptFiles>>, keep: bool) -> Disk {
        Disk {
            archive,
            kept: keep.then(Mutex::default),
        }
    }

    /// Whether the files are those of an archive.
    pub(crate) fn is_archive(&self) -> bool {
        self.archive.is_some()
    }

    /// The contents of a file. Blocks.
    pub(crate) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let bytes = match &self.archive {
            None => std::fs::read(name)?,
            Some(archive) => match archive.files.get(name) {
                Some(bytes) => bytes.to_vec(),
                None => return Err(missing()),
            },
        };
        self.keep(name, &bytes);
        Ok(bytes)
    }

    /// Keeps what was read elsewhere (over the network).
    pub(crate) fn keep(&self, name: &str, bytes: &[u8]) {
        if let Some(kept) = &self.kept {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.insert(name.to_owned(), Bytes::copy_from_slice(bytes));
        }
    }

    /// The one path of a file that may be spelt in several ways.
    pub(crate) fn canonicalize(&self, name: &str) -> io::Result<PathBuf> {
        match &self.archive {
            None => std::fs::canonicalize(name),
            Some(archive) if archive.files.contains_key(name) => Ok(Path::new(name).to_owned()),
            Some(_) => Err(missing()),
        }
    }

    /// Everything that was read, by module name or path.
    pub(crate) fn kept(&self) -> BTreeMap<String, Bytes> {
        let kept = self.kept.as_ref();
        kept.map_or_else(BTreeMap::new, |kept| {
            kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
        })
    }
}

fn missing() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "it is not in the archive")
}
